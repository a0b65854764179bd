"""`kspec fmt`: specs in one layout."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, TextIO

import click

from kspec.diagnostics import codes

if TYPE_CHECKING:
    from kspec.diagnostics import Diagnostic, Source

EPILOG = """\b
Examples:
  kspec fmt spec.yaml
  kspec fmt specs --check      says which specs would change, writes nothing
  kspec fmt specs --diff       shows how
  kspec fmt - < spec.yaml      from standard input to standard output
"""
_STANDARD_INPUT = "-"


@click.command(epilog=EPILOG)
@click.argument("paths", nargs=-1, required=True, metavar="SPEC|FOLDER...")
@click.option("--check", is_flag=True, help="Write nothing; say what would change. The exit status is 1 if anything.")
@click.option("--diff", is_flag=True, help="Write nothing; show what would change, with the same exit status.")
def command(paths: tuple[str, ...], check: bool, diff: bool) -> None:
    """Write specs in one layout: order of keys, indentation, lines, quotes, columns of comments.

    A spec means what it meant, comments stay with what they speak of, numbers are kept as written, and a class's
    arguments in your order. Sections stay on one line or on several as you wrote them; what is deeper is on one line
    where it fits into 120 columns. Line endings stay.

    Of a folder, all YAML files are written that have the key `kspec` at their top.
    """
    from kspec.cli import FAILED, FAULTY

    if _STANDARD_INPUT in paths and len(paths) > 1:
        raise click.UsageError("`-` reads one spec from standard input: give it alone")
    only_show = check or diff
    is_filter = _STANDARD_INPUT in paths and not only_show
    found: list[Diagnostic] = []
    counts = {"changed": 0, "same": 0, "faulty": 0, "refused": 0}
    for source in _sources(paths, found):
        kind, text = _formatted(source, found)
        counts[kind] += 1
        if diff and kind == "changed":
            from kspec.rewrite.atomic_write import diff as shown

            sys.stdout.write(shown(source, text))
        if is_filter:
            sys.stdout.buffer.write(text.encode("utf-8"))
        elif kind == "changed":
            _change(source, text, only_show, quiet=diff)
    _tell(found, {} if is_filter else counts, sys.stderr if diff or is_filter else sys.stdout, would=only_show)
    if counts["refused"]:
        click.get_current_context().exit(FAILED)
    if any(problem.is_error for problem in found) or (only_show and counts["changed"]):
        click.get_current_context().exit(FAULTY)


def _sources(paths: Iterable[str], found: list[Diagnostic]) -> Iterator[Source]:
    """The texts that the command line names, each once; what cannot be read is found."""
    from kspec.diagnostics import Report, Source, Span
    from kspec.rewrite.fmt.files import specs_in
    from kspec.syntax.source import read_source, source_of

    seen = set()
    for path in paths:
        report = Report()
        files = [str(file) for file in specs_in(path)] if os.path.isdir(path) else [path]
        if not files:
            report.error(codes.UNREADABLE_FILE, "no spec is in this folder", Span(Source(path, ""), 1, 1, 1, 1),
                         help="a spec is a YAML file with `kspec: 1` at its top")  # fmt: skip
        for file in files:
            if os.path.realpath(file) in seen:
                continue
            seen.add(os.path.realpath(file))
            if file == _STANDARD_INPUT:
                source = source_of("standard input", sys.stdin.buffer.read(), report)
            else:
                source = read_source(file, report)
            if source is not None:
                yield source
        found += report.sorted()


def _formatted(source: Source, found: list[Diagnostic]) -> tuple[str, str]:
    """What became of a text (changed, same, faulty, refused), and the new one."""
    from kspec.diagnostics import SpecError
    from kspec.rewrite.fmt import CannotFormat, format_source

    try:
        text = format_source(source)
    except SpecError as error:
        found += error.diagnostics
        return "faulty", ""
    except CannotFormat as error:
        print(f"kspec: {source.name}: {error}", file=sys.stderr)
        return "refused", ""
    return ("same" if text == source.text else "changed"), text


def _change(source: Source, text: str, only_show: bool, quiet: bool) -> None:
    from kspec.rewrite.atomic_write import replace_text

    if not only_show:
        replace_text(source, text)
    if not quiet:
        click.echo(f"{source.name}: {'would be changed' if only_show else 'formatted'}")


def _tell(found: list[Diagnostic], counts: dict[str, int], stream: TextIO, *, would: bool) -> None:
    """The diagnostics, and how many specs were changed and how many were not."""
    from kspec.diagnostics.render import render

    render(found, "text", stream)
    changed, same = counts.get("changed"), counts.get("same")
    faulty = counts.get("faulty", 0) + counts.get("refused", 0)
    parts = [
        f"{changed} {'would be changed' if would else 'formatted'}" if changed else "",
        f"{same} as {'it' if same == 1 else 'they'} should be" if same else "",
        f"{faulty} left alone" if faulty else "",
    ]
    if any(parts):
        stream.write(", ".join(part for part in parts if part) + "\n")
