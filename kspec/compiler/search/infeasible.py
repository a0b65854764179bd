"""Reports the points of a sweep that cannot be trained, by their mistake and their part of the space."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from kspec.compiler.search.regions import regions, short
from kspec.compiler.search.verdict import Verdict
from kspec.diagnostics import Report, codes
from kspec.language import Spec
from kspec.language.byte_sizes import bytes_text
from kspec.language.sweep import CONSTRAINT
from kspec.language.sweep_ranges import Range

Reason = tuple[str, ...]
"""The codes of errors, or a constraint."""


def report_infeasible(space: Mapping[str, Range], verdicts: Sequence[Verdict], spec: Spec, report: Report) -> None:
    """Reports which points cannot be trained.

    Args:
        space: The ranges of the addresses that decide it.
        verdicts: Those on the points.
        spec: The spec of the sweep.
        report: Where problems are reported.
    """
    refused = [index for index, verdict in enumerate(verdicts) if not verdict.is_feasible]
    place = spec.positions.key(("sweep", "search"))
    if not refused:
        return
    if len(refused) == len(verdicts):
        example = _listed(verdicts[0], space)
        reason = tuple(verdicts[0].violated)[:1]
        report.error(
            codes.INFEASIBLE_POINTS,
            f"no point of the sweep can be trained: {_sentence(verdicts[0], reason)}",
            place,
            help=f"{f'for example {example}; ' if example else ''}change the ranges or the constraints",
        )
        return
    for reason, group in _by_reason(verdicts).items():
        for where, points in _parts(space, verdicts, group):
            report.warning(
                codes.INFEASIBLE_POINTS,
                f"{where}: {_sentence(verdicts[points[0]], reason)}; {len(points)} of {len(verdicts)} points",
                place,
                help="no trial is spent on them; narrow the ranges if that is not what you mean",
            )


def _parts(
    space: Mapping[str, Range], verdicts: Sequence[Verdict], group: Sequence[int]
) -> list[tuple[str, Sequence[int]]]:
    """The regions of a mistake in words, each with its points; those in none at the end, with an example.

    What a point with an error measures is not known, nor which other errors it would have.

    Args:
        space: The ranges of the addresses that decide it.
        verdicts: Those on all points.
        group: The points with it.
    """
    wrong = [index in group for index in range(len(verdicts))]
    unknown = [bool(verdict.errors) and not is_wrong for verdict, is_wrong in zip(verdicts, wrong, strict=True)]
    found = regions(space, [verdict.point for verdict in verdicts], wrong, unknown)
    parts: list[tuple[str, Sequence[int]]] = [(region.text(space), region.points) for region in found]
    rest = sorted(set(group).difference(*(points for _, points in parts)))
    if rest:
        parts.append((f"{'others' if parts else 'some points'}, such as {_listed(verdicts[rest[0]], space)}", rest))
    return parts


def _by_reason(verdicts: Sequence[Verdict]) -> dict[Reason, list[int]]:
    """The refused points by the codes of their errors, or by the constraint that they violate; the commonest first."""
    groups: dict[Reason, list[int]] = {}
    for index, verdict in enumerate(verdicts):
        for constraint in verdict.violated:
            groups.setdefault((constraint,), []).append(index)
        if verdict.errors:
            groups.setdefault(tuple(sorted({each.code for each in verdict.errors})), []).append(index)
    return dict(sorted(groups.items(), key=lambda item: len(item[1]), reverse=True))


def _sentence(verdict: Verdict, reason: Reason) -> str:
    """Why a point cannot be trained.

    Args:
        verdict: That on the point.
        reason: The codes of its errors, or the constraint that it violates.
    """
    if verdict.errors:
        return verdict.errors[0].message
    (constraint,) = reason
    match = CONSTRAINT.fullmatch(constraint)
    assert match is not None
    return f"`{constraint}` is violated: {_measured(match[1], verdict.violated[constraint])}"


def _measured(measure: str, value: int) -> str:
    """A measure in words: `615,701 parameters`, `1.2 GB of memory`."""
    if measure == "memory":
        return f"{bytes_text(value)} of memory"
    return f"{value:,} {'FLOPs' if measure == 'flops' else measure}"


def _listed(verdict: Verdict, space: Mapping[str, Range]) -> str:
    """The values of a point that decide its verdict."""
    point = {address: value for address, value in verdict.point.items() if address in space}
    return ", ".join(f"`{address}: {short(value)}`" for address, value in point.items())
