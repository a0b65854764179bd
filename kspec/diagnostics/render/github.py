"""Diagnostics as GitHub workflow commands, which annotate the lines of a pull request."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TextIO

from kspec.diagnostics.diagnostic import Diagnostic, most_important
from kspec.diagnostics.severity import Severity

_COMMANDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "notice"}


def write(diagnostics: Sequence[Diagnostic], stream: TextIO) -> None:
    """Writes one command a line."""
    shown, more = most_important(diagnostics)
    for diagnostic in shown:
        stream.write(command(diagnostic) + "\n")
    if more:
        stream.write(f"::notice ::and {more:,} more\n")


def command(diagnostic: Diagnostic) -> str:
    """One command, such as `::error file=spec.yaml,line=3,col=5,endLine=3,endColumn=9,title=KS201::unknown node …`."""
    properties: dict[str, str | int] = {}
    span = diagnostic.span
    if span is not None and not span.source.is_command_line:
        properties["file"] = span.source.name
        properties["line"] = span.line
        properties["col"] = span.column
        properties["endLine"] = span.end_line
        if span.end_line == span.line:
            properties["endColumn"] = span.end_column
    properties["title"] = diagnostic.code
    place = ",".join(f"{name}={_property(str(value))}" for name, value in properties.items())
    option = f"in {span.source.name} {span.source.text}" if span is not None and "file" not in properties else ""
    message = "\n".join(part for part in (diagnostic.message, option, diagnostic.label, diagnostic.help) if part)
    return f"::{_COMMANDS[diagnostic.severity]} {place}::{_data(message)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
