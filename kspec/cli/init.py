"""`kspec init`: a working spec to start from."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from kspec.cli import _completion
from kspec.cli._options import spec_file

if TYPE_CHECKING:
    from kspec.rewrite.from_table import Choices

TASKS = ("binary_classification", "multiclass_classification", "regression")
EPILOG = """\b
Examples:
  kspec init                           a small network on synthetic data
  kspec init data.csv --target price   from a table, with columns and task
  kspec init photos                    from folders of images, texts, sounds
  kspec init --template cnn -o cnn.yaml
"""


def _show_templates(ctx: click.Context, _: click.Parameter, value: bool) -> None:
    if value:
        from kspec.cli._columns import definitions
        from kspec.rewrite.init import templates

        click.echo(definitions([(name, [description]) for name, description in templates().items()]), nl=False)
        ctx.exit()


@click.command(epilog=EPILOG)
@click.argument("data", required=False, type=click.Path(exists=True), metavar="[DATA]")
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
@click.option("--task", type=click.Choice(TASKS), help="Whether the target holds classes or amounts.")
@click.option("--time", metavar="COLUMN", help="The column of times: the last rows become the test.")
@click.option("--delimiter", metavar="TEXT", help="Of a CSV file: a character, or `whitespace`.")
@click.option("--encoding", metavar="NAME", help="Of a CSV file, such as latin-1.")
@click.option("--no-header", is_flag=True, help="The first line of a CSV file is data.")
@click.option("--force", is_flag=True, help="Overwrite existing files.")
def command(
    data: str | None,
    output: str,
    template: str | None,
    target: str | None,
    task: str | None,
    time: str | None,
    delimiter: str | None,
    encoding: str | None,
    no_header: bool,
    force: bool,
) -> None:
    """Write a working spec, from a table (CSV, Parquet, JSON, Arrow, Excel, arrays), a folder or a template.

    From a table it infers how the file is written, the column to predict, the task, and how each other column enters
    the network; comments give the reasons. The JSON Schema for editors is written beside the spec.
    """
    if data is not None and template is not None:
        raise click.UsageError("use a table or a template, not both")
    if data is None and target is not None:
        raise click.UsageError("--target names a column of a table: kspec init data.csv --target ...")
    given = {"--task": task, "--time": time, "--delimiter": delimiter, "--encoding": encoding}
    used = [name for name, value in (*given.items(), ("--no-header", no_header)) if value]
    if data is None and used:
        raise click.UsageError(f"{used[0]} is about a table: kspec init data.csv {used[0]} ...")
    from kspec.cli._output import write_document
    from kspec.rewrite.from_table import Choices
    from kspec.rewrite.init import InitRefused, from_template, write
    from kspec.schema.document import as_text

    try:
        if data is not None:
            text = _from_data(data, output, Choices(target, task, time), _options(delimiter, encoding, no_header))
        else:
            text = from_template(template or "mlp")
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


def _options(delimiter: str | None, encoding: str | None, no_header: bool) -> dict[str, Any]:
    """The options of a CSV file that the user has named, checked as those of a spec."""
    from pydantic import ValidationError

    from kspec.language.csv_options import CsvOptions

    escaped = "\t" if delimiter == "\\t" else delimiter
    options: dict[str, Any] = {"delimiter": escaped, "encoding": encoding, "header": False if no_header else None}
    options = {key: value for key, value in options.items() if value is not None}
    for key, value in options.items():
        try:
            CsvOptions.model_validate({"path": "-", key: value})
        except ValidationError as error:
            raise click.UsageError(f"--{key}: {error.errors()[0]['msg']}") from None
    return options


def _is_outside(data: Path, out: Path) -> bool:
    """Whether the spec needs --allow-outside to read the table."""
    from kspec.syntax.path_policy import PathPolicy

    return PathPolicy(out.parent).reading_problem(str(data), data) is not None


def _from_data(data: str, out: str, choices: Choices, options: dict[str, Any]) -> str:
    from kspec.data.table_preview import profile_file
    from kspec.diagnostics import Report, SpecError
    from kspec.rewrite.from_table import from_table

    report = Report()
    preview = profile_file(data, report, options)
    if preview is None:
        raise SpecError(report.sorted())
    folder = Path.cwd() if out == "-" else Path(out).parent

    def relative(path: Any) -> Any:
        if isinstance(path, dict):
            return {key: relative(each) for key, each in path.items()}
        return Path(os.path.relpath(path, folder)).as_posix()

    return from_table(
        preview.profile,
        relative(preview.setting),
        choices,
        options=preview.options,
        hints=preview.hints,
        notes=preview.notes,
        columns=preview.columns,
        shapes=preview.shapes,
        table=preview.table,
        where=preview.where,
    )
