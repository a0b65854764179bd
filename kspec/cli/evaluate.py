"""`kspec evaluate`: the loss and metrics of a run."""

from __future__ import annotations

import json

import click

from kspec.cli._options import examples, output_format, refuse_split_of_file, run_permissions

EPILOG = """\b
Examples:
  kspec evaluate runs/mlp/latest
  kspec evaluate runs/mlp/latest --data new.csv --format json
"""


@click.command(epilog=EPILOG)
@click.argument("run", metavar="RUN")
@examples
@output_format("text", "json")
@run_permissions
@click.pass_context
def command(
    ctx: click.Context,
    /,
    run: str,
    data: str | None,
    split: str | None,
    format_: str,
    allow_code: bool,
    allow_outside: bool,
) -> None:
    """Evaluate a run on its own data or on new data.

    RUN is a run folder, or the name of a spec that has been run in runs/. The folder holds all that is needed.
    """
    from kspec.cli import FAILED
    from kspec.cli._json_output import reserve_stdout
    from kspec.runs.run_folder import RunFolderError, finite
    from kspec.runs.run_loader import evaluate_run, load_run, read_examples

    refuse_split_of_file(data, split)
    try:
        with reserve_stdout(format_ == "json"):
            loaded = load_run(run, allow_code=allow_code, allow_outside=allow_outside)
            part, name = read_examples(loaded, data, split, need_targets=True)
            values = evaluate_run(loaded, part)
    except RunFolderError as error:
        click.echo(f"kspec: {error}", err=True)
        ctx.exit(FAILED)
    if format_ == "json":
        click.echo(json.dumps(finite({"data": name, "examples": len(part), "metrics": values})))
        return
    click.echo(f"{name}: {len(part)} examples")
    width = max(map(len, values))
    for metric, value in values.items():
        click.echo(f"  {metric:<{width}}  {value:.4f}")
