"""`kspec fmt`: format specs."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, TextIO

import click

from kspec.cli import _completion
from kspec.cli._output import write_document
from kspec.diagnostics import codes

if TYPE_CHECKING:
    from kspec.diagnostics import Diagnostic, Source

EPILOG = """\b
Examples:
  kspec fmt spec.yaml
  kspec fmt specs --check      list the specs that would change, write nothing
  kspec fmt specs --diff       show the changes, write nothing
  kspec fmt - < spec.yaml      standard input to standard output
"""
_STANDARD_INPUT = "-"


@click.command(epilog=EPILOG)
@click.argument("paths", nargs=-1, required=True, metavar="SPEC|FOLDER|-...", shell_complete=_completion.files)
@click.option(
    "--check", is_flag=True, help="Write nothing; list what would change. Exit with status 1 if anything would."
)
@click.option("--diff", is_flag=True, help="Write nothing; show the changes, with the same exit status.")
def command(paths: tuple[str, ...], check: bool, diff: bool) -> None:
    """Format specs: order of keys, indentation, lines, quotes, alignment of comments.

    The meaning of a spec, its comments, the spelling of numbers, the order of a class's arguments and the line endings
    are kept. Sections stay on one line or on several, as you wrote them; anything deeper goes on one line if it fits
    in 120 columns.

    In a folder, every YAML file with a top-level key `kspec` is formatted.
    """
    from kspec.cli import FAILED, FAULTY

    if _STANDARD_INPUT in paths and len(paths) > 1:
        raise click.UsageError("`-` reads one spec from standard input; it takes no other paths")
    only_show = check or diff
    is_filter = _STANDARD_INPUT in paths and not only_show
    diagnostics: list[Diagnostic] = []
    counts = {"changed": 0, "same": 0, "faulty": 0, "refused": 0}
    for source in _sources(paths, diagnostics):
        kind, text = _formatted(source, diagnostics)
        counts[kind] += 1
        if diff and kind == "changed":
            from kspec.rewrite.atomic_write import diff as difference

            sys.stdout.write(difference(source, text))
        if is_filter:
            write_document(text)
        elif kind == "changed":
            _change(source, text, only_show, quiet=diff)
    stream = sys.stderr if diff or is_filter else sys.stdout
    _print_outcome(diagnostics, {} if is_filter else counts, stream, would=only_show)
    if counts["refused"]:
        click.get_current_context().exit(FAILED)
    if any(problem.is_error for problem in diagnostics) or (only_show and counts["changed"]):
        click.get_current_context().exit(FAULTY)


def _sources(paths: Iterable[str], diagnostics: list[Diagnostic]) -> Iterator[Source]:
    """The sources that the command line names, each once; unreadable ones are reported in `diagnostics`."""
    from kspec.diagnostics import Report, Source, Span
    from kspec.rewrite.fmt.files import specs_in
    from kspec.syntax.source import read_source, source_of

    seen = set()
    for path in paths:
        report = Report()
        files = [str(file) for file in specs_in(path)] if os.path.isdir(path) else [path]
        if not files:
            report.error(
                codes.UNREADABLE_FILE,
                "no spec in this folder",
                Span(Source(path, ""), 1, 1, 1, 1),
                help="a spec is a YAML file with a top-level `kspec: 1`",
            )
        for file in files:
            if os.path.realpath(file) in seen:
                continue
            seen.add(os.path.realpath(file))
            if file == _STANDARD_INPUT:
                source = source_of("<stdin>", sys.stdin.buffer.read(), report)
            else:
                source = read_source(file, report)
            if source is not None:
                yield source
        diagnostics += report.sorted()


def _formatted(source: Source, diagnostics: list[Diagnostic]) -> tuple[str, str]:
    """The outcome of formatting (changed, same, faulty, refused), and the new text."""
    from kspec.diagnostics import SpecError
    from kspec.rewrite.fmt import CannotFormat, format_source

    try:
        text = format_source(source)
    except SpecError as error:
        diagnostics += error.diagnostics
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
        click.echo(f"{source.name}: {'would change' if only_show else 'formatted'}")


def _print_outcome(diagnostics: list[Diagnostic], counts: dict[str, int], stream: TextIO, *, would: bool) -> None:
    """Prints the diagnostics, and how many specs changed and how many did not."""
    from kspec.diagnostics.render import render

    render(diagnostics, "text", stream)
    changed, same = counts.get("changed"), counts.get("same")
    faulty = counts.get("faulty", 0) + counts.get("refused", 0)
    counted = [
        f"{changed} {'would change' if would else 'formatted'}" if changed else "",
        f"{same} unchanged" if same else "",
        f"{faulty} skipped" if faulty else "",
    ]
    if any(counted):
        stream.write(", ".join(filter(None, counted)) + "\n")
