"""`kspec resume`: goes on with a run, or a sweep."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from kspec.cli import _completion, _options
from kspec.cli._options import overrides, permissions, run_output, runs_folder
from kspec.cli._track import track_option
from kspec.cli.run import carry_out
from kspec.cli.sweep import carry_out_sweep, require_optuna

if TYPE_CHECKING:
    from kspec.language import Permissions
    from kspec.runs.run import Run
    from kspec.sweep.result import SweepResult
    from kspec.training.console import Console

EPILOG = """\b
Examples:
  kspec resume runs/mlp/20260131-120000-1
  kspec resume mlp
  kspec resume mlp --set fit.epochs=100
  kspec resume mlp --set sweep.trials=200
"""


@click.command(epilog=EPILOG)
@click.argument("run", metavar="RUN", shell_complete=_completion.runs)
@overrides
@runs_folder
@_options.jobs("folds, repeats or trials")
@_options.ray("folds, repeats, trials, or the workers of one model")
@click.option("--force", is_flag=True, help="Go on although another machine may still be running it.")
@track_option
@run_output
@permissions
@click.pass_context
def command(
    ctx: click.Context,
    /,
    run: str,
    overrides: tuple[str, ...],
    runs: str,
    jobs: int | None,
    ray: str | None,
    force: bool,
    track: tuple[str, ...],
    quiet: bool,
    format_: str,
    **permissions: bool,
) -> None:
    """Go on with a run or a sweep where it stopped, in its own folder.

    RUN is a run folder, or the name of a spec that has been run: then its newest unfinished run. It ends with the same
    weights, history and predictions as if it had never stopped. With --set fit.epochs=... a finished run trains on,
    with --set sweep.trials=... a finished sweep goes on.
    """
    from kspec.cli import FAILED
    from kspec.language import Permissions
    from kspec.runs.resume import resume_run
    from kspec.runs.run_folder import RunFolderError
    from kspec.sweep.resume import sweep_to_resume
    from kspec.tracking.tracking import tracking

    granted = Permissions.of(permissions)
    try:
        sweep = sweep_to_resume(run, runs)
    except RunFolderError as error:
        click.echo(f"kspec: {error}", err=True)
        ctx.exit(FAILED)
    if sweep is not None:
        _resume_sweep(
            ctx,
            sweep,
            overrides,
            granted,
            jobs=jobs,
            ray=ray,
            force=force,
            track=track,
            quiet=quiet,
            format_=format_,
        )
        return

    def resume(console: Console) -> Run:
        with tracking(track, Path.cwd(), console) as tracked, _options.cluster_of(ray, console) as cluster:
            return resume_run(
                run,
                overrides,
                runs=runs,
                permissions=granted,
                console=console,
                force=force,
                jobs=jobs,
                cluster=cluster,
                on_folder=tracked.begin,
            )

    carry_out(
        ctx,
        resume,
        quiet=quiet,
        as_json=format_ == "json",
    )


def _resume_sweep(
    ctx: click.Context,
    folder: Path,
    overrides: tuple[str, ...],
    granted: Permissions,
    *,
    jobs: int | None,
    ray: str | None,
    force: bool,
    track: tuple[str, ...],
    quiet: bool,
    format_: str,
) -> None:
    """Goes on with a sweep; see `command`.

    Args:
        ctx: The context of the command.
        folder: The folder of the sweep.
        overrides: What changes in its spec.
        granted: What the user allows it to do.
        jobs: How many trials of a batch run side by side.
        ray: The cluster that they run on.
        force: Go on although another machine may still be running it.
        track: The trackers to which it is sent.
        quiet: Print nothing but the folder.
        format_: `text` or `json`.
    """
    from kspec.cli import FAILED
    from kspec.runs.run_folder import RunFolderError
    from kspec.sweep.resume import keeps_models, load_sweep, stopped_folder

    require_optuna()
    try:
        spec = load_sweep(folder, overrides, granted, force=force)
    except RunFolderError as error:
        click.echo(f"kspec: {error}", err=True)
        ctx.exit(FAILED)

    def resume(console: Console) -> SweepResult:
        from kspec.sweep.sweep import run_sweep
        from kspec.tracking.tracking import tracking

        with tracking(track, Path.cwd(), console) as tracked, _options.cluster_of(ray, console) as cluster:
            return run_sweep(
                spec,
                jobs=jobs,
                keep_models=keeps_models(folder),
                console=console,
                folder=stopped_folder(folder),
                cluster=cluster,
                on_folder=tracked.begin,
            )

    carry_out_sweep(ctx, spec, resume, quiet=quiet, as_json=format_ == "json")
