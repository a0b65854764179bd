"""What training each output takes, with everything that was left out filled in: the language's table of defaults."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, Literal

from kspec import catalog
from kspec.analysis.per_output import is_by_output
from kspec.analysis.stages import Stage, resolve_stages
from kspec.analysis.task_inference import (
    CATEGORICAL_LOSSES,
    FREE_FORM_LOSSES,
    SPARSE_LOSSES,
    OutputHead,
    from_logits,
    loss_name,
    output_head,
    task_of,
)
from kspec.diagnostics import Path, Report, codes, did_you_mean
from kspec.ir import Graph
from kspec.language import Spec

TargetForm = Literal["binary", "integer", "one_hot", "multi_label", "values"]


@dataclass(frozen=True, slots=True)
class DefaultValue:
    """The value of a setting that the spec omits, and the reason for it."""

    setting: str
    value: Any
    reason: str


@dataclass(slots=True)
class OutputSettings:
    """One output's part of the training.

    Args:
        task: The problem type.
        loss: As it would be written; None for an output that is only predicted.
        metrics: As they would be written.
        logits: Whether the output gives logits, so that `predict` turns them into probabilities.
        threshold: The probability from which a binary answer is yes.
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

    @property
    def target_form(self) -> TargetForm:
        """The form in which the loss takes its target."""
        name = loss_name(self.loss)
        if name in SPARSE_LOSSES:
            return "integer"
        if name in CATEGORICAL_LOSSES:
            return "one_hot"
        if self.task == "binary_classification":
            return "binary"
        return "multi_label" if self.task == "multilabel_classification" else "values"


@dataclass(slots=True)
class Settings:
    """The training's settings, nothing left out.

    Args:
        optimizer: That of `compile`.
        stages: At least one.
        defaults: Values of omitted settings, in the order of the spec.
    """

    optimizer: Any
    outputs: dict[str, OutputSettings]
    stages: list[Stage]
    defaults: list[DefaultValue] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class TargetFacts:
    """What is known of an output's target and shape.

    Args:
        columns: How many columns the target has; None when that is not known.
        units: The size of the output's last axis, once the model is built.
        present: Whether the output has a target at all; None when that is not known.
    """

    columns: int | None = None
    units: int | None = None
    present: bool | None = None


def resolve_settings(spec: Spec, graph: Graph, report: Report, facts: dict[str, TargetFacts] | None = None) -> Settings:
    """Fills in what the spec leaves out, and reports what cannot be told.

    Args:
        facts: By output, what the data and the built model tell; left out, what the graph alone tells.
    """
    return _Settler(spec, graph, report, facts or {}).resolve_settings()


