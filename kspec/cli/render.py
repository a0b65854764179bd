"""`kspec render`: the whole resolved spec."""

from __future__ import annotations

import click

from kspec.cli._options import overrides, permissions

EPILOG = """\b
Examples:
  kspec render spec.yaml
  kspec render spec.yaml --set vars.width=64 -o wide.yaml
"""


@click.command(epilog=EPILOG)
@click.argument("path", metavar="SPEC")
@click.option("-o", "--output", metavar="FILE", help="Write it there rather than on standard output.")
@overrides
@permissions
def command(path: str, output: str | None, overrides: tuple[str, ...], **permissions: bool) -> None:
    """Write out a spec with nothing left out.

    Overrides are applied, expressions computed, defaults stated, and beside each such value a comment says where it
    comes from. Your own comments and layout stay. What it prints is a spec that gives the same model. What only the
    data can tell stays as it is.
    """
    from pathlib import Path

    from kspec.compiler.compile import compile_spec
    from kspec.language import Permissions
    from kspec.rewrite.render import render

    spec, analysis = compile_spec(path, overrides, permissions=Permissions.of(permissions)).unwrap()
    if output is None:
        click.echo(render(spec, analysis), nl=False)
        return
    target = Path(output)
    text = render(spec, analysis, target.absolute().parent)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(text, encoding="utf-8", newline="")
    click.echo(output)
