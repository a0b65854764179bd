"""Diagnostics as SARIF 2.1.0, which code scanning services and editors read."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TextIO
from urllib.parse import quote

from kspec.diagnostics.diagnostic import MAX_LISTED, Diagnostic, most_important
from kspec.diagnostics.severity import Severity
from kspec.diagnostics.source import Edit, Span

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}


def write(diagnostics: Sequence[Diagnostic], stream: TextIO) -> None:
    """Writes the log of one run, in ASCII."""
    json.dump(as_plain(diagnostics), stream, indent=2)
    stream.write("\n")


def as_plain(diagnostics: Sequence[Diagnostic]) -> dict[str, Any]:
    """The log as plain values. Its rules are those of the diagnostics; `omitted` counts what is too much to list."""
    from kspec._version import __version__

    diagnostics, omitted = most_important(diagnostics, MAX_LISTED)
    codes = sorted({diagnostic.code for diagnostic in diagnostics})
    driver = {
        "name": "kspec",
        "version": __version__,
        "semanticVersion": __version__,
        "rules": [_rule(code) for code in codes],
    }
    run: dict[str, Any] = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": [_result(diagnostic, codes.index(diagnostic.code)) for diagnostic in diagnostics],
    }
    if omitted:
        run["properties"] = {"omitted": omitted}
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def _rule(code: str) -> dict[str, Any]:
    from kspec.diagnostics.codes import RULES
    from kspec.diagnostics.explain import page, title

    rule = RULES.get(code)
    if rule is None:
        return {"id": code}
    text = page(code)
    return {
        "id": code,
        "name": rule.name,
        "shortDescription": {"text": title(code)},
        "help": {"text": text, "markdown": text},
        "defaultConfiguration": {"level": _LEVELS[rule.severity]},
    }


def _result(diagnostic: Diagnostic, rule: int) -> dict[str, Any]:
    sentences = [part for part in (diagnostic.message, diagnostic.label, diagnostic.help) if part]
    result: dict[str, Any] = {
        "ruleId": diagnostic.code,
        "ruleIndex": rule,
        "level": _LEVELS[diagnostic.severity],
        "message": {"text": "\n".join(sentences)},
    }
    if diagnostic.span is not None:
        result["locations"] = [_location(diagnostic.span)]
    if diagnostic.related:
        result["relatedLocations"] = [
            {"id": number, **_location(related.span), "message": {"text": related.message}}
            for number, related in enumerate(diagnostic.related)
        ]
    if diagnostic.edits:
        result["fixes"] = [_fix(diagnostic)]
    return result


def _location(span: Span) -> dict[str, Any]:
    if span.source.is_command_line:
        return {"logicalLocations": [{"name": f"{span.source.name} {span.source.text}"}]}
    place: dict[str, Any] = {"artifactLocation": _artifact(span)}
    if span.source.text:
        place["region"] = _region(span)
    return {"physicalLocation": place}


def _artifact(span: Span) -> dict[str, str]:
    """A file by its URI, relative if the name is."""
    path = Path(span.source.name)
    return {"uri": path.as_uri() if path.is_absolute() else quote(path.as_posix())}


def _region(span: Span) -> dict[str, int]:
    return {
        "startLine": span.line,
        "startColumn": span.column,
        "endLine": span.end_line,
        "endColumn": span.end_column,
    }


def _fix(diagnostic: Diagnostic) -> dict[str, Any]:
    """The edits of one diagnostic, all together, by file."""
    files: dict[str, list[Edit]] = {}
    for edit in diagnostic.edits:
        files.setdefault(edit.span.source.name, []).append(edit)
    changes = [
        {
            "artifactLocation": _artifact(edits[0].span),
            "replacements": [
                {"deletedRegion": _region(edit.span), "insertedContent": {"text": edit.replacement}} for edit in edits
            ],
        }
        for edits in files.values()
    ]
    return {
        "description": {"text": diagnostic.help or diagnostic.label or diagnostic.message},
        "artifactChanges": changes,
    }
