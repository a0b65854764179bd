"""Which run is better on the examples that both predicted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from kspec.report.all_pairs import AllPairs, Pair, all_pairs
from kspec.report.chart import Cell, Table, number
from kspec.report.charts.differences import better_share, difference_chart
from kspec.report.compared_runs import ComparedRuns
from kspec.report.numbers.paired import PairedMetric
from kspec.report.section import Section
from kspec.report.sections.compared_specs import signed


def predictions_section(compared: ComparedRuns) -> Section:
    """A paired bootstrap of each run against the others, or the first, and why there is none for some.

    Args:
        compared: The runs.
    """
    all_ = all_pairs(compared.runs)
    notes = [_reason_note(reason, pairs) for reason, pairs in all_.reasons.items()]
    if not all_.found:
        return Section("paired", "On the same examples", notes)
    several = len({output for output, _ in all_.found}) > 1
    names = {key: f"{key[0]}: {key[1]}" if several else key[1] for key in all_.found}
    charts = [difference_chart(names[key], key[1], by_pair, all_.references) for key, by_pair in all_.found.items()]
    tables = {}
    if len(all_.references) > 2:
        tables = {f"Who beats whom: {names[key]}": _matrix(by_pair, all_) for key, by_pair in all_.found.items()}
    tables["Paired bootstrap"] = _table(all_, names)
    notes.insert(0, _NOTE)
    if any(each.examples == all_.most for by_pair in all_.found.values() for each in by_pair.values()):
        notes.append(f"Of more examples, {all_.most:,} were chosen at random.")
    return Section("paired", "On the same examples", notes, tables, charts, references=all_.references)


def _reason_note(reason: str, pairs: Sequence[Pair]) -> str:
    shown = [f"{run} and {other}" for run, other in pairs[:_MOST_PAIRS]]
    more = f", and {len(pairs) - len(shown)} more pairs" if len(pairs) > len(shown) else ""
    return f"Not compared, since {reason}: {'; '.join(shown)}{more}."


def _matrix(by_pair: Mapping[Pair, PairedMetric], all_: AllPairs) -> Table:
    """On which share of the resamples the run of a line is better than that of a column; the best first.

    Args:
        by_pair: What was found for a metric.
        all_: What was found for all.
    """
    shares = {pair: better_share(each) for pair, each in by_pair.items()}
    mean = {
        run: sum(share for (own, _), share in shares.items() if own == run) / len(all_.references)
        for run in all_.references
    }
    order = sorted(all_.references, key=lambda run: -mean[run])
    rows = [
        [Cell(run), *(Cell(f"{shares[run, other]:.0%}" if (run, other) in shares else "–") for other in order)]
        for run in order
    ]
    note = "On which share of the resamples the run of the line is better than that of the column."
    return Table(("run", *order), rows, note)


def _table(all_: AllPairs, names: Mapping[tuple[str, str], str]) -> Table:
    """A line for each pair and metric.

    Args:
        all_: What was found.
        names: By output and metric, what it is called.
    """
    rows, groups = [], []
    for key, by_pair in all_.found.items():
        for (label, reference), each in by_pair.items():
            difference = each.difference
            low, high = map(signed, difference.interval)
            rows.append([
                Cell(label, label), Cell(names[key], names[key]),
                Cell(number(each.own), each.own), Cell(number(each.other), each.other),
                Cell(f"{signed(difference.value)} ({low} to {high})", difference.value),
                Cell(f"{number(_count(difference.wins))} of {difference.resamples:,} resamples", better_share(each)),
                Cell(f"{each.examples:,}", each.examples),
            ])  # fmt: skip
            groups.append(reference)
    headings = ("run", "metric", "its value", "that of the other", "difference", "better than it on", "examples")
    sort = dict.fromkeys(range(len(headings)), False) | {4: True, 5: True}
    return Table(headings, rows, "", sort, groups=groups)


_NOTE = (
    "Both runs of a line predicted the same rows of the same data, drawn again and again with replacement. In "
    "brackets: what holds 95% of the differences. Equal results count half."
)
_MOST_PAIRS = 5


def _count(wins: float) -> int | float:
    return int(wins) if wins.is_integer() else wins
