"""Checks the space of a sweep: each range by itself, then points of the whole space, before any of them runs."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence

from kspec.compiler.search.points import Point, corners, overrides_of, samples, typical_values
from kspec.compiler.search.regions import regions
from kspec.compiler.search.verdict import Verdict, judge
from kspec.diagnostics import Diagnostic, Report, codes
from kspec.language import Spec
from kspec.language.sweep import Sweep
from kspec.language.sweep_ranges import Range
from kspec.syntax.yaml_flow import abbreviate

POINTS = 200
"""How many points are drawn, besides the corners."""
MAX_SECONDS = 10.0
"""The time after which no further point is compiled: those of a network with thousands of layers take long."""


def check_sweep(spec: Spec, report: Report) -> None:
    """Reports the addresses and ranges that cannot be, and the part of the space that cannot be trained.

    Args:
        spec: A spec with a sweep, without errors.
        report: Where problems are reported.
    """
    sweep = spec.document.sweep
    assert sweep is not None
    if _check_ranges(spec, sweep.search, report):
        _check_points(spec, sweep, report)


def _check_ranges(spec: Spec, space: Mapping[str, Range], report: Report) -> bool:
    """Tries typical values of each range, the others being those of the spec; returns whether all may be."""
    accepted = True
    for address, range_ in space.items():
        for value in typical_values(range_):
            error = next(iter(judge(spec, {address: value}, []).errors), None)
            if error is None or not _is_of_value(error):
                continue
            accepted = False
            is_of_address = error.code == codes.INVALID_OVERRIDE
            prefix = "" if is_of_address else f"`{address}: {abbreviate(value)}` cannot be: "
            place = spec.positions.key(("sweep", "search", address))
            report.error(codes.SWEEP_RANGE, f"{prefix}{error.message}", place, label=error.label, help=error.help)
            break
    return accepted


def _is_of_value(error: Diagnostic) -> bool:
    """Whether an error is one of the value itself, at its place, rather than of how it fits the rest of the spec."""
    return error.span is not None and error.span.source.name == "--set"


def _check_points(spec: Spec, sweep: Sweep, report: Report) -> None:
    """Compiles points of the whole space, and reports those that cannot be trained, by their mistake."""
    points = {overrides_of(point): point for point in [*corners(sweep.search), *samples(sweep.search, POINTS)]}
    end = time.monotonic() + MAX_SECONDS
    verdicts: list[Verdict] = []
    for point in points.values():
        verdicts.append(judge(spec, point, sweep.constraints))
        if time.monotonic() > end:
            break
    refused = [index for index, verdict in enumerate(verdicts) if not verdict.is_feasible]
    if not refused:
        return
    if len(refused) == len(verdicts):
        report.error(
            codes.INFEASIBLE_POINTS,
            f"no point of the sweep can be trained: {_reason(verdicts[0])}",
            spec.positions.key(("sweep", "search")),
            help=f"for example {_listed(verdicts[0].point)}; change the ranges or the constraints",
        )
        return
    for group in _by_reason(verdicts, refused):
        found = regions(
            sweep.search, [verdict.point for verdict in verdicts], [index in group for index in range(len(verdicts))]
        )
        parts = [(" with ".join(map(str, region.conditions)), region.points) for region in found]
        rest = sorted(set(group).difference(*(part for _, part in parts)))
        if rest:
            parts.append((f"for example with {_listed(verdicts[rest[0]].point)}", tuple(rest)))
        for where, part in parts:
            report.warning(
                codes.INFEASIBLE_POINTS,
                f"{where}: {_reason(verdicts[part[0]])}; {len(part)} of {len(verdicts)} points",
                spec.positions.key(("sweep", "search")),
                help="no trial is spent on them; narrow the ranges if that is not what you mean",
            )


def _by_reason(verdicts: Sequence[Verdict], refused: Sequence[int]) -> list[list[int]]:
    """The refused points by their mistake, the commonest first."""
    groups: dict[tuple[str, ...], list[int]] = {}
    for index in refused:
        verdict = verdicts[index]
        key = tuple(sorted({each.code for each in verdict.errors})) or tuple(verdict.violated)
        groups.setdefault(key, []).append(index)
    return sorted(groups.values(), key=len, reverse=True)


def _reason(verdict: Verdict) -> str:
    """Why a point cannot be trained, in one sentence."""
    if verdict.errors:
        return verdict.errors[0].message
    ((constraint, value), *_) = verdict.violated.items()
    return f"`{constraint}` is violated, by {value:,}"


def _listed(point: Point) -> str:
    return ", ".join(f"`{address}: {abbreviate(value)}`" for address, value in point.items())
