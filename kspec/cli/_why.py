"""`kspec diff --why`: what each change brings, as a table."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import click

from kspec.cli._json_output import reserve_stdout
from kspec.cli._output import write_document

if TYPE_CHECKING:
    from kspec.analysis.program import Analysis
    from kspec.diff.why import Attribution
    from kspec.language import Spec
    from kspec.runs.spread import Spread


def show_why(
    one: tuple[str, tuple[Spec, Analysis]],
    other: tuple[str, tuple[Spec, Analysis]],
    seeds: int,
    budget: float,
    format_: str,
) -> None:
    """Trains the steps from one spec to another, and prints what each brings.

    Args:
        one: How the user named the first, and it.
        other: The second, likewise.
        seeds: With how many seeds each step is trained.
        budget: The seconds that it may take.
        format_: `text` or `json`.

    Raises:
        click.ClickException: If the two cannot be compared so.
    """
    from kspec.diff.steps import NoSteps
    from kspec.diff.why import attribute
    from kspec.runs.run_folder import finite

    with reserve_stdout(format_ == "json"):
        try:
            found = attribute(
                one[1], other[1], seeds=seeds, budget=budget, announce=lambda line: click.echo(line, err=True)
            )
        except NoSteps as error:
            raise click.ClickException(f"{one[0]} and {other[0]}: {error}") from None
    if format_ == "json":
        document = {"a": one[0], "b": other[0], **found.to_json()}
        write_document(json.dumps(finite(document), indent=2, ensure_ascii=False) + "\n")
        return
    sys.stdout.write(f"--- {one[0]}\n+++ {other[0]}\n")
    for line in why_lines(found):
        sys.stdout.write(f"{line}\n")


def why_lines(found: Attribution) -> list[str]:
    """The table of steps, the whole difference, and what is left.

    Args:
        found: What the changes bring.
    """
    from kspec.summary.columns import aligned

    metric, first, last = found.metric, found.steps[0], found.steps[-1]
    cells: list[list[str]] = []
    for at, step in enumerate(found.steps):
        value = step.spread(metric)
        brought = step.difference(found.steps[at - 1], metric) if at else None
        mean = "–" if value is None else f"{value.mean:.4g}"
        changes = step.changes or ("as it is",)
        cells.append([str(at), changes[0], mean, _difference(brought) if at else "", f"{step.seconds:.1f}"])
        cells += [["", f"  and {change}", "", "", ""] for change in changes[1:]]
    if len(found.steps) > 2:
        cells.append(["", "all", "", _difference(last.difference(first, metric)), ""])
    names = ["step", "change", metric, "difference", "seconds"]
    table = {name: [row[at] for row in cells] for at, name in enumerate(names)}
    lines = [line.rstrip() for line in aligned(table, right=("step", metric, "seconds"))]
    seeds = len(found.seeds)
    how = "differences are means over the seeds, with their 95% interval" if seeds > 1 else "one seed: no interval"
    return [*lines, f"{metric} on {found.split}, {seeds} seed{'s' * (seeds != 1)}; {how}", *found.left]


def _difference(spread: Spread | None) -> str:
    if spread is None:
        return "–"
    if spread.interval is None:
        return f"{spread.mean:+.4g}"
    return f"{spread.mean:+.4g} ({spread.interval[0]:+.3g} to {spread.interval[1]:+.3g})"
