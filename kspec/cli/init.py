"""`kspec init`: a working spec to start from."""

from __future__ import annotations

import os
from pathlib import Path

import click

from kspec.cli import _completion
from kspec.cli._options import spec_file

EPILOG = """\b
Examples:
  kspec init                           a small network on synthetic data
  kspec init data.csv --target price   from a table, with columns and task
  kspec init --template cnn -o cnn.yaml
"""


def _show_templates(ctx: click.Context, _: click.Parameter, value: bool) -> None:
    if value:
        from kspec.cli._columns import definitions
        from kspec.rewrite.init import templates

        click.echo(definitions([(name, [description]) for name, description in templates().items()]), nl=False)
        ctx.exit()


@click.command(epilog=EPILOG)
@click.argument("data", required=False, type=click.Path(exists=True, dir_okay=False), metavar="[TABLE]")
@spec_file
@click.option(
    "--template",
    metavar="NAME",
    shell_complete=_completion.templates,
    help="Start from a template (mlp by default).",
)
@click.option(
    "--list", is_flag=True, is_eager=True, expose_value=False, callback=_show_templates, help="List the templates."
)
@click.option(
    "--target", metavar="COLUMN", help="The column to predict; by default inferred from the names, else the last one."
)
@click.option("--force", is_flag=True, help="Overwrite existing files.")
def command(data: str | None, output: str, template: str | None, target: str | None, force: bool) -> None:
    """Write a working spec, from a table (CSV or Parquet) or from a template.

    From a table it infers the column to predict, the task, and how each other column enters the network. The JSON
    Schema for editors is written beside the spec.
    """
    if data is not None and template is not None:
        raise click.UsageError("use a table or a template, not both")
    if data is None and target is not None:
        raise click.UsageError("--target names a column of a table: kspec init data.csv --target ...")
    from kspec.cli._output import write_document
    from kspec.rewrite.init import InitRefused, from_template, write
    from kspec.schema.document import as_text

    try:
        text = _from_data(data, target, output) if data is not None else from_template(template or "mlp")
        if output == "-":
            write_document(text)
            return
        paths = write(text, Path(output), as_text(), force=force)
    except InitRefused as error:
        raise click.UsageError(str(error)) from None
    names = " and ".join(str(path) for path in paths)
    grant = " --allow-outside" if data is not None and _is_outside(Path(data), Path(output)) else ""
    if grant:
        click.echo(f"{data} lies outside the spec's folder and the working directory", err=True)
    click.echo(f"wrote {names}\nnext: kspec check {output}{grant}, kspec run {output}{grant}")


def _is_outside(data: Path, out: Path) -> bool:
    """Whether the spec needs --allow-outside to read the table."""
    from kspec.syntax.path_policy import PathPolicy

    return PathPolicy(out.parent).reading_problem(str(data), data) is not None


def _from_data(data: str, target: str | None, out: str) -> str:
    from kspec.data.table_preview import profile_file
    from kspec.diagnostics import Report, SpecError
    from kspec.rewrite.from_table import from_table

    report = Report()
    result = profile_file(data, report)
    if result is None:
        raise SpecError(report.sorted())
    profile, options = result
    folder = Path.cwd() if out == "-" else Path(out).parent
    relative = Path(os.path.relpath(data, folder)).as_posix()
    return from_table(profile, relative, target=target, delimiter=options.delimiter if options else ",")
