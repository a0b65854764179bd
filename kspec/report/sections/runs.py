"""Several runs in a table that the reader sorts."""

from __future__ import annotations

from typing import Any

from kspec.report.chart import Cell, Table, number, with_interval
from kspec.report.compared_runs import ComparedRun, ComparedRuns, more_is_better
from kspec.report.section import Section


def runs_section(compared: ComparedRuns) -> Section:
    """Status, duration and metrics of each run, the best first.

    Args:
        compared: The runs.
    """
    metrics = compared.metrics
    validation = list(dict.fromkeys(name for run in compared.runs for name in run.record.validation))
    has_tags = any(run.record.tags for run in compared.runs)
    has_notes = any(run.record.note for run in compared.runs)
    headings = ["run", "status", "epochs", "seconds", "parameters", *metrics, *validation]
    headings += ["tags"] * has_tags + ["note"] * has_notes
    ordered = compared.best_first(metrics[0]) if metrics else list(compared.runs)
    rows = []
    for run in ordered:
        rows.append([*_facts(run), *_metrics(run, metrics), *_validation(run, validation)])
        if has_tags:
            rows[-1].append(Cell(", ".join(run.record.tags), ", ".join(run.record.tags) or None))
        if has_notes:
            rows[-1].append(Cell(run.record.note, run.record.note or None, is_long=True))
    sort = {at: more_is_better(name) for at, name in enumerate(headings)}
    table = Table(headings, rows, "A click on a heading sorts by it.", sort, 5 if metrics else None)
    notes = [f"{len(compared.runs)} runs."]
    if any(run.record.deviation for run in compared.runs):
        notes.append("± is the standard deviation over folds or repeats, whose mean stands before it.")
    if any(run.facts.run.intervals for run in compared.runs):
        notes.append("In brackets: the interval that holds 95% of the resamples of the examples.")
    splits = {run.record.split for run in compared.runs if run.record.split}
    if len(splits) > 1:
        notes.append(f"Their metrics are those of different splits: {', '.join(sorted(splits))}.")
    notes += [f"{run.label}: {run.record.message}" for run in compared.runs if run.record.message]
    return Section("runs", "Runs", notes, {"Runs": table})


def _facts(run: ComparedRun) -> list[Any]:
    record = run.record
    numbers = (record.epochs, None if record.seconds is None else round(record.seconds, 1), record.parameters)
    return [Cell(run.label, run.label), Cell(record.status, record.status), *(Cell(number(n), n) for n in numbers)]


def _metrics(run: ComparedRun, names: list[str]) -> list[Cell]:
    cells = []
    for name in names:
        value = run.record.metrics.get(name)
        text = "–" if value is None else with_interval(value, run.facts.run.intervals.get(name))
        if name in run.record.deviation:
            text += f" ± {number(run.record.deviation[name], 2)}"
        cells.append(Cell(text, value))
    return cells


def _validation(run: ComparedRun, names: list[str]) -> list[Cell]:
    return [Cell(number(run.record.validation.get(name)), run.record.validation.get(name)) for name in names]
