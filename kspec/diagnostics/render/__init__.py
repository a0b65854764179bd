"""Diagnostics → text for people and for machines."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, TextIO, get_args

from kspec.diagnostics.diagnostic import Diagnostic

Format = Literal["text", "json", "sarif", "github"]
FORMATS: tuple[Format, ...] = get_args(Format)


def render(diagnostics: Iterable[Diagnostic], format: Format, stream: TextIO) -> None:
    """Writes diagnostics to a stream, in their order.

    Args:
        diagnostics: The problems.
        format: `text` for people; `json`, `sarif` and `github` (workflow commands) for machines. `json` and `sarif`
            write a whole document even if there are no diagnostics.
        stream: Where to write.
    """
    if format == "text":
        from kspec.diagnostics.render.terminal import write
    elif format == "json":
        from kspec.diagnostics.render.json_format import write
    elif format == "sarif":
        from kspec.diagnostics.render.sarif import write
    elif format == "github":
        from kspec.diagnostics.render.github import write
    else:
        raise ValueError(f"unknown format {format!r}; formats are {', '.join(FORMATS)}")
    write(list(diagnostics), stream)
