"""The settings of training, with every default resolved."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from kspec import catalog
from kspec.analysis.metric_direction import Direction
from kspec.analysis.per_output import MINIMIZE
from kspec.analysis.stages import Stage
from kspec.analysis.target_scaling import TargetScaling
from kspec.analysis.task_inference import (
    CATEGORICAL_LOSSES,
    FREE_FORM_LOSSES,
    SPARSE_LOSSES,
    THRESHOLDED_TASKS,
    OutputHead,
    gives_probabilities,
    loss_name,
)
from kspec.diagnostics import Path
from kspec.language.removed_values import MayLackValues

TargetForm = Literal["binary", "integer", "one_hot", "multi_label", "values"]


@dataclass(frozen=True, slots=True)
class DefaultValue:
    """The value of a setting that the spec omits.

    Args:
        path: Where the spec would set it.
        value: The value.
        reason: Why it is this value; empty for a constant of the language.
        is_inferred: Whether the reason is a property of this spec, rather than where the value comes from.
    """

    path: Path
    value: Any
    reason: str = ""
    is_inferred: bool = False

    @property
    def setting(self) -> str:
        """Its name in messages: `loss of y`, `fit.epochs`."""
        section, *names = map(str, self.path)
        if section == "fit":
            return ".".join([section, *names])
        return " of ".join(names if section in ("compile", "data") else [section, *names])

    @property
    def note(self) -> str:
        """A comment that says where the value comes from."""
        if not self.reason:
            return "default"
        return f"default, {self.reason}" if self.is_inferred else self.reason


@dataclass(slots=True)
class OutputSettings(MayLackValues):
    """The settings of one output.

    Args:
        name: The output's name.
        task: The problem type; None if unknown.
        head: Its last activation and units.
        loss: As a spec would write it; None for an output that is only predicted, `minimize` for one that is a loss.
        metrics: As a spec would write them.
        weighted_metrics: Likewise.
        loss_weight: Its factor in the total loss.
        class_weight: `balanced`, or label → weight.
        threshold: The value above which a binary prediction is positive: of a probability, or of a score such as that
            of a hinge loss.
        logits: Whether the output is logits, which `predict` turns into probabilities.
        unit_names: What each unit stands for: a label or a column of the target; empty if unknown.
        is_padded: Whether its target is padded lists, whose padding no loss and no metric counts.
        scaling: The scale of the values that the loss and the network see; None for the unit of the column.
    """

    name: str
    task: str | None
    head: OutputHead
    loss: Any | None
    metrics: list[Any]
    weighted_metrics: list[Any]
    loss_weight: float | None
    class_weight: Any | None
    threshold: float
    logits: bool
    unit_names: list[str] = field(default_factory=list)
    is_padded: bool = False
    scaling: TargetScaling | None = None

    @property
    def is_minimized(self) -> bool:
        """Whether the output is itself a loss, without a target."""
        return self.loss == MINIMIZE

    @property
    def has_threshold(self) -> bool:
        """Whether a threshold decides what is predicted."""
        return self.task in THRESHOLDED_TASKS

    @property
    def gives_probabilities(self) -> bool:
        """Whether a classifier's predictions are probabilities, and not scores."""
        return gives_probabilities(self.head, self.loss)

    @property
    def raw_threshold(self) -> float:
        """The value of the model's own output that separates the classes: 0 for logits and scores."""
        return 0.5 if self.gives_probabilities and not self.logits else 0.0

    @property
    def kind_of_value(self) -> Literal["probability", "score"]:
        """What a classifier predicts beside the class: the end of a column's name."""
        return "probability" if self.gives_probabilities else "score"

    @property
    def target_form(self) -> TargetForm:
        """The form in which the loss takes its target."""
        name = loss_name(self.loss)
        if name in SPARSE_LOSSES:
            return "integer"
        if name in CATEGORICAL_LOSSES:
            return "one_hot"
        known = catalog.find("loss", name) is not None and name not in FREE_FORM_LOSSES
        if self.task == "multiclass_classification" and known:
            return "one_hot"  # the loss compares each unit with its class, as a squared error does
        if self.task == "binary_classification":
            return "binary"
        return "multi_label" if self.task == "multilabel_classification" else "values"

    @property
    def weighs_columns(self) -> bool:
        """Whether its class weights differ between the columns of an example, each a yes/no target of its own."""
        return self.class_weight is not None and self.target_form == "multi_label"

    @property
    def ignored_label(self) -> int | None:
        """The label that its loss ignores (`ignore_class`), if any."""
        arguments = next(iter(self.loss.values()), None) if isinstance(self.loss, dict) else None
        ignored = arguments.get("ignore_class") if isinstance(arguments, dict) else None
        return ignored if isinstance(ignored, int) else None


@dataclass(frozen=True, slots=True)
class Monitor:
    """The loss or metric by which `keep: best` compares epochs.

    Args:
        name: As training logs it: `val_loss`, `accuracy`, `val_price_mean_absolute_error` …
        direction: Whether more or less of it is better; None if unknown.
    """

    name: str
    direction: Direction | None


@dataclass(slots=True)
class Settings(MayLackValues):
    """The settings of training.

    Args:
        optimizer: That of `compile`, as a spec would write it.
        outputs: The settings of each output.
        stages: The stages, at least one.
        defaults: Values of omitted settings, in the order of the spec.
        keep: What decides which epoch's weights are kept; None to keep those of the last.
    """

    optimizer: Any
    outputs: dict[str, OutputSettings]
    stages: list[Stage]
    defaults: list[DefaultValue] = field(default_factory=list)
    keep: Monitor | None = None

    @property
    def thresholds(self) -> float | dict[str, float] | None:
        """The thresholds as a spec writes them: one for all outputs if they agree; None if no output has one."""
        by_output = {name: output.threshold for name, output in self.outputs.items() if output.has_threshold}
        values = set(by_output.values())
        return next(iter(values)) if len(values) == 1 else by_output or None


@dataclass(frozen=True, slots=True)
class TargetFacts:
    """Facts about an output and its target.

    Args:
        columns: The number of columns of the target; None if unknown.
        units: The size of the output's last axis; None if unknown.
        present: Whether the output has a target; None if unknown.
        rank: The number of the output's axes, with the batch; None if unknown.
        labels: The classes of the target in the order of their numbers; empty if unknown, or if it has none.
        column_names: The columns of the target; empty if unknown.
        scaling: Its scale, if the loss sees scaled values.
        is_padded: Whether it is padded lists.
    """

    columns: int | None = None
    units: int | None = None
    present: bool | None = None
    rank: int | None = None
    labels: tuple[str, ...] = ()
    column_names: tuple[str, ...] = ()
    scaling: TargetScaling | None = None
    is_padded: bool = False

    @property
    def unit_names(self) -> list[str]:
        """What each unit stands for: a label or a column; empty if there are not as many as units."""
        names = self.labels if len(self.labels) == self.units else self.column_names
        return list(names) if len(names) == self.units else []
