"""`kspec plot`: the graph of a spec as a picture."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from kspec.cli._options import overrides, permissions

EPILOG = """\b
Examples:
  kspec plot spec.yaml
  kspec plot spec.yaml -o network.png
  kspec plot spec.yaml --no-shapes
"""
FORMATS = ("svg", "png", "dot")


@click.command(epilog=EPILOG)
@click.argument("path", metavar="SPEC")
@click.option("-o", "--output", metavar="FILE", help="The picture: .svg, .png or .dot; by default NAME.svg.")
@click.option("--no-shapes", is_flag=True, help="Names and layers alone.")
@overrides
@permissions
@click.pass_context
def command(
    ctx: click.Context,
    /,
    path: str,
    output: str | None,
    no_shapes: bool,
    overrides: tuple[str, ...],
    **permissions: bool,
) -> None:
    """Draw a spec's network: its nodes, with their shapes and parameters, and what flows between them.

    TensorFlow is imported only where the data decides a size (a vocabulary, the classes of a target).
    """
    from kspec.api import load
    from kspec.cli import FAILED
    from kspec.targets.diagram import GraphTooLarge

    given = None if output is None else Path(output)
    format_ = "svg" if given is None else given.suffix.lower().removeprefix(".")
    if format_ not in FORMATS:
        raise click.UsageError(f"a picture is .svg, .png or .dot, and not {output}")
    spec = load(path, overrides, **permissions)
    target = given if given is not None else Path(f"{spec.name}.svg")
    try:
        count = _draw(spec, target, format_, shapes=not no_shapes)
    except GraphTooLarge as error:
        click.echo(f"kspec: {error}; it can be written as .dot", err=True)
        ctx.exit(FAILED)
    click.echo(f"{target} ({count} node{'' if count == 1 else 's'})")


def _draw(spec: Any, target: Path, format_: Any, *, shapes: bool) -> int:
    from kspec.checker import analyse
    from kspec.diagnostics import Report
    from kspec.targets.diagram import draw

    report = Report(list(spec.diagnostics))
    analysis = analyse(spec, report)
    report.raise_errors()
    if not shapes:
        draw(analysis.graph, None, target, format_)
        return len(analysis.graph.nodes)
    from kspec.lifecycle.describe import describe, draw_model, draw_summarised, needs_data
    from kspec.targets.summary import summarise

    if needs_data(analysis):
        draw_model(describe(spec), target, format_)
    else:
        draw_summarised(analysis.graph, summarise(spec.name, analysis.graph, analysis.types), target, format_)
    return len(analysis.graph.nodes)
