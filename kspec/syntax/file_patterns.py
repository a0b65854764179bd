"""Patterns of files with fields: `photos/{patient}/{slice}.png`. A field stands for a part of a name."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import PurePosixPath

from kspec.syntax.names import NAME

_FIELD = re.compile(r"\{([^{}]*)\}")
_MAGIC = re.compile(r"\*\*/|\*\*|\*|\?|\[[^]]+\]")


class InvalidPattern(ValueError):
    """A text is no pattern; the message says why."""


@dataclass(frozen=True)
class FilePattern:
    """A pattern of file names.

    Args:
        text: As written; `*`, `?`, `[…]` and `**` match as in other globs.
    """

    text: str

    @cached_property
    def fields(self) -> tuple[str, ...]:
        """The names in braces, each once, in their order."""
        return tuple(dict.fromkeys(_FIELD.findall(self.text)))

    @property
    def glob(self) -> str:
        """A glob that matches at least what the pattern matches."""
        return _FIELD.sub("*", self.text)

    @property
    def is_exact(self) -> bool:
        """Whether the values of the fields tell the name of the file."""
        return not _MAGIC.search(_FIELD.sub("", self.text))

    @property
    def suffix(self) -> str:
        """The suffix of every match, in lower case; empty if it differs."""
        suffix = PurePosixPath(self.text).suffix.lower()
        return "" if _FIELD.search(suffix) or _MAGIC.search(suffix) else suffix

    def values(self, path: str) -> dict[str, str] | None:
        """The values of the fields in a path; None if it does not match."""
        found = self._expression.fullmatch(path)
        return None if found is None else {name: found[f"f{number}"] for number, name in enumerate(self.fields)}

    def name(self, values: Mapping[str, str]) -> str:
        """The file for these values of the fields; the pattern is exact."""
        return _FIELD.sub(lambda field: values[field[1]], self.text)

    @cached_property
    def _expression(self) -> re.Pattern[str]:
        parts, seen = [], set()
        for place, piece in enumerate(_FIELD.split(PurePosixPath(self.text).as_posix())):
            if place % 2 == 0:
                parts.append(_literal(piece))
                continue
            group = f"f{self.fields.index(piece)}"
            parts.append(f"(?P={group})" if piece in seen else f"(?P<{group}>[^/]+)")
            seen.add(piece)
        return re.compile("".join(parts), re.DOTALL)


def _literal(text: str) -> str:
    """A regular expression for the part of a glob between two fields."""
    parts, end = [], 0
    for magic in _MAGIC.finditer(text):
        parts.append(re.escape(text[end : magic.start()]))
        word, end = magic[0], magic.end()
        known = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
        parts.append(known[word] if word in known else fnmatch.translate(word)[:-2])
    return "".join([*parts, re.escape(text[end:])])


def parse_pattern(text: str) -> FilePattern:
    """Reads a pattern.

    Raises:
        InvalidPattern: If its braces are wrong.
    """
    rest = _FIELD.sub("", text)
    if "{" in rest or "}" in rest:
        raise InvalidPattern(f"a brace of `{text}` has no partner")
    for name in _FIELD.findall(text):
        if not NAME.fullmatch(name):
            raise InvalidPattern(f"`{{{name}}}` names no column" if name else "`{}` needs a name")
    return FilePattern(text)
