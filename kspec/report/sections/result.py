"""The result of a run, beside its baseline."""

from __future__ import annotations

from kspec.report.chart import Table, number, with_interval
from kspec.report.run_facts import RunFacts
from kspec.report.section import Section

_NO_METRICS = ("split", "examples")


def result_section(facts: RunFacts) -> Section | None:
    """Metrics of the evaluation and the validation, and what always giving the same answer would score."""
    run = facts.run
    evaluated = {name: value for name, value in run.metrics.items() if name not in _NO_METRICS}
    names = list(dict.fromkeys([*evaluated, *run.validation]))
    if not names:
        return Section("result", "Result", notes=[_status(facts)])
    intervals = run.intervals or run.interval
    headings, split = ["metric"], run.metrics.get("split")
    if evaluated:
        headings.append(f"{split} ({run.metrics.get('examples', 0):,} examples)")
    if run.validation:
        headings.append("validation")
    has_baseline = any(isinstance(run.baseline.get(name), (int, float)) for name in names)
    if has_baseline:
        headings.append("baseline")
    forecasts = {text: own for text, own in run.baseline.get("forecasts", {}).items() if isinstance(own, dict)}
    headings += [f"naive: {text}" for text in forecasts]
    rows = []
    for name in names:
        row = [name]
        if evaluated:
            text = "–" if name not in evaluated else with_interval(evaluated[name], intervals.get(name))
            row.append(f"{text} ± {number(run.deviation[name], 2)}" if name in run.deviation else text)
        if run.validation:
            row.append(number(run.validation.get(name)))
        if has_baseline:
            row.append(number(run.baseline.get(name)))
        row += [number(own.get(name)) for own in forecasts.values()]
        rows.append(row)
    notes = [_status(facts)] if run.status != "finished" else []
    answers = run.baseline.get("answers", {})
    if answers:
        notes.append(
            f"The baseline gives one answer for every example: {', '.join(f'{n}: {a}' for n, a in answers.items())}."
        )
    if run.members:
        notes.append(f"Means over {len(run.members)} runs, with their standard deviation after ±.")
    elif intervals:
        notes.append("In brackets: the interval that holds 95% of the resamples of the examples.")
    return Section("result", "Result", [*notes, *facts.notes], {"": Table(headings, rows)})


def _status(facts: RunFacts) -> str:
    message = facts.record.get("message", "")
    return f"The run is {facts.run.status}{f': {message}' if message else ''}."
