"""The baseline of a run's evaluation, from the batches that the run trains and evaluates on."""

from __future__ import annotations

from kspec.compiler.define import BuiltModel
from kspec.data import Dataset
from kspec.data.pipeline import Batches
from kspec.ir.node import flat_order
from kspec.training.baseline import Baseline, baseline


def baseline_of(built: BuiltModel, dataset: Dataset, train: Batches, evaluated: Batches) -> Baseline:
    """What always giving the commonest answer of the training split would score.

    Args:
        built: The model; metrics of outputs with a mask leave out positions, and have no baseline.
        dataset: The data.
        train: The training split.
        evaluated: The evaluated split.
    """
    tensors = dict(zip(flat_order(built.graph.outputs), built.model.outputs, strict=True))
    masked = {name for name, tensor in tensors.items() if getattr(tensor, "_keras_mask", None) is not None}
    return baseline(
        train.targets,
        evaluated.targets,
        evaluated.weights,
        built.settings.outputs,
        dataset.fitted["columns"]["targets"],
        dataset.labels,
        without=masked,
    )
