"""`kspec track`: sends runs to trackers."""

from __future__ import annotations

import click

from kspec.cli import _completion
from kspec.cli._options import runs_folder

EPILOG = """\b
Examples:
  kspec track mlp
  kspec track runs/mlp/20260131-120000-1 --to mlflow:http://host:5000
  kspec track 'runs/mlp/*' --to tensorboard:logs
"""


@click.command(epilog=EPILOG)
@click.argument("places", metavar="RUN...", nargs=-1, required=True, shell_complete=_completion.files_and_runs)
@click.option(
    "--to",
    multiple=True,
    metavar="TRACKER[:ADDRESS]",
    shell_complete=_completion.trackers,
    help="The tracker, as after kspec run --track; by default those of [tool.kspec] in pyproject.toml.",
)
@runs_folder
@click.pass_context
def command(ctx: click.Context, /, places: tuple[str, ...], to: tuple[str, ...], runs: str) -> None:
    """Send runs to a tracker, or complete what it has of them.

    RUN is a run folder, the name of a spec that has been run, a pattern such as 'runs/mlp/*', a folder of runs, or a
    sweep. What a tracker already has is not sent again. TensorFlow is not imported.
    """
    from pathlib import Path

    from kspec.cli import FAILED
    from kspec.report.run_places import find_runs
    from kspec.runs.run_folder import RunFolderError
    from kspec.tracking.send import send_run
    from kspec.tracking.targets import MissingTracker, targets_of

    try:
        targets = targets_of(to, Path.cwd())
    except MissingTracker as error:
        click.echo(f"kspec: {error}", err=True)
        ctx.exit(FAILED)
    if not targets:
        raise click.UsageError(
            "no tracker: add --to mlflow:URI or --to tensorboard, or set `track` in [tool.kspec] of pyproject.toml"
        )
    failed = False
    for folder in find_runs(places, runs):
        for target in targets:
            try:
                click.echo(f"{folder} → {send_run(folder, target)}")
            except RunFolderError as error:
                click.echo(f"kspec: {error}", err=True)
                failed = True
    if failed:
        ctx.exit(FAILED)
