"""Resolution of the settings of training: the spec's values by output, and defaults for what it omits."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

from kspec import catalog
from kspec.analysis.accuracy import resolved_accuracy
from kspec.analysis.defaults import OPTIMIZER, default_loss, default_metrics
from kspec.analysis.monitor import monitor_direction
from kspec.analysis.per_output import MINIMIZE, is_by_output
from kspec.analysis.settings import DefaultValue, Monitor, OutputSettings, Settings, TargetFacts
from kspec.analysis.stages import resolve_stages
from kspec.analysis.task_inference import (
    FREE_FORM_LOSSES,
    PROBABILITIES,
    THRESHOLDED_TASKS,
    OutputHead,
    from_logits,
    gives_probabilities,
    is_generic_crossentropy,
    loss_name,
    output_head,
    task_of,
)
from kspec.diagnostics import Path, Report, codes, did_you_mean
from kspec.ir import Graph
from kspec.language import Spec
from kspec.language.removed_values import REMOVED, attempt


def resolve_settings(spec: Spec, graph: Graph, report: Report, facts: dict[str, TargetFacts] | None = None) -> Settings:
    """Resolve the settings of training, and report what cannot be inferred.

    Args:
        spec: The spec.
        graph: Its graph.
        report: Receives the errors.
        facts: By output, facts from the data and the built model; by default, only the graph counts.

    Returns:
        The settings, with the defaults that were used.
    """
    return _Resolver(spec, graph, report, facts or {}).settings()


class _Resolver:
    def __init__(self, spec: Spec, graph: Graph, report: Report, facts: dict[str, TargetFacts]) -> None:
        self.spec = spec
        self.graph = graph
        self.report = report
        self.facts = facts
        self.defaults: list[DefaultValue] = []
        self.names = list(graph.outputs)

    def settings(self) -> Settings:
        settings = self.spec.document.compile
        optimizer = attempt(self._optimizer)
        losses = self._by_output(settings.loss, ("compile", "loss"), "loss")
        parts: dict[str, Any] = {
            "metrics": attempt(lambda: self._metrics("metrics")),
            "weighted_metrics": attempt(lambda: self._metrics("weighted_metrics")),
            "loss_weight": attempt(lambda: self._named(settings.loss_weights, ("compile", "loss_weights"))),
            "class_weight": attempt(self._class_weights),
            "threshold": attempt(self._thresholds),
        }
        removed = {key: REMOVED for key, part in parts.items() if part is REMOVED}
        metrics, weighted, weights, class_weights, thresholds = ({} if p is REMOVED else p for p in parts.values())
        tasks = self._tasks()
        outputs = {}
        for name in self.names:
            head, facts = self._head(name), self.facts.get(name, TargetFacts())
            loss = losses.get(name)
            is_minimized = loss == MINIMIZE
            task = None if is_minimized else tasks.get(name) or task_of(head, loss)
            is_trained = not is_minimized and facts.present is not False and not (name in losses and loss is None)
            if not is_trained:
                loss = loss if is_minimized else None
            elif loss is None:
                loss = self._default_loss(name, task, head)
            elif is_generic_crossentropy(loss):
                loss = self._crossentropy(name, task, head)
                task = tasks.get(name) or task_of(head, loss)
            logits = _returns_logits(head, loss)
            default_threshold = 0.5 if gives_probabilities(head, loss) else 0.0
            raw_threshold = 0.0 if logits else default_threshold
            own_metrics = metrics.get(name) or []
            has_default = "metrics" not in removed and settings.metrics is None
            if has_default and is_trained and task and loss_name(loss) not in FREE_FORM_LOSSES:
                own_metrics = self._default(default_metrics(self._path("metrics", name), task, raw_threshold))
            resolve = partial(resolved_accuracy, task=task, units=head.units, rank=facts.rank, threshold=raw_threshold)
            outputs[name] = OutputSettings(
                name=name,
                task=task,
                head=head,
                loss=loss,
                metrics=[resolve(metric) for metric in own_metrics] if is_trained else [],
                weighted_metrics=[resolve(metric) for metric in weighted.get(name) or []] if is_trained else [],
                loss_weight=self._loss_weight(name, weights) if loss is not None else weights.get(name),
                class_weight=class_weights.get(name),
                threshold=thresholds.get(name, default_threshold) if task in THRESHOLDED_TASKS else 0.5,
                logits=logits,
                unit_names=facts.unit_names,
                is_padded=facts.is_padded,
                scaling=facts.scaling,
            ).changed(**removed)
        stages = attempt(lambda: resolve_stages(self.spec, self.graph, optimizer, self.report))
        return Settings(optimizer, outputs, stages, self.defaults, attempt(lambda: self._keep(outputs)))

    def _optimizer(self) -> Any:
        """The optimizer of `compile`; by default that of the first stage, or kspec's."""
        optimizer = self.spec.document.compile.optimizer
        if optimizer is not None:
            return optimizer
        stages = self.spec.document.fit.stages
        if stages and stages[0].optimizer is not None:
            return stages[0].optimizer  # no stage uses another
        return self._default(OPTIMIZER)

    def _metrics(self, key: str) -> dict[str, list[Any]]:
        """The `metrics` or `weighted_metrics` of each output, as written."""
        return self._by_output(getattr(self.spec.document.compile, key), ("compile", key), "metric", several=True)

    def _keep(self, outputs: dict[str, OutputSettings]) -> Monitor | None:
        name = self.spec.document.fit.best_monitor
        return None if name is None else Monitor(name, monitor_direction(name, outputs))

    def _head(self, name: str) -> OutputHead:
        head = output_head(self.graph, self.graph.outputs[name])
        facts = self.facts.get(name)
        return replace(head, units=facts.units) if facts and facts.units is not None else head

    def _path(self, setting: str, name: str) -> Path:
        return ("compile", setting, name) if len(self.names) > 1 else ("compile", setting)

    def _default(self, default: DefaultValue) -> Any:
        self.defaults.append(default)
        return default.value

    def _loss_weight(self, name: str, weights: dict[str, float]) -> float | None:
        """The factor of an output's loss; Keras wants one for each loss, or none at all."""
        if not weights or name in weights:
            return weights.get(name)
        return float(self._default(DefaultValue(("compile", "loss_weights", name), 1.0, "Keras's default")))

    def _default_loss(self, name: str, task: str | None, head: OutputHead) -> Any:
        if task is None:
            if self._is_trained(name):
                self._ask_for_task(name)
            return None
        columns = self.facts.get(name, TargetFacts()).columns
        return self._default(default_loss(self._path("loss", name), task, head, columns))

    def _crossentropy(self, name: str, task: str | None, head: OutputHead) -> Any:
        """The crossentropy of an output's task; for a regression, that of its number of units."""
        if task in (None, "regression"):
            task = "binary_classification" if head.units in (1, None) else "multiclass_classification"
        columns = self.facts.get(name, TargetFacts()).columns
        return default_loss(self._path("loss", name), task, head, columns).value

    def _is_trained(self, name: str) -> bool:
        """Whether the output certainly has a target: only then must its loss be known."""
        present = self.facts.get(name, TargetFacts()).present
        if present is not None:
            return present
        return attempt(lambda: self._is_target(name)) is True

    def _is_target(self, name: str) -> bool:
        data = self.spec.document.data
        return data is not None and (not isinstance(data.targets, dict) or name in data.targets)

    def _ask_for_task(self, name: str) -> None:
        node = self.graph.nodes[self.graph.outputs[name].node]
        self.report.error(
            codes.UNCLEAR_TASK,
            f"cannot infer the task of output `{name}` from its activation, so it has no default loss",
            self.spec.positions.value(node.path),
            help="write `task:` (regression, binary_classification …) or `compile: {loss: ...}`",
        )

    def _by_output(self, value: Any, path: Path, kind: catalog.Kind, *, several: bool = False) -> dict[str, Any]:
        """A setting as written → by output; `null` for an output stays None.

        Args:
            value: A mapping of outputs, or one value for all; None if omitted.
            path: Where it is written.
            kind: Of the classes that it names.
            several: Whether each output has a list of them.
        """
        if value is None:
            return {}
        by_output = is_by_output(value, self.names, kind)
        values = self._named(value, path) if by_output else dict.fromkeys(self.names, value)
        if several:
            return {name: _listed(value) for name, value in values.items()}
        return values

    def _named(self, values: dict[str, Any] | None, path: Path) -> dict[str, Any]:
        """A mapping of outputs without its unknown keys, which are reported."""
        known = {}
        for name, value in (values or {}).items():
            if name in self.names:
                known[name] = value
            else:
                self.report.error(
                    codes.UNKNOWN_OUTPUT,
                    f"unknown output `{name}`",
                    self.spec.positions.key((*path, name)),
                    label=did_you_mean(name, self.names),
                    help=f"outputs: {', '.join(self.names)}",
                )
        return known

    def _tasks(self) -> dict[str, str]:
        task = self.spec.document.task
        if isinstance(task, dict):
            return self._named(task, ("task",))
        return dict.fromkeys(self.names, task) if task else {}

    def _class_weights(self) -> dict[str, Any]:
        weights = self.spec.document.fit.class_weight
        if weights is None:
            return {}
        if isinstance(weights, dict) and any(name in weights for name in self.names):
            return self._named(weights, ("fit", "class_weight"))
        for_all = len(self.names) == 1 or weights == "balanced"
        return dict.fromkeys(self.names, weights) if for_all else {}

    def _thresholds(self) -> dict[str, float]:
        threshold = self.spec.document.predict.threshold
        if isinstance(threshold, dict):
            return self._named(threshold, ("predict", "threshold"))
        return {} if threshold is None else dict.fromkeys(self.names, threshold)


def _returns_logits(head: OutputHead, loss: Any) -> bool:
    return from_logits(loss) and head.activation not in PROBABILITIES


def _listed(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]
