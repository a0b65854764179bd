"""`kspec import`: the spec of a Keras model."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from kspec.cli._options import STANDARD_INPUT, spec_file
from kspec.cli._output import write_document

EPILOG = """\b
Examples:
  kspec import model.keras -o spec.yaml
  kspec import model.keras -o spec.yaml --weights    its weights beside it
  kspec import resnet.json -o resnet.yaml --compact  repeated chains as blocks
  kspec import - < model.json                        JSON on standard input
"""


@click.command(epilog=EPILOG)
@click.argument("model", type=click.Path(), metavar="MODEL.keras|MODEL.json|-")
@spec_file
@click.option("--weights", is_flag=True, help="Also write the weights; the spec then starts from them.")
@click.option("--compact", is_flag=True, help="Write repeated chains as blocks.")
@click.option("--no-compile", is_flag=True, help="Leave out optimizer, loss and metrics.")
@click.option("--force", is_flag=True, help="Overwrite existing files.")
def command(model: str, output: str, weights: bool, compact: bool, no_compile: bool, force: bool) -> None:
    """Write the spec that builds a Keras model.

    MODEL is what `model.save("model.keras")` or `model.to_json()` writes: a functional or Sequential model of Keras's
    own layers; `-` is the JSON on standard input. It is read as data: no code in it runs. TensorFlow is imported only
    to write weights.
    """
    from kspec.importer.from_model import import_file, import_json
    from kspec.syntax.regular_files import write_text

    if weights and model == STANDARD_INPUT:
        raise click.UsageError("--weights needs a .keras file: the JSON on standard input has no weights")
    if weights and output == "-":
        raise click.UsageError("--weights writes a file beside the spec: name the spec, -o spec.yaml")
    target = Path(output)
    if output != "-" and target.exists() and not force:
        raise click.UsageError(f"{output} exists; --force overwrites it, -o names another file")
    compiled = not no_compile
    if model == STANDARD_INPUT:
        imported = import_json(sys.stdin.buffer, compiled=compiled, compact=compact)
    else:
        imported = import_file(model, compiled=compiled, compact=compact)
    if output == "-":
        write_document(imported.text)
        _print_notes(imported.notes)
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    paths = [output, *map(str, imported.write_vocabularies(target))]
    if weights:
        paths.append(str(imported.write_weights(target)))
    write_text(target, imported.text, newline="\n")
    _print_notes(imported.notes)
    click.echo(f"wrote {' and '.join(paths)}\nnext: kspec check {output}, kspec summary {output}")


def _print_notes(notes: list[str]) -> None:
    for note in notes:
        click.echo(f"note: {note}", err=True)
