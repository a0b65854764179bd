"""The baseline of a run's evaluation, from the batches that the run trains and evaluates on."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from kspec.analysis.settings import OutputSettings
from kspec.compiler.define import BuiltModel
from kspec.data import Dataset, DataSplit
from kspec.data.pipeline import Batches
from kspec.data.targets.encoding import TargetEncoding
from kspec.data.targets.units import in_units
from kspec.ir.node import flat_order
from kspec.training.baseline import Baseline, baseline, constant_answers
from kspec.training.batching import encodings_of
from kspec.training.naive_forecast import naive_forecasts


def baseline_of(built: BuiltModel, dataset: Dataset, train: Batches, evaluated: Batches, split: DataSplit) -> Baseline:
    """What always giving the commonest answer of the training split would score.

    Args:
        built: The model; metrics of outputs with a mask leave out positions, and have no baseline.
        dataset: The data.
        train: The training split.
        evaluated: The evaluated split, in batches.
        split: The evaluated split.
    """
    tensors = dict(zip(flat_order(built.graph.outputs), built.model.outputs, strict=True))
    masked = {name for name, tensor in tensors.items() if getattr(tensor, "_keras_mask", None) is not None}
    outputs = built.settings.outputs
    masked -= {name for name, output in outputs.items() if output.is_padded}  # whose targets say which positions count
    trained = known_examples(targets_in_units(train.targets, outputs), dataset.splits["train"])
    constants = constant_answers(trained, outputs, masked)
    columns, targets = dataset.fitted["columns"]["targets"], targets_in_units(evaluated.targets, outputs)
    known, weights = known_examples(targets, split), known_examples(evaluated.weights, split)
    result = baseline(constants, known, weights, outputs, columns, dataset.labels)
    own = {name: each for name, each in outputs.items() if name not in masked and name not in split.absent}
    encodings = encodings_of(built, dataset)
    result.forecasts.update(naive_forecasts(split, targets, evaluated.weights, own, encodings))
    return result


def baseline_of_run(
    folder: Path,
    outputs: Mapping[str, OutputSettings],
    encodings: Mapping[str, TargetEncoding],
    evaluated: Batches,
    split: DataSplit,
) -> Baseline:
    """What the answers that were the commonest in a run's training would score on other examples.

    Args:
        folder: The run folder, whose `metrics.json` has the answers.
        outputs: The settings of the outputs.
        encodings: By output, the encoding of its target.
        evaluated: The examples, in batches.
        split: The examples.
    """
    constants = {n: np.asarray(v) for n, v in _constants(folder / "metrics.json").items() if n in outputs}
    targets = targets_in_units(evaluated.targets, outputs)
    columns = {name: encoding.columns for name, encoding in encodings.items()}
    labels = {name: encoding.vocabulary for name, encoding in encodings.items() if encoding.vocabulary is not None}
    known, weights = known_examples(targets, split), known_examples(evaluated.weights, split)
    result = baseline(constants, known, weights, outputs, columns, labels)
    own = {name: each for name, each in outputs.items() if name not in split.absent}
    result.forecasts.update(naive_forecasts(split, targets, evaluated.weights, own, encodings))
    return result


def known_examples(values: Mapping[str, Any], split: DataSplit) -> dict[str, Any]:
    """Targets or weights of the examples that have a target.

    Args:
        values: By output, shape (n, …).
        split: The examples.
    """
    known = {name: ~absent.reshape(len(absent), -1).any(axis=1) for name, absent in split.absent.items()}
    return {name: each[known[name]] if name in known else each for name, each in values.items()}


def targets_in_units(targets: Mapping[str, Any], outputs: Mapping[str, OutputSettings]) -> dict[str, Any]:
    """Encoded targets in the unit of their columns.

    Args:
        targets: By output, encoded, shape (n, …).
        outputs: The settings of the outputs.
    """
    return {name: in_units(values, outputs[name].scaling) for name, values in targets.items()}


def _constants(file: Path) -> dict[str, Any]:
    """The constant answers in a `metrics.json`; none if it has none, or cannot be read."""
    try:
        values = json.loads(file.read_text(encoding="utf-8"))["baseline"]["constants"]
        return {name: value for name, value in values.items() if np.asarray(value).dtype.kind in "iufb"}
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return {}
