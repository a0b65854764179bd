"""Files made from results: history, pictures."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any, Literal

import numpy as np

from kspec.analysis.settings import OutputSettings
from kspec.compiler.define import BuiltModel
from kspec.data import Dataset, DataSplit
from kspec.data.storage.mapped_arrays import pieces, row_bytes
from kspec.data.targets.encoding import TargetEncoding
from kspec.runs.regression_plot import Pairs
from kspec.runs.run_folder import RunFolder
from kspec.training.fit import History
from kspec.training.predict import predicted_classes

Array = np.ndarray[Any, Any]
MAX_TOKENS = 100
"""Of a larger vocabulary, no confusion matrix is drawn."""
COPIES = 16
"""How many arrays as large as predictions are made of them to count classes."""


def write_history(folder: RunFolder, history: History) -> None:
    """Writes `history.csv`, a row for each epoch."""
    names = list(dict.fromkeys(name for row in history for name in row))

    def write(path: Path) -> None:
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, names)
            writer.writeheader()
            writer.writerows(history)

    folder.write("history.csv", write)


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
        if encoding.encoder is not None and len(encoding.labels.names) > MAX_TOKENS:
            continue
        count = len(prediction)
        absent, real = (
            None if each is None else each[:count] for each in (split.absent.get(output), split.positions.get(output))
        )
        matrix = _confusion_matrix(split.targets[output][:count], prediction, encoding, real, absent)
        if matrix is not None:
            matrices[output] = matrix, encoding.names(len(matrix))
    return matrices


def _known(split: DataSplit, output: str, count: int) -> Any:
    """An index of the examples with an actual value, among the first `count`."""
    return ~split.absent[output][:count] if output in split.absent else slice(None)


def _confusion_matrix(
    raw: Array, prediction: Array, encoding: TargetEncoding, positions: Array | None, absent: Array | None
) -> Array | None:
    """Counts of shape (k, k); None if the output predicts no single class.

    Args:
        raw: As in `DataSplit.targets`.
        prediction: Shape (n, …, k).
        encoding: The classes of the target.
        positions: Which positions are real; None if all are.
        absent: The examples, or positions, without an actual value; None if all have one.
    """
    settings, labels = encoding.settings, encoding.labels
    assert labels is not None
    if settings.task == "multiclass_classification":
        count = max(len(labels.names), prediction.shape[-1])
    elif settings.task == "binary_classification":
        count = len(labels.names)
    else:
        return None
    if count < 2:
        return None
    matrix = np.zeros((count, count), dtype="int64")
    for piece in pieces(len(raw), COPIES * row_bytes(prediction)):
        real, gaps = (None if each is None else each[piece] for each in (positions, absent))
        actual, predicted = encoding.classes(raw[piece], real), predicted_classes(prediction[piece], settings).ravel()
        if gaps is not None:
            actual = np.where(gaps.reshape(*gaps.shape, *[1] * (actual.ndim - gaps.ndim)), -1, actual)
        actual = actual.ravel()
        if len(actual) != len(predicted) or predicted.max(initial=0) >= count:
            return None
        counted = actual >= 0
        pairs = actual[counted].astype("int64") * count + predicted[counted]
        matrix += np.bincount(pairs, minlength=count**2).reshape(count, count)
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
        known = _known(split, output, len(prediction))
        actual, prediction = actual[: len(prediction)][known], prediction[known]
        if actual.size != prediction.size or not actual.size:
            continue
        if output in split.positions:
            real = split.positions[output][: len(predictions[output])][known]
            actual, prediction = actual[real], prediction[real]
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
    split: str,
    best: int | None,
    encodings: Mapping[str, TargetEncoding],
) -> None:
    """Draws the model, the history, `confusion.png` for classifiers, and `regression.png` for regressions.

    Args:
        folder: The run folder.
        built: The model to draw.
        history: Metrics by epoch.
        matrices: By output, a confusion matrix and the names of its classes.
        pairs: The actual and predicted values of regressions, by name.
        split: The name of the examples that were predicted.
        best: The epoch whose weights are kept as the best; None if nothing chose one.
        encodings: By output, the encoding of its target.
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
        unit = "position" if encodings[output].predicts_positions else "example"
        title = f"{output}: {_counted(int(matrix.sum()), unit)} of {split}"
        folder.write(name, partial(confusion_plot, matrix, names, title=title))
    if pairs:
        title = f"{_counted(max(len(pair.actual) for pair in pairs.values()), 'example')} of {split}"
        folder.write("regression.png", partial(regression_plot, pairs, title=title))


def _counted(count: int, unit: str) -> str:
    return f"{count:,} {unit}{'' if count == 1 else 's'}"


def dataset_facts(dataset: Dataset, outputs: Mapping[str, OutputSettings]) -> dict[str, Any]:
    """What a run keeps of its data: fingerprints, labels of classifiers, fill values and columns, profile."""
    classifiers = {name for name, output in outputs.items() if output.task != "regression"}
    return {
        "fingerprints": dataset.fingerprint,
        "labels": {
            name: labels.to_json()
            for name, labels in dataset.labels.items()
            if name in classifiers or name in dataset.encoders
        },
        "fitted": dataset.fitted,
        "profile": dataset.profile.to_json(),
    }
