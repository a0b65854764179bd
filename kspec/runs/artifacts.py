"""The files of a run folder that are made from results: history, predictions, pictures."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from kspec.analysis.settings import OutputSettings
from kspec.data import Dataset, DataSplit, Labels, encode
from kspec.runs.run_folder import RunFolder
from kspec.training.predict import crisp, is_table, prediction_columns


def write_history(folder: RunFolder, history: list[dict[str, float]]) -> None:
    """`history.csv`: a row an epoch; rewritten as training goes on, so that little is lost when it is cut off."""
    names = list(dict.fromkeys(name for row in history for name in row))

    def write(path: Path) -> None:
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, names)
            writer.writeheader()
            writer.writerows(history)

    folder.write("history.csv", write)


def write_predictions(
    folder: RunFolder | None,
    name: str,
    part: DataSplit,
    answers: Mapping[str, np.ndarray[Any, Any]],
    outputs: Mapping[str, OutputSettings],
    labels: Mapping[str, Labels],
    columns: Mapping[str, list[str]],
    path: Path | None = None,
) -> str:
    """The predictions: a table where each answer is a value or a row of values, else `.npz`.

    Args:
        folder: The run folder; None to write to `path`.
        columns: By output, the names of its target's columns.

    Returns:
        The file's name.
    """
    if not is_table(answers):
        name = str(Path(name).with_suffix(".npz"))
        _write(folder, name, path and path.with_suffix(".npz"), lambda target: _save_npz(target, answers))
        return name
    count = len(next(iter(answers.values())))
    table: list[tuple[str, Any]] = [("row", list(part.rows)[:count])]
    if part.names is not None:
        table.append(("file", part.names[:count]))
    for output, answer in answers.items():
        table += prediction_columns(output, answer, outputs[output], labels.get(output), columns.get(output, []))
        actual = part.targets.get(output)
        if actual is not None and actual.ndim == 1:
            table.append((f"{output}_actual", actual[: len(answer)]))

    def write(target: Path) -> None:
        with target.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow([heading for heading, _ in table])
            writer.writerows(zip(*[_plain(values) for _, values in table], strict=True))

    _write(folder, name, path, write)
    return name


def _write(folder: RunFolder | None, name: str, path: Path | None, writer: Any) -> None:
    if folder is not None:
        folder.write(name, writer)
    elif path is not None:
        writer(path)


def _save_npz(path: Path, answers: Mapping[str, np.ndarray[Any, Any]]) -> None:
    with path.open("wb") as file:
        np.savez_compressed(file, **answers)  # type: ignore[arg-type]


def _plain(values: Any) -> list[Any]:
    """Numbers as Python writes them, with no digits that float32 does not have."""
    array = np.asarray(values)
    if array.dtype == np.float32:
        return [str(value) for value in array]
    return array.tolist() if isinstance(values, np.ndarray) else list(values)


def confusion(
    raw: np.ndarray[Any, Any], answer: np.ndarray[Any, Any], settings: OutputSettings, labels: Labels | None
) -> tuple[np.ndarray[Any, Any], list[str]] | None:
    """How often each class (row) was answered as each (column), and the names; None for no classifier of labels."""
    if labels is None or settings.task not in ("binary_classification", "multiclass_classification"):
        return None
    if raw.ndim != 1 or answer.ndim != 2:
        return None
    count = len(labels.names)
    actual = encode(raw, labels, "integer")[: len(answer)]
    classes = crisp(answer if answer.shape[1] > 1 else answer[:, 0], settings)
    if count < 2 or classes.max(initial=0) >= count:
        return None
    matrix = np.zeros((count, count), dtype="int64")
    np.add.at(matrix, (actual, classes), 1)
    return matrix, [str(name) for name in labels.names]


def pictures(
    folder: RunFolder,
    built: Any,
    history: list[dict[str, float]],
    confusions: Mapping[str, tuple[np.ndarray[Any, Any], list[str]]],
    best: int | None,
) -> None:
    """`model.svg`, `model.png`, `history.png`, and `confusion.png` for classifiers."""
    from kspec.diagram.draw_spec import draw_model
    from kspec.runs.plots import confusion_plot, history_plot

    for kind in ("svg", "png"):
        try:
            folder.write(f"model.{kind}", lambda path, kind=kind: draw_model(built, path, kind))  # type: ignore[misc]
        except ValueError:
            break  # a graph too large to lay out has no picture
    if history:
        folder.write("history.png", lambda path: history_plot(history, path, best))
    for output, (matrix, names) in confusions.items():
        name = "confusion.png" if len(confusions) == 1 else f"confusion_{output}.png"
        folder.write(name, lambda path, m=matrix, n=names, o=output: confusion_plot(m, n, path, o))  # type: ignore[misc]


def dataset_facts(dataset: Dataset, outputs: Mapping[str, OutputSettings]) -> dict[str, Any]:
    """What the run keeps of its data: fingerprints, the labels of classifiers, fitted fill values, profile."""
    classifiers = {name for name, output in outputs.items() if output.task != "regression"}
    return {
        "fingerprints": dataset.fingerprint,
        "labels": {name: labels.to_json() for name, labels in dataset.labels.items() if name in classifiers},
        "fitted": dataset.fitted,
        "profile": dataset.profile.to_json(),
    }
