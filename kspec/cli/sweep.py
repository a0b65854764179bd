"""`kspec sweep`: searches for the best values of a spec."""

from __future__ import annotations

import json
import sys

import click

from kspec.cli import _completion, _options
from kspec.cli._options import overrides, permissions, run_output, runs_folder, spec_source
from kspec.cli._report import report_option, write_report

EPILOG = """\b
Examples:
  kspec sweep spec.yaml
  kspec sweep spec.yaml --jobs 2 --set sweep.batch=2
  kspec sweep spec.yaml --ray 10.0.0.5:6379 --set sweep.batch=16
  kspec sweep spec.yaml --resume
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
    quiet: bool,
    format_: str,
    **permissions: bool,
) -> None:
    """Search for the best values of a spec.

    Each trial trains the spec with other values and is judged on the validation split. The best point is trained again
    with other seeds, and evaluated once on the test split. Points that cannot be trained cost no trial.
    """
    from importlib.util import find_spec

    from kspec.cli import FAILED, INTERRUPTED
    from kspec.cli._json_output import reserve_stdout
    from kspec.language import Permissions, load_file
    from kspec.language.sweep_samplers import PACKAGES
    from kspec.runs.failures import StepFailed
    from kspec.runs.run_folder import RunFolderError, finite
    from kspec.training.console import Console

    if find_spec("optuna") is None:
        click.echo("kspec: sweeps need Optuna: pip install 'kspec[sweep]'", err=True)
        ctx.exit(FAILED)
    from kspec.sweep.overview import overview
    from kspec.sweep.resume import unfinished_sweep_of
    from kspec.sweep.sweep import run_sweep

    as_json = format_ == "json"
    console = Console(quiet, sys.stderr if as_json else sys.stdout)
    spec = load_file(spec_source(path), overrides, Permissions.of(permissions))
    if spec.document.sweep is None:
        raise click.UsageError(f"`{path}` has no `sweep:` section; see `kspec sweep --help` and specs/README.md")
    package = PACKAGES.get(spec.document.sweep.sampler_name)
    if package is not None and find_spec(package) is None:
        click.echo(
            f"kspec: the sampler {spec.document.sweep.sampler_name} needs a package: pip install {package}", err=True
        )
        ctx.exit(FAILED)
    try:
        with reserve_stdout(as_json), _options.cluster_of(ray, console) as cluster:
            folder = unfinished_sweep_of(spec, runs) if resume else None
            if resume and folder is None:
                console.step("sweep", "no unfinished sweep of this spec: starts a new one")
            result = run_sweep(
                spec, out=runs, jobs=jobs, keep_models=keep_models, console=console, folder=folder, cluster=cluster
            )
            if report:
                write_report(result.folder, console, allow_code=permissions["allow_code"])
    except (RunFolderError, StepFailed) as error:
        click.echo(f"kspec: {error}", err=True)
        ctx.exit(FAILED)
    if as_json:
        metrics = {} if result.run is None else result.run.metrics
        click.echo(json.dumps(finite({**result.to_json(), "metrics": metrics, "folder": str(result.folder)})))
    else:
        click.echo(str(result.folder) if quiet else f"\n{overview(result)}\n{result.folder}")
    if result.status == "interrupted":
        click.echo(f"stopped after {len(result.trials)} trials; to go on: kspec sweep {path} --resume", err=True)
        ctx.exit(INTERRUPTED)
