"""Files made from results: history, predictions, pictures."""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Literal

import numpy as np

from kspec.analysis.settings import OutputSettings
from kspec.compiler.define import BuiltModel
from kspec.data import Dataset, DataSplit
from kspec.data.target_encoding import TargetEncoding
from kspec.runs.regression_plot import Pairs
from kspec.runs.run_folder import RunFolder
from kspec.training.fit import History
from kspec.training.predict import (
    Column,
    actual_columns,
    is_table,
    node_columns,
    predicted_classes,
    prediction_columns,
)

Array = np.ndarray[Any, Any]
Writer = Callable[[Path], None]


def write_history(folder: RunFolder, history: History) -> None:
    """Writes `history.csv`, a row for each epoch."""
    names = list(dict.fromkeys(name for row in history for name in row))

    def write(path: Path) -> None:
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, names)
            writer.writeheader()
            writer.writerows(history)

    folder.write("history.csv", write)


def write_predictions(
    write: Callable[[str, Writer], None],
    name: str,
    split: DataSplit,
    predictions: Mapping[str, Array],
    encodings: Mapping[str, TargetEncoding],
    nodes: Mapping[str, Array] | None = None,
) -> list[str]:
    """Writes predictions: a table if each is a value or a row of values, else `.npz`.

    Examples that were left out for missing values have a row without predictions; in `.npz`, NaN (0 for integers).

    Args:
        write: Called with the file's name and a function that writes to a path: `RunFolder.write`.
        name: The file's name; its suffix becomes `.npz` for predictions of higher rank.
        split: The examples.
        predictions: By output, shape (n, …); n may be smaller than the split after a smoke run.
        encodings: By output, the classes and columns of its target.
        nodes: By name, values of predicted nodes, shape (n, …); what does not fit the table goes to `<name>_nodes.npz`.

    Returns:
        The names of the files.
    """
    nodes = nodes or {}
    if not is_table(predictions):
        name = str(Path(name).with_suffix(".npz"))
        arrays = {each: _with_gaps(values, split) for each, values in {**predictions, **nodes}.items()}
        write(name, lambda path: _write_npz(path, arrays))
        return [name]
    table = prediction_table(split, predictions, encodings, nodes)
    write(name, lambda path: _write_csv(path, table))
    arrays = {node: _with_gaps(values, split) for node, values in nodes.items() if values.ndim > 2}
    if not arrays:
        return [name]
    beside = str(Path(name).with_name(f"{Path(name).stem}_nodes.npz"))
    write(beside, lambda path: _write_npz(path, arrays))
    return [name, beside]


def prediction_table(
    split: DataSplit,
    predictions: Mapping[str, Array],
    encodings: Mapping[str, TargetEncoding],
    nodes: Mapping[str, Array],
) -> list[list[Any]]:
    """The lines of a table of predictions, its header first.

    Args:
        split: The examples.
        predictions: By output, shape (n,) or (n, k).
        encodings: By output, the classes and columns of its target.
        nodes: By name, values of predicted nodes; those of a rank above 2 are left out.

    Returns:
        A line for each example, and one without predictions for each that was left out, in the order of the file.
    """
    count = len(next(iter(predictions.values())))
    table: list[Column] = [("row", list(split.rows)[:count])]
    if split.names is not None:
        table.append(("file", split.names[:count]))
    for output, prediction in predictions.items():
        table += prediction_columns(output, prediction, encodings[output])
        if output in split.targets:
            table += actual_columns(output, split.targets[output][: len(prediction)], encodings[output])
    for node, values in nodes.items():
        table += node_columns(node, values) if values.ndim <= 2 else []
    lines = [list(line) for line in zip(*[_plain(values) for _, values in table], strict=True)]
    gaps = [[row, *[""] * (len(table) - 1)] for row in split.left_out]
    return [[heading for heading, _ in table], *(sorted([*lines, *gaps], key=lambda line: line[0]) if gaps else lines)]


def _with_gaps(prediction: Array, split: DataSplit) -> Array:
    """The predictions of all examples of the file, with NaN for those that were left out."""
    if not split.left_out:
        return prediction
    rows = np.sort(np.concatenate([split.rows, split.left_out]))
    fill = np.nan if prediction.dtype.kind == "f" else 0
    every = np.full((len(rows), *prediction.shape[1:]), fill, prediction.dtype)
    every[np.isin(rows, split.rows)] = prediction
    return every


