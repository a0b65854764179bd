"""Checks the space of a sweep: each range by itself, then points of the whole space, before any of them runs."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence

from kspec.compiler.search.addresses import check_addresses
from kspec.compiler.search.effects import addresses_with_effect
from kspec.compiler.search.infeasible import report_infeasible
from kspec.compiler.search.outcome import Outcomes
from kspec.compiler.search.points import corners, overrides_of, samples, typical_values
from kspec.compiler.search.verdict import Verdict, weigh
from kspec.diagnostics import Diagnostic, Report, codes
from kspec.diagnostics.budget import current
from kspec.language import Spec
from kspec.language.removed_values import REMOVED, attempt
from kspec.language.sweep_ranges import Range
from kspec.syntax.yaml_flow import abbreviate

POINTS = 200
"""How many points are drawn, besides the corners."""
MAX_SECONDS = 10.0
"""The time after which no further point is compiled: those of a network with thousands of layers take long."""


def check_sweep(spec: Spec, report: Report) -> None:
    """Reports the addresses and ranges that cannot be, and the part of the space that cannot be trained.

    A range that cannot be is left out of the space, so that it hides nothing of the others. In a compilation whose time
    is over, the rest of the check is left for later.

    Args:
        spec: A spec, which may lack invalid values.
        report: Where problems are reported.
    """
    sweep = attempt(lambda: spec.document.sweep)
    search = attempt(lambda: {} if sweep is None else sweep.search)
    if sweep is REMOVED or sweep is None or search is REMOVED:
        return
    try:
        sound = check_addresses(spec, search, report)
        outcomes = Outcomes(spec)
        known = {(error.code, error.message) for error in outcomes.of({}).errors}
        space = {
            address: search[address]
            for address in sound
            if _check_range(spec, address, search[address], outcomes, known, report)
        }
        if space and not known:
            constraints = attempt(lambda: sweep.constraints)
            _check_points(spec, space, outcomes, [] if constraints is REMOVED else constraints, report)
    except _TimeIsOver:
        pass


class _TimeIsOver(Exception):
    """The rest of the check is left for later."""


def _stop_if_over() -> None:
    budget = current()
    if budget is not None and budget.is_over:
        budget.is_incomplete = True
        raise _TimeIsOver


def _check_range(
    spec: Spec, address: str, range_: Range, outcomes: Outcomes, known: set[tuple[str, str]], report: Report
) -> bool:
    """Tries typical values of a range, the others being those of the spec; returns whether all may be.

    Args:
        spec: The spec of the sweep.
        address: The address.
        range_: Its range.
        outcomes: Compiles points.
        known: The errors of the spec itself, by code and message.
        report: Where problems are reported.
    """
    for value in typical_values(range_):
        _stop_if_over()
        errors = outcomes.of({address: value}).errors
        error = next((each for each in errors if _is_of_value(each, known)), None)
        if error is None:
            continue
        prefix = "" if error.code == codes.INVALID_OVERRIDE else f"`{address}: {abbreviate(value)}` cannot be: "
        place = spec.positions.key(("sweep", "search", address))
        report.error(codes.SWEEP_RANGE, f"{prefix}{error.message}", place, label=str(error.label), help=error.help)
        return False
    return True


def _is_of_value(error: Diagnostic, known: set[tuple[str, str]]) -> bool:
    """Whether an error is one of the value itself, rather than of how it fits the rest of the spec.

    It is at the value's place, or where a variable with it is an argument.

    Args:
        error: The error.
        known: The errors of the spec itself, by code and message.
    """
    is_here = error.span is not None and error.span.source.name == "--set"
    is_of_argument = error.code.startswith("KS1") or error.code == codes.INVALID_EXPANSION
    return is_here or (is_of_argument and (error.code, error.message) not in known)


def _check_points(
    spec: Spec, space: Mapping[str, Range], outcomes: Outcomes, constraints: Sequence[str], report: Report
) -> None:
    """Compiles points of the whole space, and reports those that cannot be trained.

    Args:
        spec: The spec of the sweep.
        space: The ranges by address.
        outcomes: Compiles points.
        constraints: What points must satisfy.
        report: Where problems are reported.
    """
    _stop_if_over()
    deciding = addresses_with_effect(space, outcomes, constraints)
    points = {overrides_of(point): point for point in [*corners(space), *samples(space, POINTS)]}
    end = time.monotonic() + MAX_SECONDS
    verdicts: list[Verdict] = []
    for point in points.values():
        _stop_if_over()
        outcome = outcomes.of({address: value for address, value in point.items() if address in deciding})
        verdicts.append(weigh(point, outcome, constraints))
        if time.monotonic() > end:
            break
    report_infeasible({address: space[address] for address in deciding}, verdicts, spec, report)
