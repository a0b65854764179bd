"""`kspec summary`: the nodes of a spec with their shapes and parameters."""

from __future__ import annotations

import json
import sys

import click

from kspec.cli import _completion
from kspec.cli._columns import limit
from kspec.cli._options import output_format, overrides, permissions, spec_or_run

EPILOG = """\b
Examples:
  kspec summary spec.yaml
  kspec summary spec.yaml --format json
  kspec summary spec.yaml --with-keras
"""


@click.command(epilog=EPILOG)
@click.argument("path", metavar="SPEC|RUN|-", shell_complete=_completion.files_and_runs)
@overrides
@output_format("text", "json")
@click.option("--with-keras", is_flag=True, help="Build the model with Keras, list what Keras computes, and compare.")
@permissions
@click.pass_context
def command(
    ctx: click.Context,
    /,
    path: str,
    overrides: tuple[str, ...],
    format_: str,
    with_keras: bool,
    **permissions: bool,
) -> None:
    """List a spec's nodes: output shape, parameters, FLOPs, inputs.

    Data is read only if a size depends on it. TensorFlow is imported only with
    --with-keras, or if a layer must learn a vocabulary that decides a size.
    """
    from kspec.analysis.hoisting import hoisted_by_stage
    from kspec.analysis.stages import trained_by_stage
    from kspec.cli import FAULTY
    from kspec.compiler.compile import compile_spec
    from kspec.language import Permissions
    from kspec.summary.summary import differences, summarise, summarise_built

    place, is_run = spec_or_run(path)
    compiled = compile_spec(place, overrides, permissions=Permissions.of(permissions), is_trained=is_run)
    spec, analysis = compiled.unwrap()
    if analysis.needs_data and spec.document.data is not None:
        compiled.read_data()
        if compiled.report.has_errors:
            print("sizes that depend on the data are unknown: see `kspec check --data`", file=sys.stderr)
        else:
            spec, analysis = compiled.unwrap()
    training = analysis.settings.stages if analysis.settings else []
    hoisted = hoisted_by_stage(spec.document.fit.engine, analysis.graph, analysis.types, training)
    stages = trained_by_stage(analysis.graph, analysis.types, training)
    summary = summarise(spec.name, analysis.graph, analysis.types, hoisted, stages)
    mismatches: list[str] = []
    if with_keras or (summary.parameters is None and compiled.dataset is not None):
        from kspec.compiler.build import build_structure

        model = build_structure(spec)
        built = summarise_built(spec.name, model.graph_with_numbers(), model.network, hoisted, stages)
        mismatches = differences(summary, built)
        summary = built
    click.echo(
        json.dumps(summary.to_json(), indent=2) if format_ == "json" else summary.to_text(limit()), nl=format_ == "json"
    )
    if mismatches:
        print(*(f"mismatch in {line}" for line in mismatches), sep="\n", file=sys.stderr)
        ctx.exit(FAULTY)
