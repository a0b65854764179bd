"""`kspec export`: a spec or a run in a format that other programs read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from kspec.cli import _completion
from kspec.cli._columns import definitions
from kspec.cli._options import output_file, output_format, overrides, permissions, runs_folder, spec_source
from kspec.export.formats import FORMATS

if TYPE_CHECKING:
    from kspec.export.export import Exported
    from kspec.export.verification import Verification


def _epilog() -> str:
    of_spec = definitions([(name, [each.description]) for name, each in FORMATS.items() if not each.needs_run])
    of_run = definitions([(name, [each.description]) for name, each in FORMATS.items() if each.needs_run])
    examples = """
Examples:
  kspec export spec.yaml --to json
  kspec export spec.yaml --to mermaid -o network.mmd
  kspec export runs/mlp/latest --to onnx
  kspec export mlp --to docker
"""
    return f"\b\nFormats:\n{of_spec}\n\b\nFormats that need a run:\n{of_run}\n\b{examples}"


@click.command(epilog=_epilog())
@click.argument("place", metavar="SPEC|RUN|-", shell_complete=_completion.files_and_runs)
@click.option(
    "--to",
    "export_format",
    required=True,
    metavar="FORMAT",
    shell_complete=_completion.formats,
    help="One of the formats below.",
)
@output_file("The file to write, - to print text; by default NAME plus the format's suffix.", folder=True)
@overrides
@output_format("text", "json")
@runs_folder
@permissions
@click.pass_context
def command(
    ctx: click.Context,
    /,
    place: str,
    export_format: str,
    output: str | None,
    overrides: tuple[str, ...],
    format_: str,
    runs: str,
    **permissions: bool,
) -> None:
    """Export a spec, or the trained model of a run.

    RUN is a run folder, or the name of a spec that has been run. The export of a run is loaded again, and its
    predictions are compared with those of the run's model.
    """
    from kspec.cli import FAILED
    from kspec.cli._json_output import reserve_stdout
    from kspec.cli._output import write_document
    from kspec.export.export import ExportRefused, export, show
    from kspec.export.formats import CannotExport
    from kspec.language import Permissions

    options: dict[str, Any] = {"overrides": overrides, "permissions": Permissions.of(permissions), "runs": runs}
    try:
        source = spec_source(place)
        if output == "-":
            with reserve_stdout():
                text = show(source, export_format, **options)
            write_document(text)
            return
        with reserve_stdout(format_ == "json"):
            exported = export(source, export_format, Path(output) if output else None, **options)
    except ExportRefused as error:
        raise click.UsageError(str(error)) from None
    except CannotExport as error:
        click.echo(f"kspec: {error}", err=True)
        ctx.exit(FAILED)
    if format_ == "json":
        write_document(json.dumps(exported.to_json(), indent=2, ensure_ascii=False) + "\n")
    else:
        _print(exported)


def _print(exported: Exported) -> None:
    result = "" if exported.verification is None else _verified(exported.verification)
    overwritten = " (overwritten)" if exported.overwritten else ""
    click.echo(f"{exported.path} ({_size(exported.bytes)}){overwritten}{result}")
    if exported.note:
        click.echo(f"note: {exported.note}")


def _verified(verification: Verification) -> str:
    """What was compared, in words."""
    if not verification.examples and not verification.rows:
        return f"; not verified: {verification.skipped}"
    parts = [f"{verification.examples} {verification.split} examples"] if verification.examples else []
    if verification.rows:
        refused = f" ({verification.refused} of them refused)" if verification.refused else ""
        parts.append(f"{verification.rows} rows made from the contract{refused}")
    difference = verification.difference
    same = "equal" if difference == 0 else f"differ by at most {difference:.2g} from"
    but = f"; no examples: {verification.skipped}" if verification.skipped else ""
    return f"; verified: predictions for {' and '.join(parts)} {same} the run's{but}"


def _size(count: int) -> str:
    for unit, size in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if count >= size:
            return f"{count / size:.3g} {unit}"
    return f"{count} bytes"
