"""Loads an export of a run and compares its predictions with those of the run's model.

They are compared on examples of the run's own data and, of an export that takes rows, on rows made from the contract:
with gaps, categories and numbers that training did not have.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

from kspec.contract.document import Contract
from kspec.diagnostics import SpecError
from kspec.export.formats import FORMATS, CannotExport, ExportContext
from kspec.runs.run_folder import RunFolderError
from kspec.runs.run_loader import LoadedRun, read_examples

EXAMPLES = 64
"""The most examples to compare."""
TOLERANCE = 1e-5
"""The largest difference between predictions, relative if they are above 1: the precision of float32."""
TOLERANCE_16_BIT = 1e-2
"""The same for models that compute in 16 bits."""
FAR = 10
"""What multiplies it for rows with numbers far beyond those of training, whose sums lose digits."""


@dataclass(slots=True)
class Verification:
    """The comparison of an export with its run.

    Args:
        split: The split of the examples.
        examples: The number of examples.
        difference: The largest difference between two predictions, relative above 1.
        skipped: The reason why no example was compared; empty otherwise.
        rows: How many rows made from the contract were compared.
        refused: How many of them have no prediction, neither of the run nor of the export.
        no_rows: The reason why none was; empty otherwise.
    """

    split: str = ""
    examples: int = 0
    difference: float = 0.0
    skipped: str = ""
    rows: int = 0
    refused: int = 0
    no_rows: str = ""

    def to_json(self) -> dict[str, Any]:
        """Plain values, for machines."""
        is_compared = self.examples or self.rows
        return {
            "split": self.split or None,
            "examples": self.examples,
            "rows": self.rows,
            "rows_refused": self.refused,
            "largest_difference": self.difference if is_compared else None,
            "unchecked": self.skipped or None,
            "rows_unchecked": self.no_rows or None,
        }


class _Case(NamedTuple):
    """Predictions to compare.

    Args:
        expected: Those of the run, arrays of shape (n, …) by name.
        actual: Those of the export.
        tolerance: The largest difference allowed, relative above 1.
        ties: By name of a class or label, where rounding alone decides it.
    """

    expected: Mapping[str, Any]
    actual: Mapping[str, Any]
    tolerance: float
    ties: Mapping[str, Any] = MappingProxyType({})


def verify(context: ExportContext, run: LoadedRun, path: Path, contract: Contract | None) -> Verification | None:
    """Compares the predictions of an export with those of its run.

    Args:
        context: The exported run.
        run: The run, whose data has the examples.
        path: The export.
        contract: Its contract, from which rows are made; None if it has none.

    Returns:
        The comparison; None if the format makes no predictions.

    Raises:
        CannotExport: If the export cannot be loaded, or predictions differ by more than rounding.
    """
    module = FORMATS[context.format].load()
    if not hasattr(module, "predict"):
        return None
    if find_spec(module.LIBRARY) is None:
        return Verification(skipped=f"{module.LIBRARY} is not installed")
    found = Verification()
    cases = _examples(context, run, path, found)
    if context.rows is not None and contract is not None:
        cases += _rows(context, run, path, contract, found)
    for case in cases:
        difference, output = _compare(case)
        found.difference = max(found.difference, difference)
        if output:
            raise CannotExport(
                f"the predictions of the export differ from the run's by up to {difference:.2g} in `{output}`; "
                f"the export was discarded"
            )
    return found


def _examples(context: ExportContext, run: LoadedRun, path: Path, found: Verification) -> list[_Case]:
    """The predictions for examples of the run's own data.

    Args:
        context: The exported run.
        run: The run.
        path: The export.
        found: Gets how many examples there are, or why none.
    """
    from kspec.export.formats.serving import predict
    from kspec.export.row_model.expected import expected_outputs, predicted, ties
    from kspec.export.row_model.pictures import picture_files
    from kspec.export.row_model.row_values import tensors_of_examples, without_neighbors

    try:
        part, split = read_examples(run, None, None, need_targets=False)
    except RunFolderError as error:
        found.skipped = str(error)
        return []
    except SpecError as error:
        first = next(diagnostic for diagnostic in error.diagnostics if diagnostic.is_error)
        found.skipped = f"{first.code}: {first.message}"
        return []
    inputs = _first_examples(part.inputs, run.spec.document.fixed_batch or EXAMPLES)
    found.split, found.examples = split, len(next(iter(inputs.values())))
    module, cases, tolerance = FORMATS[context.format].load(), list[_Case](), _tolerance(context.model)
    if context.rows is None or context.format == "saved_model":
        actual = _predictions(context, module.predict, path, inputs)
        cases.append(_Case(predict(context.model, context.outputs, inputs), actual, tolerance))
    if context.rows is not None:
        files, pixels = picture_files(context.rows.pictures, found.examples)
        inputs = without_neighbors(context.rows, inputs | pixels)
        tensors = tensors_of_examples(context.rows, inputs) | files
        actual = _predictions(context, module.predict_rows, path, tensors)
        values, outputs = predicted(run, inputs), context.rows.outputs
        expected = expected_outputs(outputs, run.encodings, values)
        cases.append(_Case(expected, actual, tolerance, ties(outputs, run.encodings, values, tolerance)))
    return cases


def _rows(context: ExportContext, run: LoadedRun, path: Path, contract: Contract, found: Verification) -> list[_Case]:
    """The predictions for rows made from the contract.

    Args:
        context: The exported run.
        run: The run.
        path: The export.
        contract: The contract.
        found: Gets how many rows there are, or why none.
    """
    import numpy

    from kspec.export.row_model.expected import examples_of, expected_outputs, predicted, ties, with_gaps
    from kspec.export.row_model.made_rows import made_rows, why_none
    from kspec.export.row_model.row_values import tensors_of_columns

    rows = context.rows
    assert rows is not None
    found.no_rows = why_none(contract)
    if run.spec.document.fixed_batch is not None:
        found.no_rows = "the network takes batches of one size"
    if found.no_rows:
        return []
    columns = made_rows(contract)
    count = len(next(iter(columns.values())))
    tensors, can_hold = tensors_of_columns(rows, columns)
    try:
        examples = examples_of(run, columns)
    except SpecError as error:
        found.no_rows = next(diagnostic for diagnostic in error.diagnostics if diagnostic.is_error).message
        return []
    values, tolerance = predicted(run, examples.inputs), FAR * _tolerance(context.model)
    outputs = expected_outputs(rows.outputs, run.encodings, values)
    close = ties(rows.outputs, run.encodings, values, tolerance)
    found.rows = int(can_hold.sum())
    found.refused = found.rows - int(numpy.isin(numpy.flatnonzero(can_hold) + 1, examples.rows).sum())
    held = {name: tensor[can_hold] for name, tensor in tensors.items()}
    actual = _predictions(context, FORMATS[context.format].load().predict_rows, path, held)

    def of_rows(arrays: Mapping[str, Any]) -> dict[str, Any]:
        return {name: with_gaps(array, examples.rows - 1, count)[can_hold] for name, array in arrays.items()}

    return [_Case(of_rows(outputs), actual, tolerance, of_rows(close))]


def _predictions(context: ExportContext, function: Any, path: Path, arrays: Mapping[str, Any]) -> dict[str, Any]:
    """The predictions of an export.

    Args:
        context: The exported run.
        function: The function of its format that predicts.
        path: The export.
        arrays: What it takes, shape (n, …) by name.

    Raises:
        CannotExport: If it cannot be loaded.
    """
    try:
        predictions: dict[str, Any] = function(context, path, arrays)
    except Exception as error:  # each library has its own classes for a file that it cannot load
        library = FORMATS[context.format].load().LIBRARY
        raise CannotExport(f"{library} cannot load the export, which was discarded: {error}") from error
    return predictions


def _first_examples(inputs: Mapping[str, Any], count: int) -> dict[str, Any]:
    """The first examples as arrays, with images decoded."""
    from kspec.data.pipeline import Batches

    first = {name: array[:count] for name, array in inputs.items()}
    batch = next(iter(Batches(first, {}, {}, batch_size=count, shuffle=False, seed=0).dataset()))
    tensors = batch if isinstance(batch, dict) else {next(iter(first)): batch}
    return {name: tensor.numpy() for name, tensor in tensors.items()}


def _compare(case: _Case) -> tuple[float, str]:
    """Compares predictions; labels and classes may differ only where rounding alone decides them.

    Returns:
        The largest difference, relative above 1, and the first name beyond the tolerance; empty if there is none.
    """
    import numpy as np

    largest, beyond = 0.0, ""
    for name, array in case.expected.items():
        one, other = np.asarray(array), np.asarray(case.actual[name])
        if one.size != other.size or len(one) != len(other):
            return float("inf"), name
        other = other.reshape(one.shape)
        if one.dtype.kind not in "fV":  # the kind of bfloat16 is V
            differ = _plain(one) != _plain(other)
            if (differ & ~case.ties.get(name, np.zeros_like(differ)).reshape(differ.shape)).any():
                return 1.0, name
            continue
        one, other = one.astype("float64"), other.astype("float64")
        if not np.array_equal(np.isnan(one), np.isnan(other)):
            return float("inf"), name
        with np.errstate(invalid="ignore"):
            differences = np.nan_to_num(np.abs(one - other)) / np.maximum(1.0, np.nan_to_num(np.abs(one)))
        largest = max(largest, float(differences.max(initial=0.0)))
        if np.any(differences > case.tolerance):
            beyond = beyond or name
    return largest, beyond


def _plain(values: Any) -> Any:
    """Numbers of classes as they are, and texts as text, which TensorFlow has as bytes."""
    import numpy as np

    if values.dtype != object:
        return values
    texts = [value.decode() if isinstance(value, bytes) else value for value in values.ravel().tolist()]
    return np.array(texts, object).reshape(values.shape)


def _tolerance(model: Any) -> float:
    return TOLERANCE_16_BIT if _computes_in_16_bits(model) else TOLERANCE


def _computes_in_16_bits(model: Any) -> bool:
    return any(layer.compute_dtype in ("float16", "bfloat16") for layer in model._flatten_layers())
