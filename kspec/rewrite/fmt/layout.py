"""The formatter from text to text, with a comparison of the results as a safety net."""

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
    """The formatter would change the meaning of a text, which is therefore not written."""


def format_text(text: str) -> str:
    """Formats the text of a spec; line endings are kept.

    Raises:
        SpecError: If the text is not valid YAML.
        CannotFormat: If formatting would change its meaning.

    >>> format_text("layers: [{Dense: {'units': 3}, name: out}]\\nkspec: 1\\n")
    'kspec: 1\\nlayers:\\n  - Dense: {units: 3}\\n    name: out\\n'
    """
    return format_source(Source("spec.yaml", text))


def format_source(source: Source) -> str:
    """Formats a text that has a name, which its diagnostics show."""
    values = _values(source)
    if not values:
        return source.text
    text = _printed(source)
    if text != source.text:
        _compare(source, values, Source(source.name, text))
    return text


def is_formatted(source: Source) -> bool:
    """Whether the text of a valid spec is in the style of `format_text`."""
    return _printed(source) == source.text


def _printed(source: Source) -> str:
    document = read(source)
    attach(document, source)
    lines = aligned(Printer(document).print())
    match = _FIRST_BREAK.search(source.text)
    break_ = "\r\n" if match and match[0] == "\r\n" else "\n"
    return "".join(f"{line}{break_}" for line in lines)


def _values(source: Source) -> Any:
    report = Report()
    tree = parse(source, report)
    if tree is not None and not isinstance(tree.value, dict):
        from kspec.language.document import Document
        from kspec.language.validate import validate

        validate(tree.value, tree.positions, report, Document)  # reports it
    report.raise_errors()
    assert tree is not None
    return tree.value


def _compare(source: Source, values: Any, new: Source) -> None:
    """Compares the meaning and the comments of a text before and after formatting.

    Raises:
        CannotFormat: If they differ.
    """
    try:
        same = _in_order(values, ()) == _in_order(_values(new), ())
    except SpecError:
        same = False
    if not same:
        raise CannotFormat("formatting would change its meaning")
    if _words(source) != _words(new):
        raise CannotFormat("formatting would lose a comment")


def _in_order(value: Any, path: Path) -> Any:
    """Values in a form that distinguishes `1`, `1.0` and `true`, and orders of keys where they matter."""
    if isinstance(value, dict):
        keys = list(value)
        positions = order(path, keys) or range(len(keys))
        return [(keys[position], _in_order(value[keys[position]], (*path, keys[position]))) for position in positions]
    if isinstance(value, list):
        return [_in_order(item, (*path, index)) for index, item in enumerate(value)]
    return (type(value), repr(value))


def _words(source: Source) -> list[str]:
    """The words of all comments, sorted."""
    return sorted(
        word for comment in comments(source) for part in (comment, *comment.more) for word in part.text.split()
    )
