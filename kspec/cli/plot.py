"""`kspec plot`: the graph of a spec as a picture."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kspec.cli._options import overrides, permissions

if TYPE_CHECKING:
    from kspec.diagram.diagram import Format

EPILOG = """\b
Examples:
  kspec plot spec.yaml
  kspec plot spec.yaml -o network.png
  kspec plot spec.yaml --no-shapes
  kspec plot spec.yaml --depth 0
"""
FORMATS: Mapping[str, Format] = {".svg": "svg", ".png": "png", ".dot": "dot", ".mmd": "mermaid"}


@click.command(epilog=EPILOG)
@click.argument("path", metavar="SPEC")
@click.option(
    "-o", "--output", metavar="FILE", help="The picture: .svg, .png, .dot or .mmd (Mermaid); by default NAME.svg."
)
@click.option("--depth", type=click.IntRange(0), metavar="N",
              help="How deep to draw blocks and sub-models: 0 folds each into one box. By default as deep as one can "
              "read.")  # fmt: skip
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
    depth: int | None,
    overrides: tuple[str, ...],
    **permissions: bool,
) -> None:
    """Draw a spec's network: its nodes, with their shapes and parameters, and what flows between them.

    TensorFlow is imported only where the data decides a size (a vocabulary, the classes of a target).
    """
    from kspec.api import load
    from kspec.cli import FAILED
    from kspec.diagram.diagram import GraphTooLarge
    from kspec.diagram.draw_spec import draw_spec

    given = None if output is None else Path(output)
    suffix = ".svg" if given is None else given.suffix.lower()
    if suffix not in FORMATS:
        raise click.UsageError(f"a picture is .svg, .png, .dot or .mmd, and not {output}")
    spec = load(path, overrides, **permissions)
    target = given if given is not None else Path(f"{spec.name}.svg")
    try:
        count, drawn = draw_spec(spec, target, FORMATS[suffix], shapes=not no_shapes, depth=depth)
    except GraphTooLarge as error:
        click.echo(f"kspec: {error}; it can be written as .dot", err=True)
        ctx.exit(FAILED)
    click.echo(f"{target} ({count} node{'' if count == 1 else 's'})")
    if drawn.depth < drawn.deepest and depth is None:
        click.echo(f"blocks and sub-models are folded, {drawn.boxes} boxes in all; --depth {drawn.deepest} draws all")
