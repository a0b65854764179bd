"""`kspec diff`: what differs between two specs, or a spec and a run."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from kspec.cli._options import permissions

if TYPE_CHECKING:
    from kspec.checker import Analysis
    from kspec.compare import Comparison
    from kspec.spec import Spec

EPILOG = """\b
Examples:
  kspec diff mlp.yaml wider.yaml
  kspec diff runs/mlp/latest mlp.yaml
  kspec diff a.yaml b.yaml --format json
"""


@click.command(epilog=EPILOG)
@click.argument("one", metavar="A")
@click.argument("other", metavar="B")
@click.option("--format", "format_", type=click.Choice(("text", "json")), default="text", show_default=True,
              help="For people, or for machines.")  # fmt: skip
@click.option("--exit-code", is_flag=True, help="End with status 1 where they differ.")
@permissions
@click.pass_context
def command(ctx: click.Context, /, one: str, other: str, format_: str, exit_code: bool, **permissions: bool) -> None:
    """Say what differs between two specs: nodes, their arguments and sizes, settings. A run stands for what it ran.

    Compared is what they come to, defaults filled in and blocks written out. TensorFlow is not imported.
    """
    from kspec.compare import compare

    of_run = _is_run(one) or _is_run(other)
    found = compare(_analysed(one, permissions), _analysed(other, permissions), of_run=of_run)
    if format_ == "json":
        json.dump({"a": one, "b": other, **found.to_json()}, sys.stdout, indent=2, ensure_ascii=False)
        sys.stdout.write("\n")
    else:
        _show(one, other, found)
    if exit_code and found.differences:
        ctx.exit(1)


def _is_run(place: str) -> bool:
    path = Path(place)
    return path.is_dir() or path.name == "latest"


def _analysed(place: str, permissions: dict[str, Any]) -> tuple[Spec, Analysis]:
    from kspec.api import load
    from kspec.checker import analyse
    from kspec.diagnostics import Report

    path = Path(place)
    if _is_run(place):
        from kspec.lifecycle.run_folder import RunFolderError, find_run

        try:
            path = find_run(path) / "resolved.yaml"
        except RunFolderError as error:
            raise click.ClickException(str(error)) from None
    spec = load(path, **permissions)
    report = Report(list(spec.diagnostics))
    analysis = analyse(spec, report)
    report.raise_errors()
    return spec, analysis


def _show(one: str, other: str, found: Comparison) -> None:
    write = sys.stdout.write
    if not found.differences:
        write("no difference\n")
        return
    write(f"--- {one}\n+++ {other}\n")
    section = ""
    for difference in found.differences:
        if difference.section != section:
            section = difference.section
            write(f"{section}\n")
        write(f"  {difference}\n")
    old, new = found.parameters
    if old != new and old is not None and new is not None:
        write(f"{old:,} → {new:,} parameters\n")
