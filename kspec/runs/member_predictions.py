"""The predictions of the members of a run, in one file."""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kspec.runs.run_folder import RunFolder

if TYPE_CHECKING:
    from kspec.runs.trained import Trained

Write = Callable[[str, Callable[[Path], None]], None]
PREFIX = "validation_"
"""Begins the names of files with predictions of the validation split, beside those of the test."""


def validation_file(folder: Path, name: str) -> Path:
    """The file with a member's predictions of its validation split.

    Args:
        folder: The member's folder.
        name: The name of its file of predictions.
    """
    own = folder / f"{PREFIX}{name}"
    return own if any(path.exists() for path in _files(own)) else folder / name


def predict_validation(trained: Trained, folder: Path, name: str) -> None:
    """Writes predictions of the validation split, unless those of the run are that.

    Args:
        trained: A trained member.
        folder: Its folder.
        name: The name of its file of predictions.
    """
    from kspec.data.pipeline import Batches
    from kspec.runs.prediction_files import write_predictions
    from kspec.training.batching import encodings_of
    from kspec.training.predict import predict

    split = trained.dataset.splits.get("validation")
    if split is None or split is trained.predicted.split:
        return
    document = trained.built.spec.document
    size = document.predict.batch_size or document.fit.batch_size
    batches = Batches(split.inputs, {}, {}, batch_size=size, shuffle=False, seed=0)
    predictions = predict(trained.engine, batches, trained.built.settings.outputs)
    encodings = encodings_of(trained.built, trained.dataset)
    write_predictions(RunFolder(folder).write, f"{PREFIX}{name}", split, predictions, encodings)


def merge_predictions(write: Write, name: str, sources: Mapping[int, Path], kind: str) -> list[str]:
    """Writes the predictions of several members to one file, in the order of their rows, each with its member.

    Args:
        write: Called with the file's name and a function that writes to a path: `RunFolder.write`.
        name: The name of the file of predictions.
        sources: By member, its file of that kind.
        kind: What members are: `fold` or `repeat`, the name of the column.

    Returns:
        The names of the files.
    """
    names = []
    for target, *own in zip(_files(Path(name)), *(_files(path) for path in sources.values()), strict=True):
        present = {number: path for number, path in zip(sources, own, strict=True) if path.exists()}
        if not present:
            continue
        merge = _merge_arrays if target.suffix == ".npz" else _merge_tables
        write(target.name, partial(merge, present, kind))
        names.append(target.name)
    return names


def _files(path: Path) -> list[Path]:
    """The files in which predictions may be: a table, arrays."""
    table = path.with_suffix(".csv") if path.suffix == ".npz" else path
    return [table, path.with_suffix(".npz")]


def _merge_tables(sources: Mapping[int, Path], kind: str, target: Path) -> None:
    lines: list[tuple[int, int, dict[str, str]]] = []
    names: dict[str, None] = {}
    for number, path in sources.items():
        with path.open(newline="", encoding="utf-8") as file:
            reader = csv.DictReader(file)
            names |= dict.fromkeys(reader.fieldnames or ())
            lines += [(int(line["row"]), number, line) for line in reader]
    own = f"{kind}_" if kind in {key for _, _, line in lines[:1] for key in line} else kind
    headings = ["row", own, *(heading for heading in names if heading not in ("row", own))]
    lines.sort(key=lambda line: line[:2])
    with target.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, headings, restval="")
        writer.writeheader()
        writer.writerows({**line, own: number} for _, number, line in lines)


def _merge_arrays(sources: Mapping[int, Path], kind: str, target: Path) -> None:
    import numpy

    from kspec.runs.prediction_files import write_npz

    parts = []
    for number, path in sources.items():
        with numpy.load(path, allow_pickle=False) as archive:
            own = {key: archive[key] for key in archive.files}
        parts.append({**own, kind: numpy.full(len(own["row"]), number)})
    order = numpy.lexsort([numpy.concatenate([part[key] for part in parts]) for key in (kind, "row")])
    merged: dict[str, Any] = {}
    for key in parts[0]:
        each = [part[key] for part in parts]
        by_row = all(len(values) == len(part["row"]) for values, part in zip(each, parts, strict=True))
        same = by_row and len({values.shape[1:] for values in each}) == 1 and not key.endswith("_labels")
        if same:
            merged[key] = numpy.concatenate(each)[order]
        elif key.endswith("_labels"):
            merged[key] = each[0]
    write_npz(target, merged)
