"""What differs between the specs of runs, beside what differs in their metrics."""

from __future__ import annotations

from kspec.report.all_pairs import MOST_RUNS
from kspec.report.chart import Cell, Table, number
from kspec.report.compared_runs import ComparedRun, ComparedRuns, differences, more_is_better
from kspec.report.section import Section

MOST_DIFFERENCES = 20
"""Of a run with more, the first are shown."""
_LONGEST = 300


def specs_section(compared: ComparedRuns) -> Section:
    """A line for each run and the run that it is compared with: each other one, of many the first.

    Args:
        compared: The runs.
    """
    metrics, runs = compared.metrics, compared.runs
    references = runs if len(runs) <= MOST_RUNS else runs[:1]
    pairs = [(reference, run) for reference in references for run in runs if run is not reference]
    rows = [
        [
            Cell(run.label, run.label),
            Cell(_spec_text(reference, run), is_long=True),
            *(_difference(reference, run, name) for name in metrics),
        ]
        for reference, run in pairs
    ]
    sort = {0: False} | {at: more_is_better(name) for at, name in enumerate(metrics, 2)}
    headings = ["run", "in its spec", *(f"in {name}" for name in metrics)]
    table = Table(headings, rows, "", sort, groups=[reference.label for reference, _ in pairs])
    title = "What differs" if len(references) > 1 else f"What differs from {compared.first.label}"
    labels = [reference.label for reference in references]
    return Section("differences", title, tables={"Differences": table}, references=labels)


def _difference(first: ComparedRun, run: ComparedRun, metric: str) -> Cell:
    own, base = run.record.metrics.get(metric), first.record.metrics.get(metric)
    if own is None or base is None:
        return Cell("–")
    return Cell(signed(own - base), own - base)


def signed(value: float) -> str:
    """A number with its sign.

    >>> signed(0.01234), signed(0.0)
    ('+0.01234', '0')
    """
    return f"+{number(value)}" if value > 0 else number(value)


def _spec_text(first: ComparedRun, run: ComparedRun) -> str:
    found = differences(first.facts, run.facts)
    if found is None:
        return "unknown: a spec cannot be read"
    texts = [str(each) for each in found]
    lines = [text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…" for text in texts[:MOST_DIFFERENCES]]
    if len(texts) > len(lines):
        lines.append(f"and {len(texts) - len(lines)} more")
    return "\n".join(lines) or "nothing"
