"""How the training went."""

from __future__ import annotations

from kspec.report.chart import Table, number
from kspec.report.charts.training import training_charts
from kspec.report.run_facts import RunFacts
from kspec.report.section import Section


def training_section(facts: RunFacts) -> Section | None:
    """Curves by epoch, the epoch that was kept, and how long each step took."""
    run, record = facts.run, facts.record
    durations = record.get("durations") or {}
    if not run.history and not durations:
        return None
    notes = []
    if run.history:
        kept = f"; the weights are those of epoch {run.kept_epoch}" if run.kept_epoch else ""
        notes.append(f"{len(run.history)} epochs{kept}.")
    engine = record.get("engine")
    if engine:
        notes.append(f"Engine: {engine}.")
    tables = {}
    if durations:
        tables["Durations"] = Table(
            ("step", *durations), [["seconds", *(number(seconds, 3) for seconds in durations.values())]]
        )
    return Section("training", "Training", notes, tables, training_charts(run.history, run.kept_epoch))
