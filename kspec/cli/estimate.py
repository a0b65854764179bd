"""`kspec estimate`: the memory, disk space and time that a run takes."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import click

from kspec.cli import _completion
from kspec.cli._options import output_format, overrides, permissions, spec_source

if TYPE_CHECKING:
    from kspec.runs.estimate import Estimate

EPILOG = """\b
Examples:
  kspec estimate spec.yaml
  kspec estimate spec.yaml --static
  kspec estimate spec.yaml --set fit.batch_size=256
"""


@click.command(epilog=EPILOG)
@click.argument("path", metavar="SPEC|-", shell_complete=_completion.files)
@overrides
@click.option("--static", is_flag=True, help="Only what follows from the spec: parameters, FLOPs, bytes.")
@output_format("text", "json")
@permissions
@click.pass_context
def command(
    ctx: click.Context,
    /,
    path: str,
    overrides: tuple[str, ...],
    static: bool,
    format_: str,
    **permissions: bool,
) -> None:
    """Estimate what a run takes: memory, disk space, time.

    Some steps of training, evaluation and prediction are run and measured; no run folder is kept. With `budget:
    {memory: 4 GB, time: 1 h}` in the spec, more than that is an error. --static imports no TensorFlow.
    """
    from kspec.cli import FAILED
    from kspec.language import Permissions, load_file
    from kspec.runs.estimate import estimate
    from kspec.runs.failures import StepFailed
    from kspec.runs.run_folder import RunFolderError

    spec = load_file(spec_source(path), overrides, Permissions.of(permissions))
    if not static and format_ == "text" and sys.stderr.isatty():
        click.echo("measuring ...", err=True)
    try:
        found, compiled = estimate(spec, static=static)
    except (RunFolderError, StepFailed) as error:
        click.echo(f"kspec: {error}", err=True)
        ctx.exit(FAILED)
    click.echo(json.dumps(found.to_json(), indent=2) if format_ == "json" else _text(found))
    compiled.report.raise_errors()


def _text(found: Estimate) -> str:
    """The estimate for people: a line for each quantity."""
    from kspec.language.byte_sizes import bytes_text
    from kspec.runs.estimate import seconds_text
    from kspec.summary.summary import scaled

    training, unknown = found.training, "depends on the data"
    parameters = unknown if found.parameters is None else f"{found.parameters:,}"
    lines = {"parameters": parameters}
    if found.flops:
        lines["forward pass"] = f"{scaled(found.flops, 1000)}flops for an example"
    for name in ("weights", "gradients", "optimizer"):
        lines[name] = unknown if training is None else bytes_text(getattr(training, name))
    if found.activations is not None:
        lines["activations"] = f"{bytes_text(found.activations)} for a batch of {found.batch_size}"
    if found.data is not None:
        lines["data"] = bytes_text(found.data)
    if found.memory is not None:
        lines["memory"] = f"{bytes_text(found.memory)}, of the whole process at its peak"
    if found.disk is not None:
        lines["disk"] = f"{bytes_text(found.disk)}, the run folder"
    if found.epoch is not None:
        lines["an epoch"] = seconds_text(found.epoch)
    if found.total is not None:
        seconds = {name: seconds_text(value) for name, value in found.seconds.items()}
        lines["start"] = f"{seconds['start']}: data, TensorFlow, the network"
        bound = "at most " if found.is_bound else ""
        sooner = "; EarlyStopping may end them sooner" if found.is_bound else ""
        epochs = f"{found.epochs} epoch{'s' if found.epochs != 1 else ''}"
        lines["fit"] = f"{bound}{seconds['fit']}: {epochs} with their start{sooner}"
        lines["finish"] = f"{seconds['finish']}: evaluate, predict, save, draw"
        lines["time"] = (
            f"{bound}{seconds_text(found.total)}, {f'all {found.runs} runs' if found.runs > 1 else 'the whole run'}"
        )
    if found.workers > 1:
        lines["workers"] = f"{found.workers} processes with the memory of one each; one alone was looked at"
    width = max(map(len, lines))
    return "\n".join([f"{found.name}", *(f"  {name:<{width}}  {text}" for name, text in lines.items())])
