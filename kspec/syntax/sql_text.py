"""Looks at the text of an SQL statement, as far as that is the same in SQLite and PostgreSQL."""

from __future__ import annotations

import re

_SKIPPED = re.compile(
    r"""--[^\n]*|/\*.*?(?:\*/|\Z)|[eE]'(?:[^'\\]|''|\\.)*(?:'|\Z)|'(?:[^']|'')*(?:'|\Z)|"(?:[^"]|"")*(?:"|\Z)
    |`(?:[^`]|``)*(?:`|\Z)|\$(\w*)\$.*?(?:\$\1\$|\Z)""",
    re.DOTALL | re.VERBOSE,
)
"""Comments, texts and quoted names."""
READING = ("select", "with", "values", "table")
"""The words that a statement begins with if it returns rows."""


def query_problem(text: str) -> str:
    """Why a text is not one statement that returns rows, as the beginning of a sentence; empty if it is one.

    A database whose connection cannot write is what keeps it from being changed; this finds what is written by mistake.
    """
    if "\0" in text:
        return "the query contains a null character"
    bare = _SKIPPED.sub(" ", text).strip()
    statement = bare.rstrip("; \t\r\n")
    if ";" in statement:
        return "the query is more than one statement"
    found = re.match(r"[\s(]*([A-Za-z_]+)", statement)
    if found is None:
        return "the query is empty" if not statement else "the query is no SELECT"
    word = found[1]
    return "" if word.lower() in READING else f"the query is no SELECT but `{word.upper()}`"
