"""`kspec runs note`: notes a text of a run."""

from __future__ import annotations

import click

from kspec.cli import _completion
from kspec.cli._options import runs_folder

EPILOG = """\b
Examples:
  kspec runs note mlp "larger batches; compare with the baseline"
  kspec runs note mlp
  kspec runs note mlp --remove
"""


@click.command(epilog=EPILOG)
@click.argument("run", shell_complete=_completion.files_and_runs)
@click.argument("text", required=False)
@click.option("--remove", is_flag=True, help="Remove the note.")
@runs_folder
def command(run: str, text: str | None, remove: bool, runs: str) -> None:
    """Note a text of a run in place of the one before, or print the note.

    RUN is a run folder, also that of a trial or fold, or the name of a spec: its latest run.
    """
    from kspec.runs.run_folder import RunFolderError, find_folder
    from kspec.runs.tags import InvalidTags, change_tags, read_tags

    if remove and text is not None:
        raise click.UsageError("--remove takes no TEXT")
    folder = find_folder(run, runs)
    try:
        if text is None and not remove:
            click.echo(read_tags(folder).note or f"{folder} has no note")
            return
        found = change_tags(folder, lambda tags: tags.set_note(text or ""))
    except InvalidTags as error:
        if text is not None:
            raise click.UsageError(str(error)) from None
        raise RunFolderError(f"{folder / 'tags.json'} is damaged: {error}") from None
    click.echo(f"{folder}: {found.note or 'no note'}")