class _Settler:
    def __init__(self, spec: Spec, graph: Graph, report: Report, facts: dict[str, TargetFacts]) -> None:
        self.spec = spec
        self.graph = graph
        self.report = report
        self.facts = facts
        self.defaults: list[DefaultValue] = []
        self.names = list(graph.outputs)

    def resolve_settings(self) -> Settings:
        settings = self.spec.document.compile
        optimizer = settings.optimizer
        stages = self.spec.document.fit.stages
        if optimizer is None and stages and stages[0].optimizer is not None:
            optimizer = stages[0].optimizer  # no stage falls back on another
        elif optimizer is None:
            optimizer = "adam"
            self.defaults.append(DefaultValue("optimizer", optimizer, "the usual first choice"))
        losses = self._by_output(settings.loss, ("compile", "loss"), "loss")
        metrics = self._by_output(settings.metrics, ("compile", "metrics"), "metric", several=True)
        weighted = self._by_output(settings.weighted_metrics, ("compile", "weighted_metrics"), "metric", several=True)
        weights = self._named(settings.loss_weights, ("compile", "loss_weights"))
        class_weights = self._class_weights()
        thresholds = self._thresholds()
        tasks = self._tasks()
        outputs = {}
        for name in self.names:
            answer = self._answer(name)
            present = self.facts.get(name, TargetFacts()).present is not False
            loss, task = losses.get(name), tasks.get(name)
            task = task or task_of(answer, loss)
            metric = metrics.get(name)
            if present:
                loss = self._default_loss(name, loss, task, answer)
                if loss_name(loss) not in FREE_FORM_LOSSES:
                    metric = self._default_metrics(name, metric, settings.metrics is not None, task)
            outputs[name] = OutputSettings(
                name=name,
                task=task,
                head=answer,
                loss=loss if present else None,
                metrics=(metric or []) if present else [],
                weighted_metrics=weighted.get(name) or [],
                loss_weight=weights.get(name),
                class_weight=class_weights.get(name),
                threshold=thresholds.get(name, 0.5),
                logits=_gives_logits(answer, loss),
            )
        return Settings(
            optimizer, outputs, resolve_stages(self.spec, self.graph, optimizer, self.report), self.defaults
        )

    def _answer(self, name: str) -> OutputHead:
        answer = output_head(self.graph, self.graph.outputs[name])
        known = self.facts.get(name)
        return replace(answer, units=known.units) if known and known.units is not None else answer

    def _default_loss(self, name: str, loss: Any, task: str | None, answer: OutputHead) -> Any:
        if loss is not None:
            return loss
        if task is None:
            if self._is_trained(name):
                self._ask_for_task(name)
            return None
        units = describe_head(answer) or f"the task is {task}"
        if task == "multiclass_classification":
            columns = self.facts.get(name, TargetFacts()).columns
            one_hot = (columns or 1) > 1
            loss = "categorical_crossentropy" if one_hot else "sparse_categorical_crossentropy"
            target = "one-hot columns" if one_hot else "one column of labels"
            reason = f"{units}, {target}" if columns else f"{units}, if the target is one column of labels"
        elif task == "regression":
            loss, reason = "mean_squared_error", units
        else:
            loss, reason = "binary_crossentropy", units
        if task != "regression" and answer.activation == "linear":
            entry = catalog.find("loss", loss)
            loss = {entry.name if entry else loss: {"from_logits": True}}
            reason += ", which gives logits"
        self.defaults.append(DefaultValue(f"loss{self._of(name)}", loss, reason))
        return loss

    def _default_metrics(
        self, name: str, metrics: list[Any] | None, stated: bool, task: str | None
    ) -> list[Any] | None:
        if metrics is not None or stated or task is None:
            return metrics
        metric = {"regression": "mean_absolute_error", "multilabel_classification": "binary_accuracy"}.get(
            task, "accuracy"
        )
        self.defaults.append(DefaultValue(f"metrics{self._of(name)}", [metric], f"{task.replace('_', ' ')}"))
        return [metric]

    def _of(self, name: str) -> str:
        return f" of {name}" if len(self.names) > 1 else ""

    def _is_trained(self, name: str) -> bool:
        """Whether the output surely has a target: only then its loss must be known."""
        data = self.spec.document.data
        present = self.facts.get(name, TargetFacts()).present
        if present is not None:
            return present
        return data is not None and (not isinstance(data.targets, dict) or name in data.targets)

    def _ask_for_task(self, name: str) -> None:
        node = self.graph.nodes[self.graph.outputs[name].node]
        self.report.error(
            codes.UNCLEAR_TASK,
            f"what `{name}` answers cannot be told from its activation, so it has no default loss",
            self.spec.positions.value(node.path),
            help="state `task:` (regression, binary_classification …) or `compile: {loss: ...}`",
        )

    def _by_output(self, said: Any, path: Path, kind: Any, *, several: bool = False) -> dict[str, Any]:
        """A setting as written → by output: a mapping whose keys are outputs is so already; else it holds for each."""
        if said is None:
            return {}
        by_output = is_by_output(said, self.names, kind)
        given = self._named(said, path) if by_output else dict.fromkeys(self.names, said)
        if several:
            return {name: value if isinstance(value, list) else [value] for name, value in given.items()}
        return given

    def _named(self, said: dict[str, Any] | None, path: Path) -> dict[str, Any]:
        """A mapping of outputs, with what is no output reported."""
        known = {}
        for name, value in (said or {}).items():
            if name in self.names:
                known[name] = value
            else:
                self.report.error(
                    codes.UNKNOWN_OUTPUT,
                    f"no output is called `{name}`",
                    self.spec.positions.key((*path, name)),
                    label=did_you_mean(name, self.names),
                    help=f"the outputs: {', '.join(self.names)}",
                )
        return known

    def _tasks(self) -> dict[str, str]:
        task = self.spec.document.task
        if isinstance(task, dict):
            return self._named(task, ("task",))
        return dict.fromkeys(self.names, task) if task else {}

    def _class_weights(self) -> dict[str, Any]:
        said = self.spec.document.fit.class_weight
        if said is None:
            return {}
        by_output = isinstance(said, dict) and any(name in said for name in self.names)
        if by_output:
            return self._named(said, ("fit", "class_weight"))
        return (
            {self.names[0]: said}
            if len(self.names) == 1
            else dict.fromkeys(self.names, said)
            if said == "balanced"
            else {}
        )

    def _thresholds(self) -> dict[str, float]:
        said = self.spec.document.predict.threshold
        if isinstance(said, dict):
            return self._named(said, ("predict", "threshold"))
        return dict.fromkeys(self.names, said)


def describe_head(answer: OutputHead) -> str:
    """What an output answers with: `one sigmoid unit`; empty where its activation cannot be told."""
    if answer.activation is None:
        return ""
    if answer.units == 1:
        return f"one {answer.activation} unit"
    return f"{answer.units} {answer.activation} units" if answer.units else f"{answer.activation} units"


def _gives_logits(answer: OutputHead, loss: Any) -> bool:
    return loss is not None and answer.activation in ("linear", None) and from_logits(loss)
