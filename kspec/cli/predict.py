"""`kspec predict`: predictions of a run's model."""

from __future__ import annotations

import re
from pathlib import Path

import click

from kspec.cli._options import examples, refuse_split_of_file, run_permissions

EPILOG = """\b
Examples:
  kspec predict runs/mlp/latest --data new.csv
  kspec predict runs/mlp/latest --data new.csv --to predictions.csv
  kspec predict runs/mlp/latest --nodes embedding,encoder
"""


@click.command(epilog=EPILOG)
@click.argument("run", metavar="RUN")
@examples
@click.option(
    "-o",
    "--output",
    "--to",
    "to",
    metavar="FILE",
    help="The file to write; by default <data>.predictions.csv, or <split>.predictions.csv, in the working directory.",
)
@click.option(
    "--nodes",
    multiple=True,
    metavar="NAME,…",
    help="Also write the values of these nodes: names as in `from`, nodes in blocks as use/node, or sub-models.",
)
@run_permissions
@click.pass_context
def command(
    ctx: click.Context,
    /,
    run: str,
    data: str | None,
    split: str | None,
    to: str | None,
    nodes: tuple[str, ...],
    allow_code: bool,
    allow_outside: bool,
) -> None:
    """Predict with a run's trained model: probabilities and classes, or values.

    RUN is a run folder, or the name of a spec that has been run in runs/. The folder holds all that is needed; new
    data needs no target columns.
    """
    from kspec.cli import FAILED
    from kspec.runs.run_folder import RunFolderError
    from kspec.runs.run_loader import load_run, predict_run, read_examples

    refuse_split_of_file(data, split)
    try:
        names = [name for text in nodes for name in re.split(r"[\s,]+", text) if name]
        loaded = load_run(run, nodes=names, allow_code=allow_code, allow_outside=allow_outside)
        part, name = read_examples(loaded, data, split, need_targets=False)
        target = Path(to) if to else Path(f"{Path(name).stem}.predictions.csv")
        if data is not None and target.resolve() == Path(data).resolve():
            raise click.UsageError("--to names the file with the data; name another")
        paths, count = predict_run(loaded, part, target)
    except RunFolderError as error:
        click.echo(f"kspec: {error}", err=True)
        ctx.exit(FAILED)
    click.echo(f"{count} examples of {name} → {', '.join(map(str, paths))}")
