"""Settings of the steps after the network is built: compile, fit, evaluate, predict."""

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, ConfigDict, Field, field_validator, model_validator

from kspec.diagnostics import did_you_mean
from kspec.language.base import Model, fail
from kspec.language.checkpoints import CheckpointSetting
from kspec.language.durations import TIME_HELP, check_duration, microseconds_of
from kspec.language.engine import EngineName, FusedName, check_changes
from kspec.language.expressions import Expression
from kspec.language.field_types import Name, Object, PerOutput
from kspec.language.json_schema import JsonSchema, reject
from kspec.language.source_files import SplitName
from kspec.syntax.yaml_flow import kind_of

Optimizer = Annotated[Object | None, JsonSchema("<optimizer>|null")]
Metrics = Annotated[PerOutput | None, JsonSchema("#/definitions/metric_by_output")]


class Compile(Model):
    """What training minimizes, with which optimizer, and the metrics it reports."""

    optimizer: Optimizer = Field(None, description="Optimizer; `adam` by default")
    loss: Annotated[PerOutput | None, JsonSchema("#/definitions/loss_by_output")] = Field(
        None, description="Loss, or a mapping from outputs to losses; chosen by problem type by default"
    )
    metrics: Metrics = Field(
        None, description="Metrics, or a mapping from outputs to metrics; chosen by problem type by default"
    )
    weighted_metrics: Metrics = Field(
        None, description="Metrics that take sample weights into account, or a mapping from outputs to them"
    )
    loss_weights: dict[str, float] | None = Field(
        None, description="Mapping from outputs to the weights of their losses"
    )
    auto_scale_loss: bool = Field(True, description="Whether to scale the loss under a mixed-precision dtype policy")

    @model_validator(mode="before")
    @classmethod
    def _engine(cls, value: Any) -> Any:
        if isinstance(value, dict):
            for word in ("jit_compile", "steps_per_execution", "run_eagerly"):
                if word in value:
                    fail(
                        f"`{word}` is chosen by the training engine",
                        key=word,
                        help="remove it, and choose the engine: `fit: {engine: auto}`",
                    )
        return value


def _class_weight(value: Any) -> Any:
    if value is not None and not isinstance(value, dict) and value != "balanced":
        label = did_you_mean(value, ["balanced"]) if isinstance(value, str) else ""
        fail(
            f"`class_weight` must be `balanced`, or a mapping from labels to weights, not {kind_of(value)}",
            label=label,
            help="write `class_weight: balanced`, or `class_weight: {yes: 2.0}`",
        )
    return value


def _verbose(value: Any) -> Any:
    if isinstance(value, bool):
        fail(f"`verbose` must be 0, 1 or 2, not {'true' if value else 'false'}", help=f"write `verbose: {int(value)}`")
    return value


def _time_limit(value: Any) -> Any:
    return check_duration(value, "a time limit")


def _trainable(value: Any) -> Any:
    if isinstance(value, bool):
        all_layers = f'{{"*": {"true" if value else "false"}}}'
        fail(
            "`trainable` of a stage must be a mapping from layers to true or false",
            help=f"for all layers write `trainable: {all_layers}`",
            replacement=all_layers,
        )
    if not isinstance(value, dict):
        fail(
            f"`trainable` of a stage must be a mapping from layers to true or false, not {kind_of(value)}",
            help="write `trainable: {base: false, head: true}`",
        )
    return value


def _stages(value: Any) -> Any:
    if value == []:
        fail("`stages` is empty", help="write `stages: [{epochs: 5}, ...]`, or remove `stages`")
    return value


class Stage(Model):
    """A stage of training. Settings other than `epochs` carry over from the previous stage."""

    name: Name | None = Field(None, description="Name in the progress output; the stage's number by default")
    epochs: int | None = Field(
        None, gt=0, description="Number of passes over the training split; that of `fit` by default"
    )
    optimizer: Optimizer = Field(
        None,
        description="Optimizer from this stage on, reset at the start of every stage; that of the previous stage, or "
        "of `compile`, by default",
    )
    trainable: Annotated[dict[str, bool], BeforeValidator(_trainable)] | None = Field(
        None,
        description="Mapping from layers (`node`, `block_use/node`, `model/node`, or a glob) to whether they, and all "
        "layers within them, train from this stage on; the most specific pattern wins",
    )


