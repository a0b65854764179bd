"""`kspec resume`: goes on with a run, or a sweep."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from kspec.cli import _completion, _options
from kspec.cli._options import overrides, permissions, run_output, runs_folder
from kspec.cli._track import track_option
from kspec.cli.run import carry_out
from kspec.cli.sweep import carry_out_sweep, require_optuna

if TYPE_CHECKING:
    from kspec.language import Permissions, Spec
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
    from kspec.runs.run_folder import RunFolderError
    from kspec.sweep.resume import sweep_to_resume

    options = _Request(overrides, Permissions.of(permissions), jobs, ray, force, track)
    try:
        folder = sweep_to_resume(run, runs)
        if folder is None:
            carry_out(
                ctx, lambda console: options.resume_run(run, runs, console), quiet=quiet, as_json=format_ == "json"
            )
            return
        require_optuna()
        spec = options.load_sweep(folder)
    except RunFolderError as error:
        click.echo(f"kspec: {error}", err=True)
        ctx.exit(FAILED)
    carry_out_sweep(
        ctx, spec, lambda console: options.resume_sweep(spec, folder, console), quiet=quiet, as_json=format_ == "json"
    )


@dataclass(frozen=True, slots=True)
class _Request:
    """What the user wants of a run or a sweep that goes on.

    Args:
        overrides: What changes in its spec.
        permissions: What the user allows it to do.
        jobs: How many folds, repeats or trials run side by side.
        ray: The cluster that they run on.
        force: Go on although another machine may still be running it.
        track: The trackers to which it is sent.
    """

    overrides: tuple[str, ...]
    permissions: Permissions
    jobs: int | None
    ray: str | None
    force: bool
    track: tuple[str, ...]

    def resume_run(self, run: str, runs: str, console: Console) -> Run:
        """Goes on with a run.

        Args:
            run: Its folder, or the name of its spec.
            runs: The folder of the run folders.
            console: Where to print.
        """
        from kspec.runs.resume import resume_run

        with self._services(console) as services:
            return resume_run(
                run,
                self.overrides,
                runs=runs,
                permissions=self.permissions,
                console=console,
                force=self.force,
                jobs=self.jobs,
                **services,
            )

    def load_sweep(self, folder: Path) -> Spec:
        """The spec of a sweep."""
        from kspec.sweep.resume import load_sweep

        return load_sweep(folder, self.overrides, self.permissions, force=self.force)

    def resume_sweep(self, spec: Spec, folder: Path, console: Console) -> SweepResult:
        """Goes on with a sweep.

        Args:
            spec: Its spec.
            folder: Its folder.
            console: Where to print.
        """
        from kspec.sweep.resume import keeps_models, stopped_folder
        from kspec.sweep.sweep import run_sweep

        keeps = keeps_models(folder)
        with self._services(console) as services:
            stopped = stopped_folder(folder)
            return run_sweep(spec, jobs=self.jobs, keep_models=keeps, console=console, folder=stopped, **services)

    @contextmanager
    def _services(self, console: Console) -> Iterator[dict[str, Any]]:
        """The cluster, and what is to be called with the run folder, so that the trackers follow it."""
        from kspec.tracking.tracking import tracking

        with tracking(self.track, Path.cwd(), console) as tracked, _options.cluster_of(self.ray, console) as cluster:
            yield {"cluster": cluster, "on_folder": tracked.begin}
