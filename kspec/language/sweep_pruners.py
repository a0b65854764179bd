"""The pruners of a sweep: Optuna's, by their names there without `Pruner`, with their arguments."""

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, model_validator

from kspec.language.base import Model, fail
from kspec.language.json_schema import JsonSchema
from kspec.language.sweep_methods import Count, Method, named

Resource = Literal["auto"] | Annotated[int, Field(gt=0)]


class Startup(Model):
    """A pruner that compares a trial with others after the same epoch."""

    n_startup_trials: Count = Field(5, description="Trials that end before any is pruned")
    n_warmup_steps: Count = Field(0, description="Epochs in which no trial is pruned")
    interval_steps: Annotated[int, Field(gt=0)] = Field(1, description="Epochs between two decisions")
    n_min_trials: Annotated[int, Field(gt=0)] = Field(1, description="Trials that a decision needs at least")


class MedianPruner(Startup):
    """Ends trials below the median."""


class PercentilePruner(Startup):
    """Ends trials outside of the best percentile."""

    percentile: Annotated[float, Field(ge=0, le=100)] = Field(description="Percentage of trials that go on")


class Halving(Model):
    """A pruner that gives the best trials more epochs."""

    reduction_factor: Annotated[int, Field(gt=1)] = Field(4, description="Of how many trials one goes on at each rung")
    bootstrap_count: Count = Field(0, description="Trials that a rung needs before one goes on")


class HyperbandPruner(Halving):
    """Successive halving with several least numbers of epochs side by side."""

    reduction_factor: Annotated[int, Field(gt=1)] = Field(3, description="Of how many trials one goes on at each rung")
    min_resource: Annotated[int, Field(gt=0)] = Field(1, description="Epochs that every trial has")
    max_resource: Resource = Field("auto", description="Epochs of a trial that goes on to the end")

    @model_validator(mode="after")
    def _order(self) -> "HyperbandPruner":
        if self.max_resource != "auto" and self.max_resource < self.min_resource:
            fail(f"`max_resource` is below `min_resource`, {self.min_resource}", key="max_resource")
        if self.bootstrap_count and self.max_resource == "auto":
            fail("`bootstrap_count` needs a `max_resource`", key="bootstrap_count", help="write the epochs of a trial")
        return self


class SuccessiveHalvingPruner(Halving):
    """Gives the best share of the trials more epochs, again and again."""

    min_resource: Resource = Field("auto", description="Epochs that every trial has")
    min_early_stopping_rate: Count = Field(0, description="Rungs that are left out at the beginning")

    @model_validator(mode="after")
    def _bootstrap(self) -> "SuccessiveHalvingPruner":
        if self.bootstrap_count and self.min_resource == "auto":
            fail("`bootstrap_count` needs a `min_resource`", key="bootstrap_count", help="write a number of epochs")
        return self


class ThresholdPruner(Model):
    """Ends trials whose goal leaves given bounds."""

    lower: float | None = Field(None, description="Lowest value of the goal")
    upper: float | None = Field(None, description="Highest value of the goal")
    n_warmup_steps: Count = Field(0, description="Epochs in which no trial is pruned")
    interval_steps: Annotated[int, Field(gt=0)] = Field(1, description="Epochs between two decisions")

    @model_validator(mode="after")
    def _some(self) -> "ThresholdPruner":
        if self.lower is None and self.upper is None:
            fail("`Threshold` has no bound", help="write `pruner: {Threshold: {lower: 0.5}}`")
        if self.lower is not None and self.upper is not None and self.lower > self.upper:
            fail(f"`lower` is above `upper`, {self.upper:g}", key="lower")
        return self


class PlainPruner(Method):
    """Which trials end early."""

    Hyperband: HyperbandPruner | None = None
    Median: MedianPruner | None = None
    Percentile: PercentilePruner | None = None
    SuccessiveHalving: SuccessiveHalvingPruner | None = None
    Threshold: ThresholdPruner | None = None


PlainPrunerName = Literal["Hyperband", "Median", "Percentile", "SuccessiveHalving", "Threshold"]


class PatientPruner(Model):
    """Lets a trial go on for some epochs before another pruner may end it."""

    wrapped_pruner: Annotated[
        PlainPruner | None,
        BeforeValidator(lambda value: named(value, "pruner", PlainPruner)),
        JsonSchema(PlainPrunerName | PlainPruner | None),
    ] = Field(description="The pruner that decides; null for one that ends a trial as soon as its patience is over")
    patience: Count = Field(description="Epochs without improvement that a trial may have")
    min_delta: Annotated[float, Field(ge=0)] = Field(0.0, description="The least change that is an improvement")


class Pruner(PlainPruner):
    """Which trials end early."""

    Patient: PatientPruner | None = None


PrunerName = Literal["Hyperband", "Median", "Percentile", "SuccessiveHalving", "Threshold", "Patient", "none"]
AnyPruner = Annotated[
    Pruner | None,
    BeforeValidator(lambda value: None if value == "none" else named(value, "pruner", Pruner)),
    JsonSchema(PrunerName | Pruner | None),
]
