"""What a run did, in words and tables, for pages that people publish. Every number comes from the run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from kspec.report.chart import Table, number, with_interval
from kspec.report.run_facts import RunFacts
from kspec.summary.summary import Summary, summarise
from kspec.syntax.yaml_flow import shape_text, to_yaml

_NO_METRICS = ("split", "examples")
FEW = 30
"""Of fewer examples, a number says little."""


@dataclass(frozen=True, slots=True)
class Method:
    """What a run did.

    Args:
        facts: What is known of the run.
        summary: Its network; None without a resolved spec.
        sentences: What was done, in order.
        limits: What its numbers do not say, a sentence each.
    """

    facts: RunFacts
    summary: Summary | None = None
    sentences: list[str] = field(default_factory=list)
    limits: list[str] = field(default_factory=list)

    @property
    def architecture(self) -> Table | None:
        """The nodes with their shapes and parameters."""
        if self.summary is None:
            return None
        rows = [[node.name, node.label, shape_text(node.shape), number(node.parameters)] for node in self.summary.nodes]
        return Table(("node", "layer", "output shape", "parameters"), rows)

    @property
    def results(self) -> Table | None:
        """The metrics of the evaluation, beside the baseline; None without an evaluation."""
        run = self.facts.run
        names = [name for name in run.metrics if name not in _NO_METRICS]
        if not names:
            return None
        intervals = run.intervals or run.interval
        known = [name for name in names if isinstance(run.baseline.get(name), (int, float))]
        rows = []
        for name in names:
            text = with_interval(run.metrics[name], intervals.get(name))
            if name in run.deviation:
                text += f" ± {number(run.deviation[name], 2)}"
            rows.append([name, text, *([number(run.baseline.get(name))] if known else [])])
        heading = f"{run.metrics.get('split', '')} ({run.metrics.get('examples', 0):,} examples)"
        return Table(("metric", heading, *(["baseline"] if known else [])), rows)

    @property
    def settings(self) -> Table | None:
        """The settings of the training."""
        spec, analysis = self.facts.spec, self.facts.analysis
        if spec is None or analysis is None or analysis.settings is None:
            return None
        fit = spec.document.fit
        rows: list[list[str]] = [["optimizer", call_text(analysis.settings.optimizer)]]
        for name, output in analysis.settings.outputs.items():
            rows.append([f"loss of {name}", call_text(output.loss)])
        rows += [["epochs", number(fit.epochs)], ["batch size", number(fit.batch_size)]]
        rows += [["callback", call_text(callback)] for callback in fit.callbacks]
        rows.append(["seed", number(spec.document.seed)])
        if spec.document.data is not None:
            rows.append(["split", to_yaml(spec.values.get("data", {}).get("split", "default"))])
        return Table(("setting", "value"), rows)


def method_of(facts: RunFacts) -> Method:
    """What a run did.

    Args:
        facts: What is known of the run.
    """
    if facts.spec is None or facts.analysis is None:
        return Method(facts, limits=_limits(facts))
    summary = summarise(facts.spec.name, facts.analysis.graph, facts.analysis.types)
    sentences = [_network(facts, summary), *_data(facts), *_training(facts), *_versions(facts)]
    return Method(facts, summary, sentences, _limits(facts))


def call_text(value: Any) -> str:
    """An optimizer, a loss or a callback as people write it.

    >>> call_text({"Adam": {"learning_rate": 0.001}})
    'Adam (learning_rate 0.001)'
    """
    if not isinstance(value, dict) or len(value) != 1:
        return str(value) if isinstance(value, str) else to_yaml(value)
    head, arguments = next(iter(value.items()))
    if not isinstance(arguments, dict) or not arguments:
        return str(head)
    return f"{head} ({', '.join(f'{name} {call_text(each)}' for name, each in arguments.items())})"


def _network(facts: RunFacts, summary: Summary) -> str:
    counts: dict[str, int] = {}
    for node in summary.nodes:
        if node.layer != "Input":
            counts[node.label] = counts.get(node.label, 0) + 1
    layers = ", ".join(f"{count} {name}" for name, count in counts.items())
    parameters = "" if summary.parameters is None else f" and {summary.parameters:,} parameters"
    return f"The network {facts.run.name} has {len(summary.nodes)} nodes ({layers}){parameters}."


def _data(facts: RunFacts) -> list[str]:
    profile = facts.profile
    if profile is None:
        return []
    parts = ", ".join(f"{count:,} for {_PURPOSES.get(name, name)}" for name, count in profile.parts.items())
    return [f"The data have {profile.rows:,} rows{f': {parts}' if parts else ''}."]


_PURPOSES = {"train": "training", "validation": "validation", "test": "testing"}


def _training(facts: RunFacts) -> list[str]:
    assert facts.spec is not None
    assert facts.analysis is not None
    fit, settings, run = facts.spec.document.fit, facts.analysis.settings, facts.run
    if settings is None or not run.history:
        return []
    losses = list(dict.fromkeys(call_text(output.loss) for output in settings.outputs.values()))
    sentences = [
        f"It was trained with {call_text(settings.optimizer)} to minimize {', '.join(losses)}, "
        f"for {len(run.history)} of at most {fit.epochs:,} epochs in batches of {fit.batch_size:,}."
    ]
    if run.kept_epoch is not None:
        sentences.append(f"The weights are those of epoch {run.kept_epoch}.")
    if run.members:
        sentences.append(f"All numbers are means over {len(run.members)} runs.")
    return sentences


def _versions(facts: RunFacts) -> list[str]:
    versions: Mapping[str, Any] = facts.record.get("versions") or {}
    names = {"kspec": "kspec", "keras": "Keras", "tensorflow": "TensorFlow", "python": "Python"}
    known = [f"{title} {versions[name]}" for name, title in names.items() if name in versions]
    seed = facts.record.get("seed")
    seeded = f" The random seed was {seed}." if seed is not None else ""
    return [f"It ran on {', '.join(known)}.{seeded}"] if known else []


def _limits(facts: RunFacts) -> list[str]:
    """What the numbers do not say."""
    run, found = facts.run, []
    count = run.metrics.get("examples", 0)
    if not count:
        found.append("The model has not been evaluated.")
    elif count < 100 * FEW and not run.intervals and not run.interval:
        found.append(
            f"The metrics come from {count:,} examples, and no interval was computed (evaluate: {{intervals: true}})."
        )
    for own in facts.predictions:
        if own.kind in ("binary", "multiclass"):
            rare = [
                f"{name} ({int((own.actual == at).sum())})"
                for at, name in enumerate(own.names)
                if (own.actual == at).sum() < FEW
            ]
            if rare:
                found.append(
                    f"Classes of {own.output} with fewer than {FEW} examples in the evaluation: {', '.join(rare[:10])}."
                )
    worse = [
        n
        for n in ("accuracy",)
        if n in run.metrics and isinstance(run.baseline.get(n), float) and run.metrics[n] <= run.baseline[n]
    ]
    found += [f"Its {name} is not above that of always giving one answer." for name in worse]
    profile = facts.profile
    if profile is not None:
        found += [
            f"{rows:,} examples of {split} also occur in the training split."
            for split, rows in profile.repeated.items()
            if rows
        ]
        found += [f"{name} has other values in {split} than in training." for name, (split, _) in profile.drift.items()]
    found.append("Nothing is known of data from elsewhere than those described here.")
    return found
