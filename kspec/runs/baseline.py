"""The baseline of a run's evaluation, from the batches that the run trains and evaluates on."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from kspec.compiler.define import BuiltModel
from kspec.data import Dataset
from kspec.data.pipeline import Batches
from kspec.ir.node import flat_order
from kspec.training.baseline import Baseline, baseline, constant_answers

if TYPE_CHECKING:
    from kspec.runs.run_loader import LoadedRun


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
    outputs = built.settings.outputs
    constants = constant_answers(train.targets, outputs, masked)
    columns = dataset.fitted["columns"]["targets"]
    return baseline(constants, evaluated.targets, evaluated.weights, outputs, columns, dataset.labels)


def baseline_of_run(run: LoadedRun, evaluated: Batches) -> Baseline:
    """What the answers that were the commonest in a run's training would score on other examples.

    Args:
        run: The run, whose `metrics.json` has the answers.
        evaluated: The examples.
    """
    constants = _constants(run.folder / "metrics.json")
    outputs = {name: output for name, output in run.settings.outputs.items() if output.loss is not None}
    known = {name: np.asarray(value) for name, value in constants.items() if name in outputs}
    columns = {name: encoding.columns for name, encoding in run.encodings.items()}
    labels = {name: encoding.vocabulary for name, encoding in run.encodings.items() if encoding.vocabulary is not None}
    return baseline(known, evaluated.targets, evaluated.weights, run.settings.outputs, columns, labels)


def _constants(file: Path) -> dict[str, Any]:
    """The constant answers in a `metrics.json`; none if it has none, or cannot be read."""
    try:
        values = json.loads(file.read_text(encoding="utf-8"))["baseline"]["constants"]
        return {name: value for name, value in values.items() if np.asarray(value).dtype.kind in "iufb"}
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return {}
