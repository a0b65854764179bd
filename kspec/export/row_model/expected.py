"""What `kspec predict` predicts for rows, in the form of a row model's predictions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from kspec.data import DataSplit, load_for_prediction
from kspec.data.given_rows import GivenRows
from kspec.data.index_check import ValueCheck
from kspec.data.network_specs import input_specs
from kspec.data.pipeline import Batches
from kspec.data.targets.encoding import TargetEncoding
from kspec.diagnostics import Report
from kspec.export.row_model.output_tensors import OutputTensor
from kspec.runs.run_loader import LoadedRun, engine_of_run
from kspec.training.predict import predict, predicted_classes

Array = np.ndarray[Any, Any]


def predicted(run: LoadedRun, arrays: Mapping[str, Any]) -> dict[str, Array]:
    """What the model of a run predicts, by output, shape (n, …): probabilities, or values in their units.

    Args:
        run: The run.
        arrays: By input, shape (n, …).
    """
    size = run.spec.document.predict.batch_size or run.spec.document.fit.batch_size
    batches = Batches(dict(arrays), {}, {}, batch_size=size, shuffle=False, seed=0)
    return predict(engine_of_run(run), batches, run.settings.outputs)


def examples_of(run: LoadedRun, columns: Mapping[str, Sequence[Any]]) -> DataSplit:
    """The examples that rows make, as new data; those that cannot be used are left out.

    Args:
        run: The run.
        columns: By column, a value for each row, None for a gap.

    Raises:
        SpecError: If no row can be used.
    """
    report = Report()
    count = len(next(iter(columns.values())))
    split = load_for_prediction(
        GivenRows(columns, count),
        run.spec,
        input_specs(run.spec),
        list(run.analysis.graph.outputs),
        run.encodings,
        run.fitted,
        report,
        values=ValueCheck(run.analysis.graph, run.vocabularies()),
    )
    report.raise_errors()
    assert split is not None
    return split


def expected_outputs(
    outputs: Mapping[str, OutputTensor], encodings: Mapping[str, TargetEncoding], predictions: Mapping[str, Array]
) -> dict[str, Array]:
    """Predictions in the form of a row model's.

    Args:
        outputs: What the row model returns.
        encodings: By output, the classes of its target.
        predictions: By output, shape (n, …).
    """
    return {name: _output(each, encodings[each.output], predictions[each.output]) for name, each in outputs.items()}


def ties(
    outputs: Mapping[str, OutputTensor],
    encodings: Mapping[str, TargetEncoding],
    predictions: Mapping[str, Array],
    by: float,
) -> dict[str, Array]:
    """Where rounding alone decides a class: booleans in the shape of each output that is a class or a label.

    Args:
        outputs: What the row model returns.
        encodings: By output, the classes of its target.
        predictions: By output, shape (n, …).
        by: The largest difference that counts as rounding.
    """
    found = {}
    for name, each in outputs.items():
        if each.meaning in ("class", "label"):
            values, encoding = predictions[each.output], encodings[each.output]
            if not _is_by_unit(encoding):
                found[name] = np.abs(values - encoding.settings.threshold) <= by
            elif values.shape[-1] > 1:
                best = np.partition(values, -2, axis=-1)[..., -2:]
                found[name] = best[..., 1] - best[..., 0] <= by
    return found


def _output(output: OutputTensor, encoding: TargetEncoding, values: Array) -> Array:
    if output.meaning not in ("class", "label"):
        return values
    classes = predicted_classes(values, encoding.settings)
    if output.meaning == "class":
        return classes
    labels = encoding.labels
    assert labels is not None
    if not labels.columns:
        return np.array(encoding.names(values.shape[-1]) if _is_by_unit(encoding) else labels.names, object)[classes]
    columns = [np.array(labels.of_column(at).names, object)[classes[:, at]] for at in range(classes.shape[1])]
    return np.stack(columns, axis=-1)


def _is_by_unit(encoding: TargetEncoding) -> bool:
    return encoding.settings.task == "multiclass_classification"


def with_gaps(values: Array, places: Array, count: int) -> Array:
    """The predictions of some rows among all: the others have NaN, the class -1 or the empty label.

    Args:
        values: Shape (n, …).
        places: The rows, from 0, shape (n,).
        count: The number of all rows.
    """
    nothing: Any = {"O": "", "i": -1, "b": False}.get(values.dtype.kind, np.nan)
    every = np.full((count, *values.shape[1:]), nothing, values.dtype)
    every[places] = values
    return every
