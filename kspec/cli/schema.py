"""`kspec schema`: the JSON Schema of the language."""

from __future__ import annotations

import sys

import click

EPILOG = """\b
Examples:
  kspec schema --out kspec.schema.json
  kspec schema | jq '.definitions["layer.Dense"]'

\b
An editor with a YAML language server checks and completes a spec that begins with
  # yaml-language-server: $schema=kspec.schema.json
"""


@click.command(epilog=EPILOG)
@click.option(
    "-o",
    "--out",
    type=click.Path(dir_okay=False),
    metavar="FILE",
    help="Write it to a file instead of standard output.",
)
def command(out: str | None) -> None:
    """Write the JSON Schema with which editors check and complete specs.

    It is generated from the language and the catalog, so it agrees with `kspec check` on keys, arguments and values.
    """
    from kspec.schema.document import as_text

    text = as_text()
    if out is None:
        sys.stdout.write(text)
        return
    with open(out, "w", encoding="utf-8", newline="\n") as file:
        file.write(text)
