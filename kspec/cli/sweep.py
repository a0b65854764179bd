"""`kspec sweep`: searches for the best values of a spec."""

from __future__ import annotations

import json
import shlex
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

import click

from kspec.cli import _completion, _options
from kspec.cli._options import overrides, permissions, run_output, runs_folder, spec_source
from kspec.cli._packages import MissingPackage
from kspec.cli._report import report_option, write_report
from kspec.cli._track import track_option

if TYPE_CHECKING:
    from kspec.language import Spec
    from kspec.runs.run_folder import RunFolder
    from kspec.sweep.result import SweepResult
    from kspec.training.console import Console

EPILOG = """\b
Examples:
  kspec sweep spec.yaml
  kspec sweep spec.yaml --jobs 2 --set sweep.batch=2
  kspec sweep spec.yaml --ray 10.0.0.5:6379 --set sweep.batch=16
  kspec sweep spec.yaml --resume
  kspec resume mlp --set sweep.trials=200
  kspec render mlp --best -o best.yaml
"""


@click.command(epilog=EPILOG)
@click.argument("path", metavar="SPEC|-", shell_complete=_completion.files)
@overrides
@_options.jobs("trials of a batch (see `sweep: {batch: N}`)")
@_options.ray("the trials")
@runs_folder
@click.option(
    "--resume", is_flag=True, help="Go on with the newest unfinished sweep of this very spec, if there is one."
)
@click.option("--keep-models", is_flag=True, help="Save the trained model of every trial.")
@report_option
@track_option
@run_output
@permissions
@click.pass_context
def command(
    ctx: click.Context,
    /,
    path: str,
    overrides: tuple[str, ...],
    jobs: int | None,
    ray: str | None,
    runs: str,
    resume: bool,
    keep_models: bool,
    report: bool,
    track: tuple[str, ...],
    quiet: bool,
    format_: str,
    **permissions: bool,
) -> None:
    """Search for the best values of a spec.

    Each trial trains the spec with other values and is judged on the validation split. The best point is trained again
    with other seeds, and evaluated once on the test split. Points that cannot be trained cost no trial.
    """
    from kspec.language import Permissions, load_file

    require_optuna()
    spec = load_file(spec_source(path), overrides, Permissions.of(permissions))
    if spec.document.sweep is None:
        raise click.UsageError(f"`{path}` has no `sweep:` section; see `kspec sweep --help` and specs/README.md")

    def run(console: Console) -> SweepResult:
        from kspec.sweep.sweep import run_sweep
        from kspec.tracking.tracking import tracking

        folder = _folder_to_resume(spec, runs, console) if resume else None
        with tracking(track, spec.folder, console) as tracked:
            with _options.cluster_of(ray, console) as cluster:
                result = run_sweep(
                    spec,
                    out=runs,
                    jobs=jobs,
                    keep_models=keep_models,
                    console=console,
                    folder=folder,
                    cluster=cluster,
                    on_folder=tracked.begin,
                )
            if report:
                write_report(result.folder, console, allow_code=permissions["allow_code"])
            return result

    carry_out_sweep(ctx, spec, run, quiet=quiet, as_json=format_ == "json")


def require_optuna() -> None:
    """Ends the command if Optuna is not installed."""
    from importlib.util import find_spec

    if find_spec("optuna") is None:
        raise MissingPackage("sweeps need", "optuna", "sweep")


def _folder_to_resume(spec: Spec, runs: str, console: Console) -> RunFolder | None:
    """The folder of the sweep that goes on; None to start a new one, which is said.

    Args:
        spec: The spec.
        runs: The folder of the run folders.
        console: Where to print.
    """
    from kspec.sweep.resume import stopped_folder, stopped_sweep_of

    found = stopped_sweep_of(spec, runs)
    if found is None:
        console.step("sweep", "no unfinished sweep of this spec: starts a new one")
        return None
    if found.goes_on:
        changes = f", with {found.changes}" if found.changes else ""
        console.step("sweep", f"goes on with {found.folder}{changes}")
        return stopped_folder(found.folder)
    changes = f": {found.changes}" if found.changes else ""
    console.step("sweep", f"{found.folder} was stopped, but belongs to another spec{changes}; starts a new one")
    console.step("sweep", f"to go on with the stopped one: kspec resume {shlex.quote(str(found.folder))}")
    return None


def carry_out_sweep(
    ctx: click.Context, spec: Spec, run: Callable[[Console], SweepResult], *, quiet: bool, as_json: bool
) -> None:
    """Runs a sweep, prints what it has found, and ends with its exit status.

    Args:
        ctx: The context of the command.
        spec: The spec of the sweep.
        run: Runs it.
        quiet: Print nothing but the run folder.
        as_json: Print what it has found as JSON on standard output, and the steps on standard error.
    """
    from importlib.util import find_spec

    from kspec.cli import FAILED, INTERRUPTED
    from kspec.cli._json_output import reserve_stdout
    from kspec.language.sweep_samplers import PACKAGES
    from kspec.runs.failures import StepFailed
    from kspec.runs.run_folder import RunFolderError, finite
    from kspec.sweep.overview import overview
    from kspec.tracking.targets import MissingTracker
    from kspec.training.console import Console

    assert spec.document.sweep is not None
    sampler = spec.document.sweep.sampler_name
    package = PACKAGES.get(sampler)
    if package is not None and find_spec(package) is None:
        click.echo(f"kspec: the sampler {sampler} needs a package: pip install {package}", err=True)
        ctx.exit(FAILED)
    try:
        with reserve_stdout(as_json):
            result = run(Console(quiet, sys.stderr if as_json else sys.stdout))
    except (RunFolderError, StepFailed, MissingTracker) as error:
        click.echo(f"kspec: {error}", err=True)
        ctx.exit(FAILED)
    if as_json:
        metrics = {} if result.run is None else result.run.metrics
        click.echo(json.dumps(finite({**result.to_json(), "metrics": metrics, "folder": str(result.folder)})))
    else:
        click.echo(str(result.folder) if quiet else f"\n{overview(result)}\n{result.folder}")
    if result.status == "interrupted":
        to_go_on = f"kspec resume {shlex.quote(str(result.folder))}"
        click.echo(f"stopped after {len(result.trials)} trials; to go on: {to_go_on}", err=True)
        ctx.exit(INTERRUPTED)