class Fit(Model):
    """Training, with the arguments and defaults of Keras's `model.fit`."""

    epochs: int = Field(1, gt=0, description="Number of passes over the training split")
    batch_size: int = Field(32, gt=0, description="Number of examples per training step")
    shuffle: bool = Field(True, description="Whether to reshuffle the examples in every epoch")
    verbose: Annotated[Literal[0, 1, 2], BeforeValidator(_verbose)] = Field(
        1, description="0: silent, 1: progress bar, 2: one line per epoch"
    )
    class_weight: Annotated[Any, BeforeValidator(_class_weight), JsonSchema('"balanced"|{any}|null')] = Field(
        None,
        description="`balanced`, or a mapping from labels to weights; with several outputs, one per output",
    )
    validation_freq: int = Field(1, gt=0, description="Number of epochs between validations")
    keep: Literal["last", "best"] = Field(
        "last",
        description="Whose weights the model has after training: those of the last epoch, or of the best by `monitor`",
    )
    monitor: Annotated[str, Field(min_length=1)] | None = Field(
        None, description="Loss or metric that decides which epoch `keep: best` keeps; `val_loss` by default"
    )
    steps_per_epoch: int | None = Field(None, gt=0, description="Number of steps per epoch; all batches by default")
    time_limit: Annotated[
        str | None,
        BeforeValidator(_time_limit),
        JsonSchema(errorMessage=f"A time limit is {TIME_HELP[6:]}."),
    ] = Field(
        None,
        min_length=1,
        description="Time for all epochs, such as `10 min`: training ends with the last epoch that fits, and `keep` "
        "decides whose weights the model has. By default there is none",
    )
    checkpoint: CheckpointSetting = Field(
        None,
        description="How often the run saves all that `kspec resume` needs to go on, and how many of these checkpoints "
        "it keeps; false for none",
    )
    callbacks: Annotated[list[Object], JsonSchema("[<callback>]")] = Field(
        default_factory=list, description="Keras callbacks"
    )
    engine: EngineName | list[FusedName | dict[FusedName, int]] = Field(
        "auto",
        description="How the training loop runs. `keras`: `model.fit`, a call per step; `fused`: many steps per graph "
        "call; `fused_xla`: the same, compiled by XLA; `auto`: `fused`, then XLA if measurements show a gain. "
        "A list, as in the resolved spec, gives the steps at which the engine changes: `[fused, {fused_xla: 400}]`",
    )
    workers: int | None = Field(
        None,
        gt=0,
        description="How many processes train the model together, each with a part of every batch; by default one. The "
        "results are those of one process",
    )
    stages: Annotated[Annotated[list[Stage], Field(min_length=1)] | None, BeforeValidator(_stages)] = Field(
        None,
        description="Stages of training, in order: which layers train, for how many epochs, with which optimizer. "
        "Callbacks are reset at the start of each stage",
    )

    repeats: int | None = Field(
        None,
        ge=2,
        description="How often to train, with the seeds `seed`, `seed + 1` …; the results have means and deviations",
    )
    resplit: bool | None = Field(None, description="Whether each of the `repeats` draws a split of its own")

    @property
    def seconds(self) -> float | None:
        """The time limit in seconds; None without one."""
        return None if self.time_limit is None else (microseconds_of(self.time_limit) or 0) / 1e6

    @property
    def best_monitor(self) -> str | None:
        """The quantity by which `keep: best` compares epochs; None if the last epoch is kept."""
        return (self.monitor or "val_loss") if self.keep == "best" else None

    @model_validator(mode="after")
    def _monitor(self) -> "Fit":
        if self.monitor is not None and self.keep != "best":
            fail("`monitor` decides which epoch `keep: best` keeps", key="monitor", help="add `keep: best`")
        return self

    @model_validator(mode="after")
    def _repeated(self) -> "Fit":
        if self.resplit and self.repeats is None:
            fail("`resplit` draws a split for each of the `repeats`", key="resplit", help="add `repeats: 5`")
        return self

    @field_validator("engine", mode="before")
    @classmethod
    def _changes(cls, value: Any) -> Any:
        if isinstance(value, list):
            check_changes(value)
        return value


class Examples(Model):
    """The examples of a step after training."""

    model_config = ConfigDict(
        json_schema_extra={
            "if": {
                "type": "object",
                "required": ["split", "data"],
                "properties": {key: {"type": "string", "minLength": 1} for key in ("split", "data")},
            },
            "then": reject("Use `split` or `data`, not both."),
        }
    )

    split: SplitName | None = Field(None, description="Split to use; `test` by default")
    data: str | None = Field(None, description="Another file with the same columns, used instead of a split")
    batch_size: int | None = Field(None, gt=0, description="Number of examples per step; that of `fit` by default")

    @model_validator(mode="after")
    def _one_of(self) -> "Examples":
        if self.split and self.data:
            fail("`split` and `data` cannot be combined", key="data", help="keep one of them")
        return self


def _slices(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


class Evaluate(Examples):
    """The loss and metrics on held-out examples."""

    intervals: bool | None = Field(
        None, description="Whether to state a 95% interval for each metric, from resamples of the examples"
    )
    slices: Annotated[list[Expression], BeforeValidator(_slices), JsonSchema(Expression | list[Expression])] = Field(
        default_factory=list,
        description="Metrics for each value of a column, or of a SQL expression such as `age > 60`",
    )


def _nodes(value: Any) -> Any:
    if isinstance(value, str):
        return [value]
    wrong = next((name for name in value if not isinstance(name, str)), None) if isinstance(value, list) else value
    if wrong is not None or not isinstance(value, list):
        fail(f"`nodes` must be a list of names, not {kind_of(wrong)}", help="write `nodes: [embedding]`")
    return value


def _keep(value: Any) -> Any:
    if isinstance(value, str):
        return [value]
    wrong = next((name for name in value if not isinstance(name, str)), None) if isinstance(value, list) else value
    if wrong is not None or not isinstance(value, list):
        fail(f"`keep` must be a list of columns, not {kind_of(wrong)}", help="write `keep: [id]`")
    return list(dict.fromkeys(value))


class Predict(Examples):
    """Predictions, written to a file."""

    to: str = Field("predictions.csv", min_length=1, description="Name of the file in the run folder")
    threshold: float | dict[str, float] | None = Field(
        None,
        description="Value above which a binary output is predicted positive, or a mapping from outputs to these; by "
        "default 0.5 for probabilities and 0 for scores, such as those of a hinge loss",
    )
    nodes: Annotated[list[str], BeforeValidator(_nodes), JsonSchema(str | list[str])] = Field(
        default_factory=list,
        description="Nodes whose values for each example are written beside the predictions: also `block_use/node`, "
        "names given by `as`, and sub-models",
    )
    keep: Annotated[list[str], BeforeValidator(_keep), JsonSchema(str | list[str])] = Field(
        default_factory=list,
        description="Columns of the data that are written beside the predictions as the file has them, such as an id",
    )
