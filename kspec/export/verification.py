"""Loads an export of a run and compares its predictions with those of the run's model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

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


@dataclass(slots=True)
class Verification:
    """The comparison of an export with its run.

    Args:
        split: The split of the examples.
        examples: The number of examples.
        difference: The largest difference between two predictions.
        skipped: The reason why nothing was compared; empty otherwise.
    """

    split: str = ""
    examples: int = 0
    difference: float = 0.0
    skipped: str = ""

    def to_json(self) -> dict[str, Any]:
        """Plain values, for machines."""
        return {
            "split": self.split or None,
            "examples": self.examples,
            "largest_difference": None if self.skipped else self.difference,
            "unchecked": self.skipped or None,
        }


def verify(context: ExportContext, run: LoadedRun, path: Path) -> Verification | None:
    """Compares the predictions of an export with those of its run.

    Args:
        context: The exported run.
        run: The run, whose data has the examples.
        path: The export.

    Returns:
        The comparison; None if the format makes no predictions.

    Raises:
        CannotExport: If the export cannot be loaded, or predictions differ by more than rounding.
    """
    from kspec.export.formats.serving import predict

    module = FORMATS[context.format].load()
    if not hasattr(module, "predict"):
        return None
    if find_spec(module.LIBRARY) is None:
        return Verification(skipped=f"{module.LIBRARY} is not installed")
    try:
        part, split = read_examples(run, None, None, need_targets=False)
    except RunFolderError as error:
        return Verification(skipped=str(error))
    except SpecError as error:
        first = next(diagnostic for diagnostic in error.diagnostics if diagnostic.is_error)
        return Verification(skipped=f"{first.code}: {first.message}")
    inputs = _first_examples(part.inputs, run.spec.document.fixed_batch or EXAMPLES)
    expected = predict(context.model, context.outputs, inputs)
    try:
        predictions = module.predict(context, path, inputs)
    except Exception as error:  # each library has its own classes for a file that it cannot load
        raise CannotExport(f"{module.LIBRARY} cannot load the export, which was discarded: {error}") from error
    tolerance = TOLERANCE_16_BIT if _computes_in_16_bits(context.model) else TOLERANCE
    difference, output = _compare(expected, predictions, tolerance)
    if output:
        raise CannotExport(
            f"the predictions of the export differ from the run's by up to {difference:.2g} in `{output}`; "
            f"the export was discarded"
        )
    return Verification(split, len(next(iter(inputs.values()))), difference)


def _first_examples(inputs: Mapping[str, Any], count: int) -> dict[str, Any]:
    """The first examples as arrays, with images decoded."""
    from kspec.data.pipeline import Batches

    first = {name: array[:count] for name, array in inputs.items()}
    batch = next(iter(Batches(first, {}, {}, batch_size=count, shuffle=False, seed=0).dataset()))
    tensors = batch if isinstance(batch, dict) else {next(iter(first)): batch}
    return {name: tensor.numpy() for name, tensor in tensors.items()}


def _compare(expected: Mapping[str, Any], actual: Mapping[str, Any], tolerance: float) -> tuple[float, str]:
    """Compares predictions, arrays of shape (examples, …) by output.

    Args:
        expected: The predictions of the run's model.
        actual: Those of the export.
        tolerance: The largest difference allowed, relative above 1.

    Returns:
        The largest difference, and the first output beyond the tolerance; empty if there is none.
    """
    import numpy as np

    largest, beyond = 0.0, ""
    for name, array in expected.items():
        one, other = np.asarray(array, "float64"), np.asarray(actual[name], "float64")
        if one.shape != other.shape or not np.array_equal(np.isnan(one), np.isnan(other)):
            return float("inf"), name
        differences = np.nan_to_num(np.abs(one - other))
        largest = max(largest, float(differences.max(initial=0.0)))
        if np.any(differences > tolerance * np.maximum(1.0, np.nan_to_num(np.abs(one)))):
            beyond = beyond or name
    return largest, beyond


def _computes_in_16_bits(model: Any) -> bool:
    return any(layer.compute_dtype in ("float16", "bfloat16") for layer in model._flatten_layers())
