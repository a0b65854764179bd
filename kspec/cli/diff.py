"""`kspec diff`: the differences between two specs or runs."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

import click

from kspec.cli import _completion
from kspec.cli._options import output_format, permissions, runs_folder, seconds, spec_or_run
from kspec.cli._output import write_document

if TYPE_CHECKING:
    from kspec.analysis.program import Analysis
    from kspec.diagnostics import Source
    from kspec.diff.compare import Comparison, Difference
    from kspec.language import Spec

EPILOG = """\b
Examples:
  kspec diff mlp.yaml wider.yaml
  kspec diff mlp.yaml mlp
  kspec diff a.yaml b.yaml --format json
  kspec diff mlp.yaml wider.yaml --why --seeds 5 --budget 20min
"""


@click.command(epilog=EPILOG)
@click.argument("one", metavar="A", shell_complete=_completion.files_and_runs)
@click.argument("other", metavar="B", shell_complete=_completion.files_and_runs)
@output_format("text", "json")
@runs_folder
@click.option("--exit-code", is_flag=True, help="Exit with status 1 if they differ.")
@click.option("--why", is_flag=True, help="Train the steps from A to B, one change at a time: what does each bring?")
@click.option(
    "--seeds",
    type=click.IntRange(1),
    default=3,
    show_default=True,
    metavar="N",
    help="With how many seeds --why trains each step.",
)
@click.option(
    "--budget",
    callback=seconds,
    default="10min",
    show_default=True,
    metavar="TIME",
    help="After which time --why stops.",
)
@permissions
@click.pass_context
def command(
    ctx: click.Context,
    /,
    one: str,
    other: str,
    format_: str,
    runs: str,
    exit_code: bool,
    why: bool,
    seeds: int,
    budget: float,
    **permissions: bool,
) -> None:
    """Compare two specs or runs: nodes, their arguments and sizes, settings; of two runs, their contracts, too.

    A and B are specs or runs: a run folder, or the name of a spec that has been run; one of them can be -, a spec on
    standard input. It compares the
    resolved specs, with defaults filled in and blocks expanded, and stages and callbacks by name. TensorFlow is
    imported only for --why.

    --why changes A into B step by step, in the order of the graph, changes that are only valid together in one step. It
    trains each step in a temporary folder, and compares it with the one before, on the validation split.
    """
    from kspec.diff.compare import compare

    if one == other == "-":
        raise click.UsageError("standard input holds one spec: name a file or a run for the other")
    places = [spec_or_run(place, runs) for place in (one, other)]
    a, b = (_analysed(place, permissions, is_trained=is_run) for place, is_run in places)
    if why:
        from kspec.cli._why import show_why

        show_why((one, a), (other, b), seeds, budget, format_)
        return
    comparison = compare(a, b, of_run=any(is_run for _, is_run in places))
    if all(is_run for _, is_run in places):
        comparison.differences += _contracts(one, other, runs)
    if format_ == "json":
        document = json.dumps({"a": one, "b": other, **comparison.to_json()}, indent=2, ensure_ascii=False)
        write_document(f"{document}\n")
    else:
        _show(one, other, comparison)
    if exit_code and comparison.differences:
        ctx.exit(1)


def _contracts(one: str, other: str, runs: str) -> list[Difference]:
    """The differences of the contracts of two runs, where both have one.

    Args:
        one: The first run.
        other: The second.
        runs: The folder of the run folders.
    """
    from kspec.contract.differences import contract_differences
    from kspec.diff.compare import Difference
    from kspec.runs.run_contract import recorded_contract

    old, new = recorded_contract(one, runs), recorded_contract(other, runs)
    if old is None or new is None:
        return []
    return [Difference("contract", each.kind, each.name, each.changes) for each in contract_differences(old, new)]


def _analysed(place: Source | str, permissions: dict[str, Any], *, is_trained: bool) -> tuple[Spec, Analysis]:
    from kspec.compiler.compile import compile_spec
    from kspec.language import Permissions

    return compile_spec(place, permissions=Permissions.of(permissions), is_trained=is_trained).unwrap()


def _show(one: str, other: str, comparison: Comparison) -> None:
    write = sys.stdout.write
    if not comparison.differences:
        write("no differences\n")
        return
    write(f"--- {one}\n+++ {other}\n")
    section = ""
    for difference in comparison.differences:
        if difference.section != section:
            section = difference.section
            write(f"{section}\n")
        write(f"  {difference}\n")
    old, new = comparison.parameters
    if old != new and old is not None and new is not None:
        write(f"{old:,} → {new:,} parameters\n")
