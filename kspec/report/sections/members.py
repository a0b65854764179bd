"""The folds or repeats of a run."""

from __future__ import annotations

from kspec.report.chart import Cell, Table, number
from kspec.report.charts.members import member_chart
from kspec.report.charts.overlay import overlay_charts
from kspec.report.compared_runs import more_is_better
from kspec.report.run_facts import RunFacts
from kspec.report.section import Section
from kspec.runs.run import Run
from kspec.runs.spread import spreads

MOST_CHARTS = 12
_NO_METRICS = ("split", "examples")


def members_section(facts: RunFacts) -> Section | None:
    """A point for each member and metric, with mean and deviation, and a table of them; None of a run without members.

    Args:
        facts: What is known of the run.
    """
    members = named_members(facts)
    if not members:
        return None
    evaluated = {name: _metrics(run) for name, run in members.items() if run.metrics}
    known = spreads(list(evaluated.values()))
    charts = [
        member_chart(metric, spread, dict(zip(evaluated, spread.values, strict=True)))
        for metric, spread in list(known.items())[:MOST_CHARTS]
    ]
    metrics = list(dict.fromkeys(metric for own in evaluated.values() for metric in own))
    rows = [
        [
            Cell(name, name), Cell(run.status, run.status), Cell(number(len(run.history)), len(run.history)),
            Cell(number(run.metrics.get("examples")), run.metrics.get("examples")),
            *(Cell(number(run.metrics.get(metric)), run.metrics.get(metric)) for metric in metrics),
        ]
        for name, run in members.items()
    ]  # fmt: skip
    sort = {0: False, 1: False, 2: False, 3: False} | {at: more_is_better(name) for at, name in enumerate(metrics, 4)}
    kind = _kind(facts)
    notes = []
    done = sum(run.status == "finished" for run in members.values())
    planned = facts.record["members"]["count"]
    if done < planned:
        notes.append(f"{done} of {planned} {kind}s have finished.")
    table = Table(("run", "status", "epochs", "examples", *metrics), rows, "", sort)
    return Section("members", f"{kind.capitalize()}s", notes, {f"{kind.capitalize()}s": table}, charts)


def member_curves_section(facts: RunFacts) -> Section | None:
    """The curves of all members in one chart for each metric; None without a history.

    Args:
        facts: What is known of the run.
    """
    charts = overlay_charts({name: run.history for name, run in named_members(facts).items()})
    return Section("curves", "Training curves", charts=charts) if charts else None


def named_members(facts: RunFacts) -> dict[str, Run]:
    """The members of a run by their names: `fold 1`."""
    return {run.folder.name.replace("-", " "): run for run in facts.run.members if run.folder is not None}


def predictions_note(facts: RunFacts) -> str:
    """Which member has predicted what."""
    if _kind(facts) == "fold":
        return "Each example is predicted by the fold that did not train on it."
    return "Each prediction is the mean of those of the repeats that have the example in their split."


def _kind(facts: RunFacts) -> str:
    return str(facts.record.get("members", {}).get("kind", "fold"))


def _metrics(run: Run) -> dict[str, float]:
    return {
        name: value
        for name, value in run.metrics.items()
        if name not in _NO_METRICS and isinstance(value, (int, float))
    }
