"""`kspec predict`: the answers of a run."""

from __future__ import annotations

from pathlib import Path

import click

EPILOG = """\b
Examples:
  kspec predict runs/mlp/latest --data new.csv
  kspec predict runs/mlp/latest --data new.csv --to answers.csv
"""


@click.command(epilog=EPILOG)
@click.argument("run", metavar="RUN")
@click.option("--data", metavar="FILE", help="A file with the columns of the inputs; it needs no target.")
@click.option("--split", type=click.Choice(("train", "validation", "test")), help="Which split of the run's own data.")
@click.option("--to", metavar="FILE", help="Where to write; <data>.predictions.csv by default.")
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
    to: str | None,
    allow_code: bool,
    allow_outside: bool,
) -> None:
    """Predict with a run's trained model, from its folder alone: probabilities and classes, or values."""
    from kspec.cli import FAILED
    from kspec.runs.run_folder import RunFolderError
    from kspec.runs.run_loader import load_run, part_of, predict_run

    try:
        past = load_run(run, allow_code=allow_code, allow_outside=allow_outside)
        part, what = part_of(past, data, split, need_targets=False)
        target = Path(to) if to else Path(f"{Path(what).stem}.predictions.csv")
        if data is not None and target.resolve() == Path(data).resolve():
            raise click.UsageError("--to names the file that is read; name another")
        path, count = predict_run(past, part, target)
    except RunFolderError as error:
        click.echo(f"kspec: {error}", err=True)
        ctx.exit(FAILED)
    click.echo(f"{count} examples of {what} → {path}")
