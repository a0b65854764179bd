"""`kspec runs rm`: removes runs."""

from __future__ import annotations

from pathlib import Path

import click

from kspec.cli import _completion
from kspec.cli._options import runs_folder
from kspec.cli.runs._confirmation import confirm
from kspec.cli.runs.listing import matching
from kspec.cli.runs.table import text_of

EPILOG = """\b
Examples:
  kspec runs rm runs/mlp/20260131-120000-1
  kspec runs rm mlp/latest --yes
  kspec runs rm --where 'status == "failed"'
  kspec runs rm --name mlp --where 'metrics.accuracy < 0.5 and tags == []'
"""
_MOST_SHOWN = 20


@click.command(epilog=EPILOG)
@click.argument("places", nargs=-1, metavar="[RUN]...", shell_complete=_completion.files_and_runs)
@click.option("--name", metavar="NAME", shell_complete=_completion.runs, help="Remove all runs of this spec.")
@click.option("--where", metavar="CONDITION", help="Remove the runs for which CONDITION holds; see `kspec runs -h`.")
@click.option("--yes", "-y", is_flag=True, help="Do not ask.")
@click.option("--force", is_flag=True, help="Also remove runs that may be running on another machine.")
@runs_folder
def command(places: tuple[str, ...], name: str | None, where: str | None, yes: bool, force: bool, runs: str) -> None:
    """Remove runs: their folders with all that is in them.

    RUN is a run folder, or `latest` of one; the trial of a sweep can be removed alone. What a condition selects and is
    running stays.
    """
    from kspec.language.byte_sizes import bytes_text
    from kspec.runs.remove_run import check_removable, remove_run, run_to_remove, size_of
    from kspec.runs.run_folder import RunFolderError

    is_search = name is not None or where is not None
    if bool(places) == is_search:
        raise click.UsageError("name runs, or select them with --where and --name")
    if is_search:
        found, running = _search(name, where, runs, force)
        click.echo(text_of(f"left: {problem}" for problem in running), nl=False, err=True)
    else:
        found = list(dict.fromkeys(run_to_remove(place, runs) for place in places))
        for folder in found:
            check_removable(folder, force=force)
    if not found:
        click.echo("no runs to remove")
        return
    sizes = {folder: size_of(folder) for folder in found}
    click.echo(text_of(_lines(found, sizes)), nl=False, err=True)
    what = f"{len(found)} run{'' if len(found) == 1 else 's'}, {bytes_text(sum(sizes.values()))}"
    if not confirm(f"Remove {what}?", yes=yes):
        click.echo("nothing removed")
        return
    failed, freed = list[str](), 0
    for folder in found:
        try:
            remove_run(folder, force=force)
            freed += sizes[folder]
        except RunFolderError as error:
            failed.append(str(error))
    removed = len(found) - len(failed)
    click.echo(f"removed {removed} run{'' if removed == 1 else 's'}: {bytes_text(freed)}")
    if failed:
        raise RunFolderError("\n".join(failed))


def _search(name: str | None, where: str | None, runs: str, force: bool) -> tuple[list[Path], list[str]]:
    """The runs that are selected, and why some of them stay.

    Args:
        name: The name of their spec, if any.
        where: The condition, if any.
        runs: The folder of the run folders.
        force: Whether they may be running on another machine.
    """
    from kspec.runs.remove_run import check_removable
    from kspec.runs.run_facts import RunFacts
    from kspec.runs.run_folder import RunFolderError
    from kspec.runs.run_index import past_runs

    with RunFacts(past_runs(runs, name), runs) as facts:
        selected = facts.runs if where is None else matching(where, facts)
    found, problems = list[Path](), list[str]()
    for run in selected:
        try:
            check_removable(run.path, force=force)
            found.append(run.path)
        except RunFolderError as error:
            problems.append(str(error))
    return found, problems


def _lines(folders: list[Path], sizes: dict[Path, int]) -> list[str]:
    """A line for each of the first runs: folder, size, status, tags."""
    from kspec.language.byte_sizes import bytes_text
    from kspec.runs.run_index import read_run

    lines = []
    for folder in folders[:_MOST_SHOWN]:
        run = read_run(folder)
        tags = f"  {', '.join(run.tags)}" if run.tags else ""
        lines.append(f"  {folder}  {bytes_text(sizes[folder])}  {run.status}{tags}")
    rest = len(folders) - _MOST_SHOWN
    return [*lines, f"  and {rest} more"] if rest > 0 else lines
