"""`kspec run`: the life cycle of a spec."""

from __future__ import annotations

import json
import math
import shlex
import signal
import sys
import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from kspec.cli import _completion, _options
from kspec.cli._options import overrides, permissions, run_output, runs_folder, spec_source
from kspec.cli._report import report_option, write_report
from kspec.cli._spread import spread
from kspec.cli._track import track_option

if TYPE_CHECKING:
    from kspec.language import Spec
    from kspec.runs.run import Run
    from kspec.tracking.tracking import Tracking
    from kspec.training.console import Console

EPILOG = """\b
Examples:
  kspec run spec.yaml
  kspec run spec.yaml --smoke
  kspec run spec.yaml --engine keras
  kspec run - < spec.yaml
  kspec run spec.yaml --set fit.epochs=5 --set layers.hidden1.units=32
  kspec run spec.yaml --repeat 5 --jobs 2
  kspec run spec.yaml --repeat 20 --ray 10.0.0.5:6379
  kspec run spec.yaml --workers 4
  kspec run spec.yaml --workers 4 --ray 10.0.0.5:6379
  kspec run spec.yaml --track mlflow:http://127.0.0.1:5000
"""


@click.command(epilog=EPILOG)
@click.argument("path", metavar="SPEC|-", shell_complete=_completion.files)
@overrides
@click.option(
    "--engine",
    type=click.Choice(("auto", "keras", "fused", "fused_xla")),
    help="The training engine; the same as --set fit.engine=…",
)
@click.option(
    "--workers",
    type=click.IntRange(1),
    metavar="N",
    help="Train the model in N processes, each with a part of every batch; the same as --set fit.workers=N.",
)
@click.option(
    "--repeat",
    type=click.IntRange(2),
    metavar="N",
    help="Train N times, with the seeds seed, seed + 1 …; the same as --set fit.repeats=N.",
)
@click.option("--resplit", is_flag=True, help="Draw another split for each of the repeats.")
@_options.jobs("folds or repeats")
@_options.ray("folds, repeats, or the workers of one model")
@runs_folder
@click.option("--smoke", is_flag=True, help="Run a few batches through all five steps; keep no run folder.")
@click.option("--resume", is_flag=True, help="Go on with the newest unfinished run of this very spec, if there is one.")
@click.option("--cache", is_flag=True, help="Store the data, so that the next run reads no table; see kspec cache.")
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
    engine: str | None,
    workers: int | None,
    repeat: int | None,
    resplit: bool,
    jobs: int | None,
    ray: str | None,
    runs: str,
    smoke: bool,
    resume: bool,
    cache: bool,
    report: bool,
    track: tuple[str, ...],
    quiet: bool,
    format_: str,
    **permissions: bool,
) -> None:
    """Define, compile, fit, evaluate and predict.

    The run folder holds the trained model, the spec as written and as resolved, history, metrics, predictions and
    plots. Ctrl-C, SIGTERM and SIGHUP keep what has been trained so far.
    """
    from kspec.language import Permissions, load_file
    from kspec.runs.member_plan import member_plan
    from kspec.runs.members import run_spec
    from kspec.runs.resume import resume_run, unfinished_run_of
    from kspec.runs.workers.launch import has_workers
    from kspec.tracking.tracking import tracking

    if engine is not None:
        overrides = (*overrides, f"fit.engine={engine}")
    if workers is not None:
        overrides = (*overrides, f"fit.workers={workers}")
    if repeat is not None:
        overrides = (*overrides, f"fit.repeats={repeat}")
    if resplit:
        overrides = (*overrides, "fit.resplit=true")
    if resume and smoke:
        raise click.UsageError("--resume goes on with a run, and --smoke keeps none: leave one of them out")
    if report and smoke:
        raise click.UsageError("--report writes into the run folder, and --smoke keeps none: leave one of them out")

    def run(console: Console) -> Run:
        spec = load_file(spec_source(path), overrides, granted)
        with tracking(("none",) if smoke else track, spec.folder, console) as tracked:
            result = run_loaded(spec, console, tracked)
            if report:
                write_report(result.folder, console, allow_code=permissions["allow_code"])
            return result

    def run_loaded(spec: Spec, console: Console, tracked: Tracking) -> Run:
        begin = tracked.begin
        unfinished = unfinished_run_of(spec, runs) if resume else None
        if ray is not None and not has_workers(spec) and (smoke or member_plan(spec.document) is None):
            raise click.UsageError(
                "--ray runs folds, repeats or workers on a cluster, and this is one run in one process: "
                "add --repeat N or --workers N, or omit --ray"
            )
        with _options.cluster_of(ray, console) as cluster:
            if unfinished is not None:
                return resume_run(
                    unfinished, permissions=granted, console=console, jobs=jobs, cluster=cluster, on_folder=begin
                )
            if resume:
                console.step("resume", "no unfinished run of this spec: starts a new one")
            return run_spec(
                spec,
                out=runs,
                smoke=smoke,
                console=console,
                cache=cache,
                jobs=jobs,
                cluster=cluster,
                on_folder=begin,
            )

    granted = Permissions.of(permissions)
    carry_out(ctx, run, quiet=quiet, as_json=format_ == "json")


