"""`kspec predict`: predictions of a run's model."""

from __future__ import annotations

import io
import re
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kspec.cli import _completion
from kspec.cli._options import examples, existing, output_file, refuse_split_of_file, run_permissions, runs_folder

if TYPE_CHECKING:
    from kspec.runs.loaded_members import MembersAt
    from kspec.runs.run_loader import LoadedRun

EPILOG = """\b
Examples:
  kspec predict runs/mlp/latest --data new.csv
  kspec predict runs/mlp/latest --data new.csv -o predictions.csv
  kspec predict mlp --data new.csv -o - | head
  kspec predict runs/mlp/latest --nodes embedding,encoder
  kspec predict load --data recent.csv --steps 30
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
@click.option(
    "--steps",
    type=click.IntRange(1),
    metavar="N",
    help="Predict the N rows after the end of each series of --data, from the predictions before them where needed.",
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
    steps: int | None,
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
    from kspec.runs.loaded_members import members_at
    from kspec.runs.run_loader import load_run, predict_run, read_examples

    refuse_split_of_file(data, split)
    if steps is not None and (data is None or nodes or keep):
        raise click.UsageError("--steps needs --data, and goes with neither --nodes nor --keep")
    names = [name for text in nodes for name in re.split(r"[\s,]+", text) if name]
    columns = [name for text in keep for name in map(str.strip, text.split(",")) if name]
    table = io.StringIO() if output == "-" else None
    with reserve_stdout(table is not None):
        members = members_at(run, runs, keep=columns, allow_code=allow_code, allow_outside=allow_outside)
        if members is not None:
            if steps is not None or names:
                option = "--steps" if steps is not None else "--nodes"
                raise click.UsageError(f"{option} needs one model; name that of one run: {members.first}")
            return _predict_members(members, data, split, output, table)
        loaded = load_run(run, runs=runs, nodes=names, keep=columns, allow_code=allow_code, allow_outside=allow_outside)
        if steps is not None and data is not None:
            return _forecast(loaded, data, steps, output, table)
        part, name = read_examples(loaded, data, split, need_targets=False)
        if table is not None:
            predict_run(loaded, part, table)
    if table is not None:
        write_document(table.getvalue())
        click.echo("".join(f"{note}\n" for note in part.notes), nl=False, err=True)
        return
    target = _target(output, name, data)
    overwritten = existing(target)
    paths, count = predict_run(loaded, part, target)
    files, notes = ", ".join(map(str, paths)), describe_outputs(loaded.settings.outputs)
    click.echo(f"{count} example{'' if count == 1 else 's'} of {name} → {files}{overwritten}{notes}")
    for note in part.notes:
        click.echo(note)


def _predict_members(
    members: MembersAt, data: str | None, split: str | None, output: str | None, table: io.StringIO | None
) -> None:
    """Writes, or prints, the predictions of the members of a run.

    Args:
        members: The members.
        data: The file.
        split: The split of the run's own data.
        output: The file to write.
        table: Receives the table that is printed; None to write a file.
    """
    from kspec.cli._output import write_document
    from kspec.runs.announcements import describe_outputs
    from kspec.runs.loaded_members import predict_members

    overwritten = ""

    def target(name: str) -> Path | io.StringIO:
        nonlocal overwritten
        if table is not None:
            return table
        path = _target(output, name, data)
        overwritten = existing(path)
        return path

    done = predict_members(members, data, split, target)
    if table is not None:
        write_document(table.getvalue())
        click.echo("".join(f"{note}\n" for note in done.notes), nl=False, err=True)
        return
    files = ", ".join(map(str, done.files))
    examples = f"{done.examples} example{'' if done.examples == 1 else 's'} of {done.name}"
    how = (
        f", the mean of {done.models} models"
        if done.is_mean
        else f", each by the {members.plan.kind} that has it there"
    )
    click.echo(f"{examples}{how} → {files}{overwritten}{describe_outputs(done.outputs)}")
    for note in done.notes:
        click.echo(note)


def _target(output: str | None, name: str, data: str | None) -> Path:
    """The file to write.

    Args:
        output: The one that the user names.
        name: The name of the data.
        data: Its file.
    """
    target = Path(output or f"{Path(name).stem}.predictions.csv")
    if data is not None and target.resolve() == Path(data).resolve():
        raise click.UsageError("-o names the file with the data; name another")
    return target


def _forecast(run: LoadedRun, data: str, steps: int, output: str | None, table: io.StringIO | None) -> None:
    """Writes, or prints, a forecast.

    Args:
        run: The run.
        data: The file.
        steps: How many rows to predict.
        output: The file to write.
        table: Receives the table that is printed; None to write a file.
    """
    from kspec.cli._output import write_document
    from kspec.runs.forecast import forecast_run

    if table is not None:
        forecast_run(run, data, steps, table)
        write_document(table.getvalue())
        return
    target = _target(output, data, data)
    overwritten = existing(target)
    count = forecast_run(run, data, steps, target)
    series = "" if count == 1 else f" for each of {count} series"
    click.echo(f"{steps} row{'' if steps == 1 else 's'} after the end of {data}{series} → {target}{overwritten}")
