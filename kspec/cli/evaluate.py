"""`kspec evaluate`: the loss and metrics of a run."""

from __future__ import annotations

import json

import click

EPILOG = """\b
Examples:
  kspec evaluate runs/mlp/latest
  kspec evaluate runs/mlp/latest --data new.csv --format json
"""


@click.command(epilog=EPILOG)
@click.argument("run", metavar="RUN")
@click.option("--data", metavar="FILE", help="Another file with the same columns; the run's own data by default.")
@click.option("--split", type=click.Choice(("train", "validation", "test")), help="Which split of the run's own data.")
@click.option(
    "--format",
    "format_",
    type=click.Choice(("text", "json")),
    default="text",
    show_default=True,
    help="For people, or for machines.",
)
@click.option("--allow-code", is_flag=True, help="Let the run's extensions be imported: their code runs.")
@click.option(
    "--allow-outside", is_flag=True, help="Let the run read data outside its folder and the working directory."
)
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
    """Evaluate a run's trained model, from its folder alone."""
    from kspec.cli import FAILED
    from kspec.runs.run_folder import RunFolderError
    from kspec.runs.run_loader import evaluate_run, load_run, part_of

    try:
        past = load_run(run, allow_code=allow_code, allow_outside=allow_outside)
        part, what = part_of(past, data, split, need_targets=True)
        values = evaluate_run(past, part)
    except RunFolderError as error:
        click.echo(f"kspec: {error}", err=True)
        ctx.exit(FAILED)
    if format_ == "json":
        click.echo(json.dumps({"data": what, "examples": len(part), "metrics": values}))
        return
    click.echo(f"{what}: {len(part)} examples")
    width = max(len(name) for name in values)
    for name, value in values.items():
        click.echo(f"  {name:<{width}}  {value:.4f}")
