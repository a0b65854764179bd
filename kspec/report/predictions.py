"""The predictions of a run beside the actual values, by output, in the form that the charts of its task take."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np

from kspec.analysis.settings import OutputSettings
from kspec.data.targets.encoding import TargetEncoding
from kspec.report.lists import ListPredictions, lists_of_table
from kspec.report.prediction_files import Opener, Table, read_arrays, read_table
from kspec.training.predict import actual_columns, prediction_columns

Array = np.ndarray[Any, Any]
Kind = Literal["binary", "multiclass", "multilabel", "regression"]

_KINDS: Mapping[str | None, Kind] = {
    "binary_classification": "binary",
    "multiclass_classification": "multiclass",
    "multilabel_classification": "multilabel",
    "regression": "regression",
}


@dataclass(frozen=True, slots=True)
class Predictions:
    """What an output has predicted, for the examples whose actual value is known.

    Args:
        output: The output.
        kind: What it predicts.
        settings: Its settings.
        names: Of the classes, of the columns of a multilabel output or of the values of a regression.
        values: Probabilities, scores or values, shape (n, k); of a binary output those of its second class, (n, 1).
        actual: Indices of classes, shape (n,), of a binary or multiclass output; 0 and 1, or values, shape (n, k).
        rows: The row of each in the data, shape (n,).
        files: By example the file that it was read from; None for rows of a table.
        share: The share of the predictions that was read.
        lines: The line of each in the table of predictions, from 0; None if it comes from arrays.
        grid: The shape of the positions of an example, each of which has its own prediction; empty for one prediction.
        positions: The position of each within its example, counted from 0 along all of its axes, shape (n,); None for
            one prediction an example.
    """

    output: str
    kind: Kind
    settings: OutputSettings
    names: tuple[str, ...]
    values: Array
    actual: Array
    rows: Array
    files: Array | None = None
    share: float = 1.0
    lines: Array | None = None
    grid: tuple[int, ...] = ()
    positions: Array | None = None

    def __len__(self) -> int:
        return len(self.actual)

    @property
    def unit(self) -> str:
        """What each prediction is about."""
        return "positions" if self.grid else "examples"

    def predicted(self) -> Array:
        """The predicted classes, as `actual` has them; the values of a regression, shape (n, k)."""
        if self.kind == "multiclass":
            return np.asarray(self.values.argmax(axis=1))
        if self.kind == "binary":
            return np.asarray((self.values[:, 0] > self.settings.threshold).astype("int64"))
        return self.values if self.kind == "regression" else (self.values > self.settings.threshold).astype("int64")

    def column(self, at: int) -> Predictions:
        """A label of a multilabel output as a binary one."""
        return replace(
            self, kind="binary", names=(f"not {self.names[at]}", self.names[at]),
            values=self.values[:, at : at + 1], actual=self.actual[:, at].astype("int64"),
        )  # fmt: skip

    def sample(self, most: int) -> Predictions:
        """At most so many of them, chosen at random; the same ones each time."""
        if len(self) <= most:
            return self
        return self.chosen(np.sort(np.random.default_rng(0).choice(len(self), most, replace=False)))

    def chosen(self, at: Array) -> Predictions:
        """Some of them, in this order.

        Args:
            at: Their indices, shape (m,).
        """
        files, lines, positions = (
            None if each is None else each[at] for each in (self.files, self.lines, self.positions)
        )
        return replace(
            self, values=self.values[at], actual=self.actual[at], rows=self.rows[at], files=files, lines=lines,
            positions=positions,
        )  # fmt: skip


class Masks(NamedTuple):
    """Predictions of a class for each position of a picture.

    Args:
        output: The output.
        names: Of the classes.
        predicted: Indices of classes, shape (n, h, w).
        actual: Likewise, -1 where none is known.
        rows: The row of each in the data, shape (n,).
        files: By example the file that it was read from; None for rows of a table.
    """

    output: str
    names: tuple[str, ...]
    predicted: Array
    actual: Array
    rows: Array
    files: Array | None


class Found(NamedTuple):
    """What the files of predictions hold.

    Args:
        outputs: The outputs with predictions and actual values.
        lists: Those that predict a list for each example.
        masks: Those that predict a class for each position of a picture.
        notes: Why others are left out, a sentence each.
        table: The table; None without one.
    """

    outputs: list[Predictions]
    lists: list[ListPredictions]
    masks: list[Masks]
    notes: list[str]
    table: Table | None = None


def read_predictions(folder: Path, file: str, encodings: Mapping[str, TargetEncoding], opener: Opener) -> Found:
    """Reads the predictions of a run.

    Args:
        folder: The run folder.
        file: The name of the table of predictions.
        encodings: By output, the classes and columns of its target.
        opener: Opens files of the run folder.
    """
    found, path = Found([], [], [], []), folder / file
    arrays: dict[str, Array] = {}
    try:
        source = path.with_suffix(".csv") if path.suffix == ".npz" else path
        table = read_table(source, opener, _number_headings(encodings))
        found = found._replace(table=table if table.columns else None)
    except FileNotFoundError:
        pass
    except (OSError, ValueError) as error:
        found.notes.append(f"{file} cannot be read: {error}")
    try:
        arrays = read_arrays(path.with_suffix(".npz"), opener)
    except FileNotFoundError:
        pass
    except (OSError, ValueError) as error:
        found.notes.append(str(error))
    for output, encoding in encodings.items():
        try:
            lists = None if found.table is None else lists_of_table(output, encoding, found.table)
            if lists is not None and lists.has_labels:
                found.lists.append(lists)
            own = None if found.table is None else _of_table(output, encoding, found.table)
            own = own or _of_arrays(output, encoding, arrays, found.masks)
        except ValueError as error:
            found.notes.append(f"{output}: {error}")
            continue
        if own is not None and len(own):
            found.outputs.append(own)
    return found


def _number_headings(encodings: Mapping[str, TargetEncoding]) -> set[str]:
    """The headings of numbers in the table of predictions."""
    found = {"row", "step"}
    for output, encoding in encodings.items():
        task, width = encoding.settings.task, encoding.shape[-1] if encoding.shape else 1
        if task is None or width is None or encoding.predicts_positions or encoding.lists is not None:
            continue
        nothing = np.zeros((1, width), "float32")  # only headings are needed
        headings = [name for name, _ in prediction_columns(output, nothing, encoding)]
        found.update(name for name in headings if task == "regression" or name != output)
    return found


def _of_table(output: str, encoding: TargetEncoding, table: Table) -> Predictions | None:
    """The predictions of an output in a table; None if it holds none, or no actual values."""
    kind = _KINDS.get(encoding.settings.task)
    if kind is None or encoding.predicts_positions:
        return None
    width = encoding.shape[-1] if encoding.shape else 1
    if width is None:
        return None
    nothing = np.zeros((1, width), "float32")  # only headings are needed
    headings = [name for name, _ in prediction_columns(output, nothing, encoding)]
    labels = encoding.labels
    names: tuple[str, ...]
    if kind == "multiclass":
        names, shown = tuple(encoding.names(width)), headings[:-1]
        actual_headings = [f"{output}_actual"]
    elif kind == "binary" and width == 1:
        names, shown = ("0", "1") if labels is None else tuple(labels.names[:2]), headings[:1]
        actual_headings = [f"{output}_actual"]
    else:
        kind = "multilabel" if kind == "binary" else kind
        shown = headings[:width]
        names = (output,) if width == 1 else tuple(encoding.suffixes(width))
        actual_headings = [name for name, _ in actual_columns(output, nothing, replace(encoding, labels=None))]
    if any(heading not in table.columns for heading in (*shown, *actual_headings)):
        return None
    values = np.stack([table.numbers(heading) for heading in shown], axis=1)
    if kind in ("binary", "multiclass"):
        actual = table.indices(actual_headings[0], names)
        known = (actual >= 0) & np.isfinite(values).all(axis=1)
    else:
        columns = [
            _of_labels(table, heading, encoding, at) if kind == "multilabel" else table.numbers(heading)
            for at, heading in enumerate(actual_headings)
        ]
        actual = np.stack(columns, axis=1)
        known = np.isfinite(actual).all(axis=1) & np.isfinite(values).all(axis=1)
    rows = table.numbers("row") if "row" in table.columns else np.arange(1.0, len(actual) + 1)
    files = table.texts("file")[known] if "file" in table.columns else None
    kept = rows[known].astype("int64")
    lines = np.flatnonzero(known)
    return Predictions(
        output, kind, encoding.settings, names, values[known], actual[known], kept, files, table.share, lines
    )


def _of_labels(table: Table, heading: str, encoding: TargetEncoding, column: int) -> Array:
    """A column of a multilabel target as 0 and 1, NaN where it is neither."""
    names = ["0", "1"] if encoding.labels is None else encoding.labels.of_column(column).names
    found = table.indices(heading, names)
    return np.where(found < 0, np.nan, found)


def _of_arrays(
    output: str, encoding: TargetEncoding, arrays: Mapping[str, Array], masks: list[Masks]
) -> Predictions | None:
    """The predictions of an output for each position, which count one by one; None if there are none.

    Args:
        output: The output.
        encoding: The classes and columns of its target.
        arrays: What the file of arrays holds.
        masks: Receives the masks, if the positions are those of a picture.
    """
    kind = _KINDS.get(encoding.settings.task)
    classes = kind in ("binary", "multiclass", "multilabel")
    values = arrays.get(f"{output}_{encoding.settings.kind_of_value}" if classes else output)
    actual = arrays.get(f"{output}_actual")
    if kind is None or values is None or actual is None or values.dtype.kind not in "fiub":
        return None
    width = values.shape[-1]
    flat = values.reshape(-1, width).astype("float64")
    if kind == "regression":
        truth = actual.reshape(-1, width) if actual.size == flat.size else None
        names: tuple[str, ...] = (output,) if width == 1 else tuple(encoding.suffixes(width))
    elif kind == "multilabel" or (kind == "binary" and width > 1):
        return None
    else:
        names = tuple(encoding.names(width)) if kind == "multiclass" else ("0", "1")
        if kind == "binary" and encoding.labels is not None:
            names = tuple(encoding.labels.names[:2])
        truth = _places(actual.reshape(-1), names) if actual.size == len(flat) else None
    if truth is None or truth.dtype.kind not in "fiub":
        return None
    row, files = arrays.get("row", np.arange(1, len(values) + 1)), arrays.get("file")
    rows = np.repeat(row, len(flat) // max(1, len(values)))
    has_truth = np.isfinite(truth).all(axis=1) if kind == "regression" else truth >= 0
    known = np.isfinite(flat).all(axis=1) & has_truth
    grid = values.shape[1:-1]
    positions = np.flatnonzero(known) % max(1, len(flat) // max(1, len(values))) if grid else None
    own = Predictions(
        output, kind, encoding.settings, names, flat[known], truth[known], rows[known], grid=grid, positions=positions
    )
    if len(grid) == 2 and kind != "regression" and len(own):
        predicted = replace(own, values=flat).predicted().reshape(-1, *grid)
        masks.append(Masks(output, names, predicted, truth.reshape(-1, *grid), row, files))
    return own


def _places(values: Array, names: tuple[str, ...]) -> Array:
    """The place of each label among names, -1 for another."""
    known: Any = names
    if values.dtype.kind in "fiub":
        try:
            known, values = [float(name) for name in names], values.astype("float64")
        except ValueError:  # false and true
            values = np.where(values > 0, names[-1], names[0])
    else:
        values = values.astype(str)
    found = np.full(len(values), -1, "int64")
    for at, name in enumerate(known):
        found[values == name] = at
    return found
