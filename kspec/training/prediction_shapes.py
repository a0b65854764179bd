"""The shapes of predictions, which the model alone may know."""

from __future__ import annotations

from kspec.compiler.define import BuiltModel, output_shapes
from kspec.data import DataSplit
from kspec.data.pipeline import Batches


def prediction_shapes(built: BuiltModel, split: DataSplit) -> dict[str, tuple[int, ...]]:
    """The shape of each output's prediction for one example; the model predicts a batch if an axis is unknown."""
    shapes = {name: shape[1:] for name, shape in output_shapes(built.graph, built.model).items()}
    if any(size is None for shape in shapes.values() for size in shape):
        size = built.spec.document.fixed_batch or 1
        batch = {name: array[:size] for name, array in split.inputs.items()}
        batches = Batches(batch, {}, {}, batch_size=size, shuffle=False, seed=0)
        predictions = built.model.predict(batches.dataset(), verbose=0)
        by_output = predictions if isinstance(predictions, dict) else {next(iter(shapes)): predictions}
        shapes = {name: prediction.shape[1:] for name, prediction in by_output.items()}
    return {name: tuple(int(size or 1) for size in shape) for name, shape in shapes.items()}
