"""`kspec predict`: predictions of a run's model."""

from __future__ import annotations

from pathlib import Path

import click

from kspec.cli._options import run_permissions

EPILOG = """\b
Examples:
  kspec predict runs/mlp/latest --data new.csv
  kspec predict runs/mlp/latest --data new.csv --to predictions.csv
"""


@click.command(epilog=EPILOG)
@click.argument("run", metavar="RUN")
@click.option("--data", metavar="FILE", help="A file with the input columns; targets are not needed.")
@click.option("--split", type=click.Choice(("train", "validation", "test")), help="The split of the run's own data.")
@click.option("--to", metavar="FILE", help="Where to write; <data>.predictions.csv by default.")
@run_permissions
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
    from kspec.runs.run_loader import load_run, predict_run, read_examples

    try:
        loaded = load_run(run, allow_code=allow_code, allow_outside=allow_outside)
        part, name = read_examples(loaded, data, split, need_targets=False)
        target = Path(to) if to else Path(f"{Path(name).stem}.predictions.csv")
        if data is not None and target.resolve() == Path(data).resolve():
            raise click.UsageError("--to names the file with the data; name another")
        path, count = predict_run(loaded, part, target)
    except RunFolderError as error:
        click.echo(f"kspec: {error}", err=True)
        ctx.exit(FAILED)
    click.echo(f"{count} examples of {name} → {path}")
