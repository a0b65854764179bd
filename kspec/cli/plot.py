"""`kspec plot`: a drawing of a spec's graph."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kspec.cli import _completion
from kspec.cli._options import existing, output_file, overrides, permissions, spec_or_run

if TYPE_CHECKING:
    from kspec.diagram.diagram import Format

EPILOG = """\b
Examples:
  kspec plot spec.yaml
  kspec plot spec.yaml -o network.png
  kspec plot spec.yaml --no-shapes
  kspec plot spec.yaml --depth 0 --left-to-right
"""
FORMATS: Mapping[str, Format] = {".svg": "svg", ".png": "png", ".dot": "dot", ".mmd": "mermaid"}


@click.command(epilog=EPILOG)
@click.argument("path", metavar="SPEC|RUN|-", shell_complete=_completion.files_and_runs)
@output_file("The drawing: .svg, .png, .dot or .mmd (Mermaid); by default NAME.svg.")
@click.option(
    "--depth",
    type=click.IntRange(0),
    metavar="N",
    help="How deep to draw blocks and sub-models: 0 draws each as one box. By default as deep as stays readable.",
)
@click.option("--no-shapes", is_flag=True, help="Draw only names and layers.")
@click.option("--left-to-right", is_flag=True, help="Draw from left to right; by default from top to bottom.")
@click.option("--all-copies", is_flag=True, help="Draw every copy of a repeat; by default equal copies share one box.")
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
    left_to_right: bool,
    all_copies: bool,
    overrides: tuple[str, ...],
    **permissions: bool,
) -> None:
    """Draw a spec's network: its nodes, with their shapes and parameters, and the tensors between them.

    TensorFlow is imported only if a size depends on the data (a vocabulary, the classes of a target).
    """
    from kspec.cli import FAILED
    from kspec.diagram.diagram import GraphTooLarge
    from kspec.diagram.draw_spec import draw_spec
    from kspec.language import Permissions, load_file

    requested = None if output is None else Path(output)
    suffix = ".svg" if requested is None else requested.suffix.lower()
    if suffix not in FORMATS:
        hint = "; to print a diagram: kspec export SPEC --to mermaid -o -" if output == "-" else ""
        raise click.UsageError(f"-o must end in .svg, .png, .dot or .mmd: {output}{hint}")
    place, is_run = spec_or_run(path)
    spec = load_file(place, overrides, Permissions.of(permissions))
    spec.is_trained = is_run
    target = requested or Path(f"{spec.name}.svg")
    target.parent.mkdir(parents=True, exist_ok=True)
    overwritten = existing(target)
    try:
        count, drawn = draw_spec(
            spec,
            target,
            FORMATS[suffix],
            shapes=not no_shapes,
            depth=depth,
            sideways=left_to_right,
            all_copies=all_copies,
        )
    except GraphTooLarge as error:
        click.echo(f"kspec: {error}; write it as .dot instead", err=True)
        ctx.exit(FAILED)
    click.echo(f"{target} ({count} node{'' if count == 1 else 's'}){overwritten}")
    if drawn.depth < drawn.deepest and depth is None:
        click.echo(
            f"blocks and sub-models are collapsed to {drawn.boxes} boxes; --depth {drawn.deepest} expands them all"
        )
