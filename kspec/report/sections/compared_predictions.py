"""Which run is better on the examples that both predicted."""

from __future__ import annotations

from collections.abc import Mapping
from math import prod

from kspec.report.chart import Cell, Table, number
from kspec.report.charts.differences import better_share, difference_chart
from kspec.report.compared_runs import ComparedRun, ComparedRuns
from kspec.report.numbers.bootstrap import examples_for, resamples_for
from kspec.report.numbers.paired import PairedMetric, paired_metrics
from kspec.report.pairs import NotPaired, common_examples, require_same_data
from kspec.report.section import Section
from kspec.report.sections.compared_specs import signed

Found = dict[tuple[str, str], dict[str, PairedMetric]]
"""By output and metric, what was found for each run."""


def predictions_section(compared: ComparedRuns) -> Section:
    """A paired bootstrap of each run against the first, and why there is none for others.

    Args:
        compared: The runs.
    """
    found, reasons = _compare(compared)
    notes = [
        f"{reason[0].upper()}{reason[1:]}: {', '.join(labels)}; not compared with {compared.first.label}."
        for reason, labels in reasons.items()
    ]
    if not found:
        return Section("paired", "On the same examples", notes)
    several = len({output for output, _ in found}) > 1
    first, rows, charts = compared.first.label, [], []
    for (output, metric), by_run in found.items():
        name = f"{output}: {metric}" if several else metric
        charts.append(difference_chart(name if several else metric, by_run, first))
        for label, each in by_run.items():
            share = better_share(each)
            difference = each.difference
            low, high = map(signed, difference.interval)
            rows.append([
                Cell(label, label), Cell(name, name),
                Cell(number(each.own), each.own), Cell(number(each.other), each.other),
                Cell(f"{signed(difference.value)} ({low} to {high})", difference.value),
                Cell(f"{number(_count(difference.wins))} of {difference.resamples:,} resamples", share),
                Cell(f"{each.examples:,}", each.examples),
            ])  # fmt: skip
    headings = ("run", "metric", "its value", "that of the first", "difference", "better than the first on", "examples")
    sort = dict.fromkeys(range(len(headings)), False) | {4: True, 5: True}
    notes.insert(0, _NOTE)
    most = examples_for(len(compared.others))
    if any(each.examples == most for by_run in found.values() for each in by_run.values()):
        notes.append(f"Of more examples, {most:,} were chosen at random.")
    return Section(
        "paired", "On the same examples", notes, {"Paired bootstrap": Table(headings, rows, "", sort)}, charts
    )


def _compare(compared: ComparedRuns) -> tuple[Found, Mapping[str, list[str]]]:
    """What was found, and the runs that are not compared by the reason."""
    found: Found = {}
    reasons: dict[str, list[str]] = {}
    first = compared.first.facts
    longest = max((len(each) // prod(each.grid) for each in first.predictions), default=0)
    most = examples_for(len(compared.others))
    resamples = resamples_for(min(longest, most), len(compared.others))
    for run in compared.others:
        try:
            for output, metrics in _paired(compared.first, run, resamples, most).items():
                for each in metrics:
                    found.setdefault((output, each.name), {})[run.label] = each
        except NotPaired as error:
            reasons.setdefault(str(error), []).append(run.label)
    return found, reasons


def _paired(first: ComparedRun, run: ComparedRun, resamples: int, most: int) -> dict[str, list[PairedMetric]]:
    """By output, its metrics in both runs.

    Args:
        first: The run that the other is compared with.
        run: The other.
        resamples: How many resamples are drawn.
        most: How many examples are compared at most.

    Raises:
        NotPaired: If they cannot be compared.
    """
    require_same_data(first.facts, run.facts)
    theirs = {own.output: own for own in first.facts.predictions}
    both = [(own, theirs[own.output]) for own in run.facts.predictions if own.output in theirs]
    if not both:
        raise NotPaired("no output has predictions and actual values in both")
    return {own.output: paired_metrics(*common_examples(own, other), resamples, most) for own, other in both}


_NOTE = (
    "Both runs of a line predicted the same rows of the same data, drawn again and again with replacement. In "
    "brackets: what holds 95% of the differences. Equal results count half."
)


def _count(wins: float) -> int | float:
    return int(wins) if wins.is_integer() else wins
