"""`kspec summary`: the layers of a spec with their shapes and parameters."""

from __future__ import annotations

import json

import click

from kspec.cli._options import overrides, permissions

EPILOG = """\b
Examples:
  kspec summary spec.yaml
  kspec summary spec.yaml --format json
"""


@click.command(epilog=EPILOG)
@click.argument("path", metavar="SPEC")
@overrides
@click.option(
    "--format",
    "format_",
    type=click.Choice(("text", "json")),
    default="text",
    show_default=True,
    help="For people, or for machines.",
)
@permissions
def command(path: str, overrides: tuple[str, ...], format_: str, **permissions: bool) -> None:
    """Build a spec's model with Keras, and list its nodes: output shape, parameters, where from."""
    from kspec.api import load
    from kspec.lifecycle import describe
    from kspec.targets.summary import summarise

    spec = load(path, overrides, **permissions)
    defined = describe(spec)
    summary = summarise(spec.name, defined.graph, defined.built)
    click.echo(
        json.dumps(summary.to_json(), indent=2) if format_ == "json" else summary.to_text(), nl=format_ == "json"
    )
