"""`kspec layers`: the catalog of what Keras offers."""

from __future__ import annotations

import json
import sys
from typing import Any

import click

from kspec import catalog
from kspec.catalog import Entry, Kind
from kspec.cli import _completion
from kspec.cli._options import output_format

EPILOG = """\b
Examples:
  kspec layers                       all layers
  kspec layers Dense                 its arguments, its call, an example
  kspec layers --kind op             all functions of keras.ops
  kspec layers Adam --format json    for machines
"""


@click.command(epilog=f"{EPILOG}\nKinds: {', '.join(catalog.KINDS)}.")
@click.argument("name", required=False, shell_complete=_completion.objects)
@click.option(
    "--kind",
    type=click.Choice(catalog.KINDS),
    metavar="KIND",
    help="The kind to list or to look in, one of those below; layers by default.",
)
@output_format("text", "json")
def command(name: str | None, kind: Kind | None, format_: str) -> None:
    """List what a spec can use: layers, ops, optimizers, losses, metrics …, with their arguments.

    The catalog describes Keras as installed; TensorFlow is not imported.
    """
    if name is None:
        _list(kind or "layer", format_)
        return
    from kspec.schema.reference import kinds_of

    kinds = [kind] if kind else kinds_of(name)
    entry = catalog.find(kinds[0], name) if kinds else None
    if entry is None:
        raise click.UsageError(_unknown(name, kind))
    if format_ == "json":
        _print_json(entry)
    else:
        sys.stdout.write(_page(entry, [other for other in kinds_of(name) if other != entry.kind]))


def _list(kind: Kind, format_: str) -> None:
    names = catalog.names(kind)
    if format_ == "json":
        described = [{"name": name, "description": catalog.find(kind, name).doc} for name in names]  # type: ignore[union-attr]
        print(json.dumps({"kind": kind, "names": described}, indent=2))
        return
    from kspec.cli._columns import in_columns
    from kspec.schema.reference import NOUNS

    noun = NOUNS[kind]
    plural = "losses" if noun == "loss" else f"{noun}s"
    sys.stdout.write(f"{len(names)} {plural}\n\n{in_columns(names)}\n")
    sys.stdout.write(f"`kspec layers {names[0]}` shows its arguments; --kind takes {', '.join(catalog.KINDS)}.\n")


def _print_json(entry: Entry) -> None:
    from kspec.schema.reference import as_plain

    print(json.dumps(as_plain(entry), indent=2))


def _page(entry: Entry, others: list[Kind]) -> str:
    import textwrap

    from kspec.cli._columns import definitions, width
    from kspec.schema.reference import NOUNS, example, signature

    where = f" ({entry.path})" if entry.path else ""
    text = f"{entry.name}: {NOUNS[entry.kind]}{where}\n\n"
    text += textwrap.fill(entry.doc, width()) + "\n"
    if entry.aliases:
        text += f"Also called {', '.join(entry.aliases)}.\n"
    if entry.refused:
        return text + f"\nNot available in a spec: {entry.refused}\n"
    text += f"\n{textwrap.fill(signature(entry), width(), subsequent_indent='    ')}\n"
    if entry.parameters:
        text += f"\nArguments\n{definitions([_argument(p) for p in entry.parameters.values()])}"
    if entry.tensors:
        text += f"\nTensors, through `from`\n{definitions([_tensor(tensor) for tensor in entry.tensors])}"
    if entry.constants:
        text += (
            f"\nArguments of the call, under `call`\n{definitions([_argument(p) for p in entry.constants.values()])}"
        )
    if entry.skipped:
        text += (
            f"\nNot available in a spec\n{definitions([(name, [reason]) for name, reason in entry.skipped.items()])}"
        )
    text += f"\nExample\n{textwrap.indent(example(entry), '  ')}\n"
    for other in others:
        text += f"\nAlso {_article(NOUNS[other])}: kspec layers {entry.name} --kind {other}\n"
    return text


def _article(noun: str) -> str:
    return f"{'an' if noun[0] in 'aeio' else 'a'} {noun}"


def _argument(parameter: Any) -> tuple[str, list[str]]:
    from kspec.catalog.type_text import describe
    from kspec.catalog.types import parse
    from kspec.schema.reference import default

    words = describe(parse(parameter.type))
    requirement = "required" if parameter.required else f"default {default(parameter)}"
    return parameter.name, [f"{words}; {requirement}", parameter.doc]


def _tensor(tensor: Any) -> tuple[str, list[str]]:
    forms = {"one": "one tensor", "list": "a list of tensors", "spread": "any number of tensors"}
    return tensor.name, [forms[tensor.form] + ("" if tensor.required else "; optional")]


def _unknown(name: str, kind: Kind | None) -> str:
    from kspec.diagnostics import nearest
    from kspec.schema.reference import NOUNS

    for candidate in [kind] if kind else catalog.KINDS:
        match = nearest(name, catalog.names(candidate))
        if match:
            where = f" --kind {candidate}" if kind else ""
            return f"unknown name `{name}`; did you mean `{match}` ({NOUNS[candidate]})? kspec layers {match}{where}"
    return f"unknown name `{name}`; `kspec layers{f' --kind {kind}' if kind else ''}` lists them all"