def _write_csv(path: Path, table: list[list[Any]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(table)


def _write_npz(path: Path, arrays: Mapping[str, Array]) -> None:
    with path.open("wb") as file:
        np.savez_compressed(file, **arrays)  # type: ignore[arg-type]


def _plain(values: Array | Sequence[Any]) -> list[Any]:
    """Numbers as Python prints them, without digits that float32 does not have."""
    array = np.asarray(values)
    if array.dtype == np.float32:
        return [str(value) for value in array]
    return array.tolist() if isinstance(values, np.ndarray) else list(values)


def confusion_matrices(
    split: DataSplit, predictions: Mapping[str, Array], encodings: Mapping[str, TargetEncoding]
) -> dict[str, tuple[Array, list[str]]]:
    """Confusion matrices of the classifiers whose targets have labels; each position counts, an ignored label does not.

    Args:
        split: The examples, with targets.
        predictions: By output, shape (n, …, k).
        encodings: By output, the classes of its target.

    Returns:
        By output, counts of shape (k, k), a row for each true class and a column for each predicted one; and names.
    """
    matrices = {}
    for output, prediction in predictions.items():
        encoding = encodings[output]
        if encoding.labels is None or output not in split.targets:
            continue
        matrix = _confusion_matrix(split.targets[output][: len(prediction)], prediction, encoding)
        if matrix is not None:
            matrices[output] = matrix, encoding.names(len(matrix))
    return matrices


def _confusion_matrix(raw: Array, prediction: Array, encoding: TargetEncoding) -> Array | None:
    settings, labels = encoding.settings, encoding.labels
    assert labels is not None
    if settings.task == "multiclass_classification":
        count = max(len(labels.names), prediction.shape[-1])
    elif settings.task == "binary_classification":
        count = len(labels.names)
    else:
        return None
    actual, predicted = encoding.classes(raw).ravel(), predicted_classes(prediction, settings).ravel()
    if count < 2 or len(actual) != len(predicted) or predicted.max(initial=0) >= count:
        return None
    matrix = np.zeros((count, count), dtype="int64")
    counted = actual >= 0
    np.add.at(matrix, (actual[counted], predicted[counted]), 1)
    return matrix


def regression_pairs(
    split: DataSplit, predictions: Mapping[str, Array], outputs: Mapping[str, OutputSettings]
) -> dict[str, Pairs]:
    """The actual and predicted values of the regressions, by output, and by value where an output has several.

    Args:
        split: The examples, with targets.
        predictions: By output, shape (n, …).
        outputs: Settings by output.
    """
    pairs = {}
    for output, prediction in predictions.items():
        actual = split.targets.get(output)
        if outputs[output].task != "regression" or actual is None or actual.dtype.kind not in "fiub":
            continue
        actual = actual[: len(prediction)]
        if actual.size != prediction.size or not actual.size:
            continue
        values, truths = (array.reshape(len(prediction), -1) for array in (prediction, actual))
        for column in range(values.shape[1]):
            name = output if values.shape[1] == 1 else f"{output}_{column}"
            pairs[name] = Pairs(truths[:, column], values[:, column])
    return pairs


def draw_pictures(
    folder: RunFolder,
    built: BuiltModel,
    history: History,
    matrices: Mapping[str, tuple[Array, list[str]]],
    pairs: Mapping[str, Pairs],
    examples: str,
    best: int | None,
) -> None:
    """Draws the model, the history, `confusion.png` for classifiers, and `regression.png` for regressions.

    Args:
        folder: The run folder.
        built: The model to draw.
        history: Metrics by epoch.
        matrices: By output, a confusion matrix and the names of its classes.
        pairs: The actual and predicted values of regressions, by name.
        examples: Which examples were predicted: `114 examples of test`.
        best: The epoch whose weights are kept as the best; None if nothing chose one.
    """
    from kspec.diagram.draw_spec import draw_model
    from kspec.runs.plots import confusion_plot, history_plot
    from kspec.runs.regression_plot import regression_plot

    formats: tuple[Literal["svg", "png"], ...] = ("svg", "png")
    for kind in formats:
        try:
            folder.write(f"model.{kind}", partial(draw_model, built, format=kind))
        except ValueError:
            break  # a graph too large to lay out has no picture
    if history:
        folder.write("history.png", partial(history_plot, history, best=best))
    for output, (matrix, names) in matrices.items():
        name = "confusion.png" if len(matrices) == 1 else f"confusion_{output}.png"
        folder.write(name, partial(confusion_plot, matrix, names, title=f"{output}: {examples}"))
    if pairs:
        folder.write("regression.png", partial(regression_plot, pairs, title=examples))


def dataset_facts(dataset: Dataset, outputs: Mapping[str, OutputSettings]) -> dict[str, Any]:
    """What a run keeps of its data: fingerprints, labels of classifiers, fill values and columns, profile."""
    classifiers = {name for name, output in outputs.items() if output.task != "regression"}
    return {
        "fingerprints": dataset.fingerprint,
        "labels": {name: labels.to_json() for name, labels in dataset.labels.items() if name in classifiers},
        "fitted": dataset.fitted,
        "profile": dataset.profile.to_json(),
    }
