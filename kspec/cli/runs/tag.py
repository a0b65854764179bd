"""`kspec runs tag`: marks runs with tags."""

from __future__ import annotations

import click

from kspec.cli import _completion
from kspec.cli._options import runs_folder

EPILOG = """\b
Examples:
  kspec runs tag mlp good
  kspec runs tag runs/mlp/20260131-120000-1 baseline paper
  kspec runs tag mlp good --remove
  kspec runs --where '"good" in tags'
"""


@click.command(epilog=EPILOG)
@click.argument("run", shell_complete=_completion.files_and_runs)
@click.argument("tags", nargs=-1, metavar="[TAG]...", shell_complete=_completion.tags)
@click.option("--remove", is_flag=True, help="Remove these tags; without TAG, all.")
@runs_folder
def command(run: str, tags: tuple[str, ...], remove: bool, runs: str) -> None:
    """Mark a run with tags, or print those that it has.

    RUN is a run folder, also that of a trial or fold, or the name of a spec: its latest run.
    """
    from kspec.runs.run_folder import RunFolderError, find_folder
    from kspec.runs.tags import InvalidTags, Tags, change_tags, read_tags

    folder = find_folder(run, runs)

    def change(found: Tags) -> None:
        if remove:
            missing = [tag for tag in tags if tag not in found.tags]
            if missing:
                raise InvalidTags(f"{folder} has no tag `{missing[0]}`; it has: {', '.join(found.tags) or 'none'}")
            found.tags = [tag for tag in found.tags if tags and tag not in tags]
        else:
            found.add(*tags)

    try:
        found = change_tags(folder, change) if tags or remove else read_tags(folder)
    except InvalidTags as error:
        if tags or remove:
            raise click.UsageError(str(error)) from None
        raise RunFolderError(f"{folder / 'tags.json'} is damaged: {error}") from None
    click.echo(f"{folder}: {', '.join(found.tags) or 'no tags'}")
