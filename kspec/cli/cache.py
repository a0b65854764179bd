"""`kspec cache`: the data that is stored for the next run."""

from __future__ import annotations

import json
import time

import click

from kspec.cli._options import output_format

EPILOG = """\b
Examples:
  kspec cache
  kspec cache --clear
  kspec cache --clear 3f2a91
"""


@click.command(epilog=EPILOG)
@click.argument("name", required=False)
@click.option("--clear", is_flag=True, help="Delete the listed data.")
@output_format("text", "json")
def command(name: str | None, clear: bool, format_: str) -> None:
    """List stored data: its name, size, age and spec.

    NAME, or the beginning of one, lists only that. Large tables are stored by themselves, others by
    `kspec run --cache`. All of it can be deleted: the next run reads the tables again.
    """
    from kspec.data.storage.stored_data import delete, stored_data
    from kspec.language.byte_sizes import bytes_text

    found = [each for each in stored_data() if each.name.startswith(name or "")]
    if name and not found:
        raise click.UsageError(f"no data is stored under {name}; `kspec cache` lists all")
    if clear:
        for each in found:
            delete(each)
    if format_ == "json":
        click.echo(json.dumps({"deleted" if clear else "stored": [each.to_json() for each in found]}, indent=2))
        return
    total = sum(each.bytes for each in found)
    if not found:
        click.echo("no data is stored; `kspec run SPEC --cache` stores it")
    elif clear:
        click.echo(f"deleted {len(found)}: {bytes_text(total)}")
    else:
        for each in found:
            click.echo(f"{each.name[:12]}  {bytes_text(each.bytes):>8}  {_age(each.written):>8}  {each.spec}")


def _age(written: float) -> str:
    """How long ago in words: `3 h`."""
    age = max(0.0, time.time() - written)
    for length, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if age >= length:
            return f"{age / length:.0f} {unit}"
    return f"{age:.0f} s"
