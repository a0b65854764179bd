"""`kspec check`: all problems of specs, at once."""

from __future__ import annotations

import sys
from typing import Any

import click

from kspec.cli._options import overrides, permissions
from kspec.diagnostics.render import FORMATS, Format

EPILOG = """\b
Examples:
  kspec check spec.yaml
  kspec check specs/*.yaml --strict --format github
"""


@click.command(epilog=EPILOG)
@click.argument("paths", nargs=-1, required=True, metavar="SPEC...")
@click.option("--format", "format_", type=click.Choice(FORMATS), default="text", show_default=True,
              help="For people, or for machines.")  # fmt: skip
@overrides
@click.option("--strict", is_flag=True, help="Warnings count as errors.")
@click.option("--with-keras", is_flag=True, help="Also build the model with Keras, and say what that refuses.")
@permissions
def command(
    paths: tuple[str, ...],
    format_: Format,
    overrides: tuple[str, ...],
    strict: bool,
    with_keras: bool,
    **permissions: bool,
) -> None:
    """Say everything that can be told of specs without running them.

    TensorFlow is not imported, no code of the spec's runs. The exit status is 1 when there are errors.
    """
    from kspec.diagnostics import Diagnostic, Severity
    from kspec.diagnostics.render import render

    found: list[Diagnostic] = []
    clean: list[str] = []
    for path in paths:
        diagnostics, size = _check(path, overrides, with_keras, permissions)
        found += diagnostics
        counting = [d for d in diagnostics if d.is_error or (strict and d.severity is Severity.WARNING)]
        if not counting:
            clean.append(f"{path}: ok ({size} layer{'' if size == 1 else 's'})\n")
    render(found, format_, sys.stdout)
    if format_ == "text":
        sys.stdout.writelines(clean)
    if len(clean) < len(paths):
        click.get_current_context().exit(1)


def _check(
    path: str, overrides: tuple[str, ...], with_keras: bool, permissions: dict[str, bool]
) -> tuple[list[Any], int]:
    """What is to be said of one spec, and how many layers it has."""
    from kspec import api
    from kspec.diagnostics import SpecError

    try:
        spec = api.load(path, overrides, **permissions)
    except SpecError as error:
        return list(error.diagnostics), 0
    return api.check(spec, with_keras=with_keras), len(spec.document.layers)
