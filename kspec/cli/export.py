"""`kspec export`: a spec or a run as a file for others."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kspec.cli._columns import definitions
from kspec.cli._options import output_format, overrides, permissions
from kspec.export.formats import TARGETS

if TYPE_CHECKING:
    from kspec.export.export import Exported


def _epilog() -> str:
    runs = " (from a run)"
    targets = definitions(
        [(name, [target.says + (runs if target.needs == "trained" else "")]) for name, target in TARGETS.items()]
    )
    examples = """
Examples:
  kspec export spec.yaml --to json
  kspec export spec.yaml --to mermaid -o network.mmd
  kspec export runs/mlp/latest --to onnx
"""
    return f"\b\nTargets:\n{targets}\n\b{examples}"


@click.command(epilog=_epilog())
@click.argument("place", metavar="SPEC|RUN")
@click.option("--to", "target", required=True, metavar="TARGET", help="What to write: one of the targets below.")
@click.option("-o", "--output", metavar="FILE", help="Where; NAME with the target's suffix by default, - shows a text.")
@overrides
@output_format("text", "json")
@permissions
@click.pass_context
def command(
    ctx: click.Context,
    /,
    place: str,
    target: str,
    output: str | None,
    overrides: tuple[str, ...],
    format_: str,
    **permissions: bool,
) -> None:
    """Write a spec, or a run's trained model, in a form that others read.

    RUN is a run folder, or the name of a spec that has been run in runs/. What is written of a run is loaded back, and
    its answers are held against those of the run's model.
    """
    from kspec.cli import FAILED
    from kspec.export.export import ExportRefused, export, show
    from kspec.export.formats import CannotExport
    from kspec.language import Permissions
    from kspec.runs.run_folder import RunFolderError

    granted = Permissions(*(permissions[f"allow_{what}"] for what in Permissions._fields))
    try:
        if output == "-":
            sys.stdout.write(show(place, target, overrides=overrides, permissions=granted))
            return
        to = None if output is None else Path(output)
        exported = export(place, target, to, overrides=overrides, permissions=granted)
    except ExportRefused as error:
        raise click.UsageError(str(error)) from None
    except (RunFolderError, CannotExport) as error:
        click.echo(f"kspec: {error}", err=True)
        ctx.exit(FAILED)
    if format_ == "json":
        click.echo(json.dumps(exported.to_json(), indent=2, ensure_ascii=False))
    else:
        _say(exported)


def _say(exported: Exported) -> None:
    held, check = "", exported.check
    if check is not None and check.unchecked:
        held = f"; not checked: {check.unchecked}"
    elif check is not None:
        same = "are the run's" if check.difference == 0 else f"differ from the run's by at most {check.difference:.2g}"
        held = f"; loaded back, its answers to {check.examples} examples of {check.split} {same}"
    click.echo(f"{exported.path} ({_size(exported.bytes)}){held}")
    if exported.note:
        click.echo(f"note: {exported.note}")


def _size(count: int) -> str:
    for unit, size in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if count >= size:
            return f"{count / size:.3g} {unit}"
    return f"{count} bytes"
