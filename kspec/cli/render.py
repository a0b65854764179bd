"""`kspec render`: the resolved spec."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from kspec.cli import _completion
from kspec.cli._options import existing, output_file, overrides, permissions, spec_or_run

if TYPE_CHECKING:
    from kspec.diagnostics import Source

EPILOG = """\b
Examples:
  kspec render spec.yaml
  kspec render spec.yaml --set vars.width=64 -o wide.yaml
  kspec render - < spec.yaml
  kspec render mlp --best -o best.yaml
"""


@click.command(epilog=EPILOG)
@click.argument("path", metavar="SPEC|RUN|-", shell_complete=_completion.files_and_runs)
@output_file("Write it to a file instead of standard output.")
@overrides
@click.option("--best", is_flag=True, help="Of a sweep: the spec of its best trial, without the sweep.")
@click.option("--trial", type=click.IntRange(0), metavar="N", help="Of a sweep: the spec of a trial.")
@permissions
def command(
    path: str,
    output: str | None,
    overrides: tuple[str, ...],
    best: bool,
    trial: int | None,
    **permissions: bool,
) -> None:
    """Print the resolved spec, with nothing left to defaults.

    Overrides are applied, expressions computed and defaults written out, each with a comment that says where the value
    comes from. Your own comments and layout are kept. The output is a spec of the same model. Values that only the
    data can determine stay as they are.
    """
    from pathlib import Path

    from kspec.cli._output import write_document
    from kspec.compiler.compile import compile_spec
    from kspec.language import Permissions
    from kspec.rewrite.render import render
    from kspec.syntax.regular_files import write_text

    place: Source | str
    if best or trial is not None:
        from kspec.sweep.best_point import best_point

        place, point = best_point(path, trial=trial)
        overrides = (*point, *overrides)
    else:
        place, _ = spec_or_run(path)
    spec, analysis = compile_spec(place, overrides, permissions=Permissions.of(permissions)).unwrap()
    if output in (None, "-"):
        write_document(render(spec, analysis))
        return
    target = Path(output)
    text = render(spec, analysis, target.absolute().parent)
    target.parent.mkdir(parents=True, exist_ok=True)
    overwritten = existing(target)
    write_text(target, text, newline="")
    click.echo(f"{output}{overwritten}")
