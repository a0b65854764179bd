"""`kspec runs gc`: frees checkpoints and stored data that nobody needs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from kspec.cli import _completion
from kspec.cli._options import output_format, runs_folder
from kspec.cli.runs._confirmation import confirm
from kspec.cli.runs.table import text_of

if TYPE_CHECKING:
    from kspec.data.storage.stored_data import StoredData
    from kspec.runs.unused_files import Unused

EPILOG = """\b
Examples:
  kspec runs gc --dry-run
  kspec runs gc
  kspec runs gc --stopped --yes
"""
_MOST_SHOWN = 20


@click.command(epilog=EPILOG)
@click.option("--name", metavar="NAME", shell_complete=_completion.runs, help="Only runs of this spec, and no data.")
@click.option(
    "--stopped",
    is_flag=True,
    help="Also free the checkpoints of runs that were stopped, which then can only begin anew.",
)
@click.option("--dry-run", is_flag=True, help="Say what would be freed, and free nothing.")
@click.option("--yes", "-y", is_flag=True, help="Do not ask.")
@runs_folder
@output_format("text", "json")
def command(name: str | None, stopped: bool, dry_run: bool, yes: bool, runs: str, format_: str) -> None:
    """Free disk space: checkpoints of runs that have finished, stored data that no spec can use, remains of writing.

    A run that has finished keeps its model. `kspec resume RUN --set fit.epochs=…` trains on with it from its beginning
    then. Runs that are running are left alone; so are checkpoints of runs that were stopped, unless --stopped is given.
    """
    from kspec.language.byte_sizes import bytes_text
    from kspec.runs.unused_files import unused_files

    files, kept = unused_files(runs, name)
    if stopped:
        files, kept = [*files, *kept], []
    data = _unused_data() if name is None else []
    size = sum(each.bytes for each in files) + sum(each.bytes for each, _ in data)
    is_text = format_ == "text"
    if is_text:
        click.echo(text_of(_lines(files, data, kept)), nl=False, err=not dry_run)
    is_agreed = not dry_run and (not (files or data) or confirm(f"Free {bytes_text(size)}?", yes=yes))
    freed, failed = _free(files, data) if is_agreed else (0, [])
    if not is_text:
        click.echo(json.dumps(_to_json(files, data, kept, freed), indent=2))
    elif not (files or data):
        click.echo("nothing to free")
    elif dry_run:
        click.echo(f"would free {bytes_text(size)}")
    else:
        click.echo(f"freed {bytes_text(freed)}" if is_agreed else "nothing freed")
    if failed:
        from kspec.runs.run_folder import RunFolderError

        raise RunFolderError("\n".join(failed))


def _unused_data() -> list[tuple[StoredData, str]]:
    from kspec.data.storage.unused_data import unused_data

    return unused_data()


def _free(files: Sequence[Unused], data: Sequence[tuple[StoredData, str]]) -> tuple[int, list[str]]:
    """Deletes what is unused; returns the bytes that are free, and what could not be deleted."""
    from kspec.data.storage.stored_data import delete
    from kspec.runs.run_folder import RunFolderError
    from kspec.runs.unused_files import delete_unused

    freed, failed = 0, list[str]()
    for each in files:
        try:
            freed += delete_unused(each)
        except RunFolderError as error:
            failed.append(str(error))
    for stored, _ in data:
        delete(stored)
        if stored.folder.exists():
            failed.append(f"{stored.folder} cannot be deleted")
        else:
            freed += stored.bytes
    return freed, failed


def _lines(files: Sequence[Unused], data: Sequence[tuple[StoredData, str]], kept: Sequence[Unused]) -> list[str]:
    """What is freed, by its kind, and what is kept."""
    from kspec.language.byte_sizes import bytes_text

    lines = []
    for kind in dict.fromkeys(each.kind for each in files):
        own = sorted((each for each in files if each.kind == kind), key=lambda each: -each.bytes)
        lines.append(f"{kind}: {bytes_text(sum(each.bytes for each in own))}")
        lines += _first([f"  {each.folder}  {bytes_text(each.bytes)}" for each in own])
    if data:
        lines.append(f"stored data: {bytes_text(sum(each.bytes for each, _ in data))}")
        lines += _first([f"  {each.name[:12]}  {bytes_text(each.bytes)}  {reason}" for each, reason in data])
    if kept:
        size = bytes_text(sum(each.bytes for each in kept))
        lines.append(f"kept: {size} of checkpoints from which runs that were stopped go on (--stopped frees them)")
    return lines


def _first(lines: list[str]) -> list[str]:
    rest = len(lines) - _MOST_SHOWN
    return [*lines[:_MOST_SHOWN], f"  and {rest} more"] if rest > 0 else lines


def _to_json(
    files: Sequence[Unused], data: Sequence[tuple[StoredData, str]], kept: Sequence[Unused], freed: int
) -> dict[str, Any]:
    return {
        "unused": [each.to_json() for each in files],
        "stored": [{**each.to_json(), "reason": reason} for each, reason in data],
        "kept": [each.to_json() for each in kept],
        "freed": freed,
    }
