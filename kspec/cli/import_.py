"""`kspec import`: a Keras model as a spec."""

from __future__ import annotations

import sys
from pathlib import Path

import click

EPILOG = """\b
Examples:
  kspec import model.keras -o spec.yaml
  kspec import model.keras -o spec.yaml --weights    its weights beside the spec
  kspec import resnet.json -o resnet.yaml --compact  chains that repeat as blocks
"""


@click.command(epilog=EPILOG)
@click.argument("model", type=click.Path(), metavar="MODEL.keras|MODEL.json")
@click.option("-o", "--out", type=click.Path(dir_okay=False), default="spec.yaml", show_default=True, metavar="FILE",
              help="Where to write the spec; - shows it.")  # fmt: skip
@click.option("--weights", is_flag=True, help="Write the weights beside the spec, which then starts from them.")
@click.option("--compact", is_flag=True, help="Write chains that repeat as blocks.")
@click.option("--no-compile", is_flag=True, help="Leave out what the model was compiled with.")
@click.option("--force", is_flag=True, help="Overwrite what is there.")
def command(model: str, out: str, weights: bool, compact: bool, no_compile: bool, force: bool) -> None:
    """Write a Keras model as a spec that builds the same model.

    MODEL is what `model.save("model.keras")` or `model.to_json()` writes: a functional or Sequential model of Keras's
    own layers. It is read as data: no code in it runs, and TensorFlow is not imported, save to write weights.
    """
    from kspec.importer.from_model import import_file

    if weights and out == "-":
        raise click.UsageError("weights are written beside the spec: give it a name, -o spec.yaml")
    target = Path(out)
    if out != "-" and target.exists() and not force:
        raise click.UsageError(f"{out} is there already; --force overwrites it, -o names another file")
    found = import_file(model, compiled=not no_compile, compact=compact)
    if out == "-":
        sys.stdout.write(found.text)
        _tell(found.notes)
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    written = [out, *map(str, found.write_vocabularies(target))]
    if weights:
        written.append(str(found.write_weights(target)))
    target.write_text(found.text, encoding="utf-8", newline="\n")
    _tell(found.notes)
    click.echo(f"wrote {' and '.join(written)}\nnext: kspec check {out}, kspec summary {out}")


def _tell(notes: list[str]) -> None:
    for note in notes:
        click.echo(f"note: {note}", err=True)
