"""`kspec schema`: the JSON Schema of the language."""

from __future__ import annotations

from pathlib import Path

import click

from kspec.cli._options import output_file

EPILOG = """\b
Examples:
  kspec schema -o kspec.schema.json
  kspec schema | jq '.definitions["layer.Dense"]'

\b
An editor with a YAML language server checks a spec that begins with
  # yaml-language-server: $schema=kspec.schema.json
"""


@click.command(epilog=EPILOG)
@output_file("Write it to a file instead of standard output.", aliases=("--out",))
def command(output: str | None) -> None:
    """Write the JSON Schema with which editors check and complete specs.

    It is generated from the language and the catalog, so it agrees with `kspec check` on keys, arguments and values.
    """
    from kspec.cli._output import write_document
    from kspec.schema.document import as_text
    from kspec.syntax.regular_files import write_text

    text = as_text()
    if output in (None, "-"):
        write_document(text)
        return
    target = Path(output)
    target.parent.mkdir(parents=True, exist_ok=True)
    write_text(target, text, newline="\n")
