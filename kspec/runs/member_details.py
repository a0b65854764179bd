"""Details of the evaluations of several runs together: slices, intervals, whole sequences."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from kspec.runs.run import Run
from kspec.runs.spread import Spread, spreads
from kspec.training.slices import slice_order


class SliceSpread(NamedTuple):
    """A slice over several runs.

    Args:
        value: The value of its expression; None where it is missing.
        runs: The number of runs with such examples.
        examples: The number of such examples; of runs that share theirs, of one of them.
        metrics: By metric, its spread over those runs.
    """

    value: str | None
    runs: int
    examples: int
    metrics: dict[str, Spread]

    def to_json(self) -> dict[str, Any]:
        metrics = {name: each.to_json() for name, each in self.metrics.items()}
        return {"value": self.value, "runs": self.runs, "examples": self.examples, **metrics}


def slice_spreads(members: Sequence[Run], *, shared: bool) -> dict[str, list[SliceSpread]]:
    """By expression, the slices of several runs.

    Args:
        members: The runs.
        shared: Whether all have evaluated the same examples.
    """
    found: dict[str, list[SliceSpread]] = {}
    for expression in dict.fromkeys(name for member in members for name in member.slices):
        rows = [row for member in members for row in member.slices.get(expression, [])]
        found[expression] = []
        for value in sorted({row["value"] for row in rows}, key=lambda value: slice_order(value or "")):
            own = [row for row in rows if row["value"] == value]
            sizes = [row["examples"] for row in own]
            numbers = [{name: number for name, number in row.items() if isinstance(number, float)} for row in own]
            count = sizes[0] if shared else sum(sizes)
            found[expression].append(SliceSpread(value, len(own), count, spreads(numbers)))
    return found


def sequence_spreads(members: Sequence[Run]) -> dict[str, Spread]:
    """By output, the spread of the share of whole sequences that are right."""
    return spreads([member.sequence_accuracy.get("outputs", {}) for member in members])


def interval_spreads(members: Sequence[Run]) -> dict[str, dict[str, Spread]]:
    """By metric, the spreads of the ends of its intervals, `low` and `high`."""
    ends = [
        {name: spreads([{"": member.intervals[name][end]} for member in members])[""] for name in _shared(members)}
        for end in (0, 1)
    ]
    return {name: {"low": ends[0][name], "high": ends[1][name]} for name in ends[0]}


def _shared(members: Sequence[Run]) -> list[str]:
    """The metrics of which all runs have an interval."""
    return [name for name in members[0].intervals if all(name in each.intervals for each in members)] if members else []


def details_json(members: Sequence[Run], *, shared: bool) -> dict[str, Any]:
    """Plain values for `summary.json`; nothing of details that no run has.

    Args:
        members: The runs.
        shared: Whether all have evaluated the same examples.
    """
    values = {
        "intervals": {
            name: {end: each.to_json() for end, each in ends.items()}
            for name, ends in interval_spreads(members).items()
        },
        "slices": {
            expression: [each.to_json() for each in rows]
            for expression, rows in slice_spreads(members, shared=shared).items()
        },
        "sequence_accuracy": {name: each.to_json() for name, each in sequence_spreads(members).items()},
    }
    return {name: value for name, value in values.items() if value}


def details_of(member: Run) -> dict[str, Any]:
    """The details of one run, for its row in `summary.json`; nothing of those that it lacks."""
    values = {
        "intervals": {name: list(ends) for name, ends in member.intervals.items()},
        "slices": member.slices,
        "sequence_accuracy": member.sequence_accuracy,
    }
    return {name: value for name, value in values.items() if value}


def detail_lines(members: Sequence[Run], *, shared: bool) -> Iterator[tuple[str, str]]:
    """The lines that a run prints, each with the name of its step.

    Args:
        members: The runs.
        shared: Whether all have evaluated the same examples.
    """
    from kspec.summary.columns import aligned

    intervals = interval_spreads(members)
    if intervals:
        text = "  ".join(f"{n} {ends['low'].mean:.4g} to {ends['high'].mean:.4g}" for n, ends in intervals.items())
        yield "evaluate", f"95% intervals, mean ends: {text}"
    for name, each in sequence_spreads(members).items():
        yield "predict", f"{name}: {_text(each)} of the sequences are right as a whole"
    for expression, rows in slice_spreads(members, shared=shared).items():
        names = list(dict.fromkeys(name for row in rows for name in row.metrics))
        columns = {
            expression: ["(missing)" if row.value is None else row.value for row in rows],
            "runs": [str(row.runs) for row in rows],
            "examples": [f"{row.examples:,}" for row in rows],
            **{name: [_text(row.metrics[name]) if name in row.metrics else "" for row in rows] for name in names},
        }
        yield from (("slices", line.rstrip()) for line in aligned(columns, right={"runs", "examples", *names}))


def _text(spread: Spread) -> str:
    """A mean with its deviation: `0.41 ± 0.02`."""
    return f"{spread.mean:.4g}" + ("" if spread.deviation is None else f" ± {spread.deviation:.2g}")


def mean_slices(members: Sequence[Run], *, shared: bool) -> dict[str, list[dict[str, Any]]]:
    """By expression, the mean metrics of each slice, in the form of those of one run.

    Args:
        members: The runs.
        shared: Whether all have evaluated the same examples.
    """
    return {
        expression: [
            {"value": row.value, "examples": row.examples, **{n: each.mean for n, each in row.metrics.items()}}
            for row in rows
        ]
        for expression, rows in slice_spreads(members, shared=shared).items()
    }
