"""The way of a text through the formatter, and the net below it."""

from __future__ import annotations

import re
from typing import Any

from kspec.diagnostics import Path, Report, Source, SpecError
from kspec.rewrite.fmt.comments import attach, comments
from kspec.rewrite.fmt.printer import Printer, aligned
from kspec.rewrite.fmt.style import order
from kspec.rewrite.fmt.tree import read
from kspec.syntax import parse

_FIRST_BREAK = re.compile("\r\n|\r|\n")


class CannotFormat(ValueError):
    """A text whose meaning the formatter would change: it is left alone."""


def format_text(text: str) -> str:
    """A spec's text in the canon's layout; line endings stay.

    Raises:
        SpecError: when the text is no YAML that kspec takes.
        CannotFormat: when it is written in a way that leaves no sure layout.

    >>> format_text("layers: [{Dense: {'units': 3}, name: out}]\\nkspec: 1\\n")
    'kspec: 1\\nlayers:\\n  - Dense: {units: 3}\\n    name: out\\n'
    """
    return format_source(Source("spec.yaml", text))


def format_source(source: Source) -> str:
    """The same of a text that has a name, for the diagnostics to cite."""
    values = _values(source)
    if not values:
        return source.text
    document = read(source)
    attach(document, source)
    lines = aligned(Printer(document).print())
    found = _FIRST_BREAK.search(source.text)
    break_ = "\r\n" if found and found[0] == "\r\n" else "\n"
    text = "".join(f"{line}{break_}" for line in lines)
    _compare(source, values, Source(source.name, text))
    return text


def _values(source: Source) -> Any:
    report = Report()
    tree = parse(source, report)
    if tree is not None and not isinstance(tree.value, dict):
        from kspec.language.document import Document
        from kspec.language.validate import validate

        validate(tree.value, tree.positions, report, Document)  # says so
    report.raise_errors()
    assert tree is not None
    return tree.value


def _compare(source: Source, values: Any, new: Source) -> None:
    """Makes sure that a text still says what it said.

    Raises:
        CannotFormat: when it does not.
    """
    try:
        same = _in_order(values, ()) == _in_order(_values(new), ())
    except SpecError:
        same = False
    if not same:
        raise CannotFormat("its layout would change what it says")
    if _words(source) != _words(new):
        raise CannotFormat("its layout would lose a comment")


def _in_order(value: Any, path: Path) -> Any:
    """Values in a form that tells `1` from `1.0` and `true`, and one order of keys from another where it matters."""
    if isinstance(value, dict):
        keys = list(value)
        positions = order(path, keys) or range(len(keys))
        return [(keys[position], _in_order(value[keys[position]], (*path, keys[position]))) for position in positions]
    if isinstance(value, list):
        return [_in_order(item, (*path, index)) for index, item in enumerate(value)]
    return (type(value), repr(value))


def _words(source: Source) -> list[str]:
    """All words of all comments, in no order."""
    return sorted(
        word for comment in comments(source) for part in (comment, *comment.more) for word in part.text.split()
    )
