"""A trained model at the end of a run."""

from __future__ import annotations

from typing import NamedTuple

from kspec.compiler.define import BuiltModel
from kspec.data import Dataset
from kspec.data.step_data import StepExamples
from kspec.training.engine import Engine


class Trained(NamedTuple):
    """A trained model at the end of a run.

    Args:
        built: The model and its settings.
        engine: What trained it.
        dataset: Its data.
        evaluated: The examples that the run has evaluated.
        predicted: The examples that it has predicted.
    """

    built: BuiltModel
    engine: Engine
    dataset: Dataset
    evaluated: StepExamples
    predicted: StepExamples
