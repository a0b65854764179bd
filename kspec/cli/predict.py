"""`kspec predict`: predictions of a run's model."""

from __future__ import annotations

import io
import re
from pathlib import Path

import click

from kspec.cli import _completion
from kspec.cli._options import examples, existing, output_file, refuse_split_of_file, run_permissions, runs_folder

EPILOG = """\b
Examples:
  kspec predict runs/mlp/latest --data new.csv
  kspec predict runs/mlp/latest --data new.csv -o predictions.csv
  kspec predict mlp --data new.csv -o - | head
  kspec predict runs/mlp/latest --nodes embedding,encoder
  kspec predict runs/mlp/latest --data new.csv --keep id,name
"""


@click.command(epilog=EPILOG)
@click.argument("run", metavar="RUN", shell_complete=_completion.files_and_runs)
@examples
@output_file(
    "The file to write, - to print a table; by default <data>.predictions.csv, or <split>.predictions.csv, in the "
    "working directory.",
    aliases=("--to",),
)
@runs_folder
@click.option(
    "--nodes",
    multiple=True,
    metavar="NAME,…",
    help="Also write the values of these nodes: names as in `from`, nodes in blocks as use/node, or sub-models.",
)
@click.option(
    "--keep",
    multiple=True,
    metavar="COLUMN,…",
    help="Also write these columns of the data beside the predictions, as the file has them.",
)
@run_permissions
def command(
    run: str,
    data: str | None,
    split: str | None,
    output: str | None,
    nodes: tuple[str, ...],
    keep: tuple[str, ...],
    runs: str,
    allow_code: bool,
    allow_outside: bool,
) -> None:
    """Predict with a run's trained model: classes, with their probabilities or scores, or values.

    RUN is a run folder, or the name of a spec that has been run. The folder holds all that is needed; new data needs no
    target columns. A row that lacks a value which the model needs has no prediction: its line is empty but for its
    number, and the output names it.
    """
    from kspec.cli._json_output import reserve_stdout
    from kspec.cli._output import write_document
    from kspec.runs.announcements import describe_outputs
    from kspec.runs.run_loader import load_run, predict_run, read_examples

    refuse_split_of_file(data, split)
    names = [name for text in nodes for name in re.split(r"[\s,]+", text) if name]
    columns = [name for text in keep for name in map(str.strip, text.split(",")) if name]
    table = io.StringIO() if output == "-" else None
    with reserve_stdout(table is not None):
        loaded = load_run(run, runs=runs, nodes=names, keep=columns, allow_code=allow_code, allow_outside=allow_outside)
        part, name = read_examples(loaded, data, split, need_targets=False)
        if table is not None:
            predict_run(loaded, part, table)
    if table is not None:
        write_document(table.getvalue())
        click.echo("".join(f"{note}\n" for note in part.notes), nl=False, err=True)
        return
    target = Path(output or f"{Path(name).stem}.predictions.csv")
    if data is not None and target.resolve() == Path(data).resolve():
        raise click.UsageError("-o names the file with the data; name another")
    overwritten = existing(target)
    paths, count = predict_run(loaded, part, target)
    files, notes = ", ".join(map(str, paths)), describe_outputs(loaded.settings.outputs)
    click.echo(f"{count} example{'' if count == 1 else 's'} of {name} → {files}{overwritten}{notes}")
    for note in part.notes:
        click.echo(note)
