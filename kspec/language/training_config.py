"""The settings of the life-cycle's steps: compile, fit, evaluate, predict."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from annotated_types import Ge, Le
from pydantic import BeforeValidator, Field, field_validator, model_validator

from kspec.diagnostics import did_you_mean
from kspec.language.base import Model, fail, kind_of
from kspec.language.engine import EngineName, FusedName, check_changes
from kspec.language.field_types import Name, Object, PerOutput

SplitName = Literal["train", "validation", "test"]


class Compile(Model):
    """Step 2: what the training minimises, how, and what it reports."""

    optimizer: Object | None = Field(None, description="The optimizer; adam by default")
    loss: PerOutput | None = Field(None, description="The loss, or output -> loss; by problem type when left out")
    metrics: PerOutput | None = Field(None, description="Metrics, or output -> metrics; by problem type when left out")
    weighted_metrics: PerOutput | None = Field(None, description="Metrics that heed the sample weights")
    loss_weights: dict[str, float] | None = Field(None, description="output -> how much its loss counts")
    auto_scale_loss: bool = Field(True, description="Whether the loss is scaled under mixed precision")

    @model_validator(mode="before")
    @classmethod
    def _engine(cls, value: Any) -> Any:
        if isinstance(value, dict):
            for word in ("jit_compile", "steps_per_execution", "run_eagerly"):
                if word in value:
                    fail(
                        f"`{word}` is how the training runs, not what is trained",
                        key=word,
                        help="the engine decides it: `fit: {engine: auto}`",
                    )
        return value


def _class_weight(value: Any) -> Any:
    if value is not None and not isinstance(value, dict) and value != "balanced":
        label = did_you_mean(value, ["balanced"]) if isinstance(value, str) else ""
        fail("class weights are `balanced`, or a mapping of labels to weights", label=label,
             help="write `class_weight: balanced`, or `class_weight: {yes: 2.0}`")  # fmt: skip
    return value


def _verbose(value: Any) -> Any:
    if isinstance(value, bool):
        fail(f"`verbose` is 0, 1 or 2, not {'true' if value else 'false'}", help=f"write `verbose: {int(value)}`")
    return value


def _trainable(value: Any) -> Any:
    if isinstance(value, bool):
        written = f'{{"*": {"true" if value else "false"}}}'
        fail("a stage says which layers train", help=f"for all of them write `trainable: {written}`", write=written)
    if not isinstance(value, dict):
        fail(f"a stage says of each layer whether it trains; this is {kind_of(value)}",
             help="write `trainable: {base: false, head: true}`")  # fmt: skip
    return value


def _stages(value: Any) -> Any:
    if value == []:
        fail("there is no stage here", help="write `stages: [{epochs: 5}, ...]`, or leave `stages` out")
    return value


class Stage(Model):
    """A part of the training. What it does not say stays as it was in the part before, but for the epochs."""

    name: Name | None = Field(None, description="What progress calls it; its number when left out")
    epochs: int | None = Field(None, gt=0, description="How often it goes through the training split; fit's by default")
    optimizer: Object | None = Field(
        None, description="The optimizer from here on; that of the stage before, or compile's, by default. It begins "
        "afresh in every stage"
    )  # fmt: skip
    trainable: Annotated[dict[str, bool], BeforeValidator(_trainable)] | None = Field(
        None, description="Node, use/inner, model/inner or a glob -> whether it trains from here on, with all inside "
        "it; the longest match wins"
    )  # fmt: skip


class Fit(Model):
    """Step 3: training, with Keras's own words and defaults."""

    epochs: int = Field(1, gt=0, description="How often the training split is gone through")
    batch_size: int = Field(32, gt=0, description="Examples per step")
    shuffle: bool = Field(True, description="Whether each epoch has an order of its own")
    verbose: Annotated[Literal[0, 1, 2], BeforeValidator(_verbose)] = Field(
        1, description="0 silent, 1 progress bar, 2 one line an epoch"
    )
    class_weight: Annotated[Any, BeforeValidator(_class_weight)] = Field(
        None, description="balanced, or label -> weight; with several outputs by output"
    )
    validation_freq: int = Field(1, gt=0, description="Validate every so many epochs")
    steps_per_epoch: int | None = Field(None, gt=0, description="Steps in an epoch; all batches by default")
    callbacks: list[Object] = Field(default_factory=list, description="Keras callbacks")
    engine: EngineName | list[FusedName | dict[FusedName, int]] = Field(
        "auto",
        description="How the loop runs. keras: model.fit's, a call for each step; fused: many steps in one graph; "
        "fused_xla: that graph compiled by XLA; auto: fused, and XLA where measuring shows that it pays. A list, as "
        "the resolved spec has it, says at which step it changes: [fused, {fused_xla: 400}]",
    )
    stages: Annotated[list[Stage] | None, BeforeValidator(_stages)] = Field(
        None,
        description="Training in steps, one after the other: which layers train, for how many epochs, with which "
        "optimizer. Callbacks start afresh in each",
    )

    @field_validator("engine", mode="before")
    @classmethod
    def _changes(cls, value: Any) -> Any:
        if isinstance(value, list):
            check_changes(value)
        return value


class Evaluate(Model):
    """Step 4: the loss and metrics on examples that training has not seen."""

    split: SplitName | None = Field(None, description="Which split; test by default")
    data: str | None = Field(None, description="Another file with the same columns")
    batch_size: int | None = Field(None, gt=0, description="Examples per step; fit's by default")

    @model_validator(mode="after")
    def _one_of(self) -> Evaluate:
        if self.split and self.data:
            fail("either a split or other data is used, not both", key="data", help="keep `split` or `data`")
        return self


Probability = Annotated[float, Ge(0), Le(1)]


class Predict(Evaluate):
    """Step 5: the answers, written to a file."""

    to: str = Field("predictions.csv", min_length=1, description="The file in the run folder")
    threshold: Probability | dict[str, Probability] = Field(
        0.5, description="The probability from which a binary answer is yes"
    )
