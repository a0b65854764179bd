"""What differs between the specs of runs, beside what differs in their metrics."""

from __future__ import annotations

from kspec.report.chart import Cell, Table, number
from kspec.report.compared_runs import ComparedRun, ComparedRuns, differences, more_is_better
from kspec.report.section import Section

MOST_DIFFERENCES = 20
"""Of a run with more, the first are shown."""
_LONGEST = 300


def specs_section(compared: ComparedRuns) -> Section:
    """A line for each run but the first.

    Args:
        compared: The runs.
    """
    metrics, first = compared.metrics, compared.first
    rows = [
        [
            Cell(run.label, run.label),
            Cell(_spec_text(first, run), is_long=True),
            *(_difference(first, run, name) for name in metrics),
        ]
        for run in compared.others
    ]
    sort = {0: False} | {at: more_is_better(name) for at, name in enumerate(metrics, 2)}
    headings = ["run", "in its spec", *(f"in {name}" for name in metrics)]
    return Section(
        "differences", f"What differs from {first.label}", tables={"Differences": Table(headings, rows, "", sort)}
    )


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