def carry_out(ctx: click.Context, run: Callable[[Console], Run], *, quiet: bool, as_json: bool) -> None:
    """Runs something, prints its result, and ends with its exit status.

    Args:
        ctx: The context of the command.
        run: Runs it.
        quiet: Print nothing but the run folder.
        as_json: Print the metrics and the folder as JSON on standard output, and the steps on standard error.
    """
    from kspec.cli import FAILED, INTERRUPTED
    from kspec.cli._json_output import reserve_stdout
    from kspec.diagnostics import SpecError
    from kspec.diagnostics.render.json_format import as_plain
    from kspec.runs.failures import StepFailed
    from kspec.runs.run_folder import RunFolderError, finite
    from kspec.tracking.targets import MissingTracker
    from kspec.training.console import Console

    warnings.showwarning = _show_warning  # type: ignore[assignment]
    console = Console(quiet, sys.stderr if as_json else sys.stdout)
    try:
        with reserve_stdout(as_json):
            result = run(console)
    except (RunFolderError, StepFailed, MissingTracker) as error:
        click.echo(f"kspec: {error}", err=True)
        if as_json:
            click.echo(json.dumps({"status": "failed", "message": str(error)}))
        ctx.exit(FAILED)
    except SpecError as error:
        if as_json:
            faults = [as_plain(diagnostic) for diagnostic in error.diagnostics]
            click.echo(json.dumps({"status": "failed", "diagnostics": faults}))
        raise SpecError(console.unseen(error.diagnostics)) from error
    if as_json:
        folder = str(result.folder) if result.folder else None
        values = {"status": result.status, "metrics": result.metrics, "validation": result.validation}
        if result.members:
            values |= {"deviation": result.deviation, "interval": result.interval, "ensemble": result.ensemble}
        more = {"kept_epoch": result.kept_epoch, "folder": folder, "notes": result.notes}
        click.echo(json.dumps(finite({**values, **more})))
    else:
        _show(result, console)
    if result.status == "interrupted":
        by = result.interrupted_by
        ctx.exit(128 + signal.Signals[by] if by else INTERRUPTED)


def _show_warning(message: Any, category: type[Warning], *_: Any) -> None:
    """Prints warnings of Keras and TensorFlow without their code lines, and leaves out their deprecations."""
    if not issubclass(category, (DeprecationWarning, FutureWarning, PendingDeprecationWarning)):
        click.echo(f"warning: {' '.join(str(message).split())}", err=True)


def _show(result: Any, console: Any) -> None:
    if result.status == "interrupted":
        _show_interrupted(result)
        if result.folder:
            click.echo(f"to go on: kspec resume {shlex.quote(str(result.folder))}", err=True)
        return
    numbers = {name: value for name, value in result.metrics.items() if isinstance(value, float)}
    if numbers and not console.quiet:
        width = max(len(name) for name in numbers)
        click.echo("")
        for name, value in numbers.items():
            click.echo(f"  {name:<{width}}  {value:.4f}{spread(result.deviation, result.interval, name)}")
    if result.folder:
        click.echo(f"\n{result.folder}" if not console.quiet else str(result.folder))
    elif not console.quiet:
        verdict = "passed" if _is_finite(result) else "finished, but the loss is not finite"
        click.echo(f"\nsmoke run {verdict}; nothing saved")


def _show_interrupted(result: Any) -> None:
    """Prints what is left of a run that a signal has ended."""
    epochs = len(result.history)
    if result.members:
        done = sum(member.status == "finished" for member in result.members)
        what = "the runs that have finished are" if done else "it is"
        click.echo(f"stopped{_by(result)} after {done} of its runs; {what} in {result.folder}", err=True)
        return
    if not epochs:
        has_checkpoint = result.folder is not None and any(result.folder.glob("checkpoints/*.npz"))
        what = f"a checkpoint is in {result.folder}" if has_checkpoint else "nothing saved"
        click.echo(f"stopped{_by(result)} before the first epoch ended; {what}", err=True)
        return
    trained = f"the model after {epochs} epoch{'s' if epochs != 1 else ''}"
    if result.kept_epoch is not None:
        trained = f"the model of epoch {result.kept_epoch}, the best of {epochs},"
    place = ""
    if result.folder:
        saved = (result.folder / "model.keras").exists()
        place = f"; {trained} is in {result.folder}" if saved else f"; {trained} is not saved"
    click.echo(f"stopped{_by(result)}{place}", err=True)


def _by(result: Any) -> str:
    """Which signal stopped a run; nothing for Ctrl-C."""
    return f" by {result.interrupted_by}" if result.interrupted_by not in ("", "SIGINT") else ""


def _is_finite(result: Any) -> bool:
    """Whether no loss of training or evaluation is NaN or infinite."""
    return all(math.isfinite(row["loss"]) for row in [*result.history, result.metrics] if "loss" in row)
