"""`kspec resume`: goes on with a run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from kspec.cli import _completion, _options
from kspec.cli._options import overrides, permissions, run_output, runs_folder
from kspec.cli.run import carry_out

if TYPE_CHECKING:
    from kspec.runs.run import Run
    from kspec.training.console import Console

EPILOG = """\b
Examples:
  kspec resume runs/mlp/20260131-120000-1
  kspec resume mlp
  kspec resume mlp --set fit.epochs=100
"""


@click.command(epilog=EPILOG)
@click.argument("run", metavar="RUN", shell_complete=_completion.runs)
@overrides
@runs_folder
@_options.jobs("folds or repeats")
@_options.ray("folds, repeats, or the workers of one model")
@click.option("--force", is_flag=True, help="Go on although another machine may still be running it.")
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
    quiet: bool,
    format_: str,
    **permissions: bool,
) -> None:
    """Go on with a run where it stopped, in its own folder.

    RUN is a run folder, or the name of a spec that has been run: then its newest unfinished run. It ends with the same
    weights, history and predictions as if it had never stopped. With --set fit.epochs=... a finished run trains on.
    """
    from kspec.language import Permissions
    from kspec.runs.resume import resume_run

    granted = Permissions.of(permissions)

    def resume(console: Console) -> Run:
        with _options.cluster_of(ray, console) as cluster:
            return resume_run(
                run,
                overrides,
                runs=runs,
                permissions=granted,
                console=console,
                force=force,
                jobs=jobs,
                cluster=cluster,
            )

    carry_out(
        ctx,
        resume,
        quiet=quiet,
        as_json=format_ == "json",
    )
