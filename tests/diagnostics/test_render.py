"""The renderings: encodings, colours, widths, and the formats for machines."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from jsonschema import Draft7Validator

from kspec.diagnostics import Diagnostic, Edit, Related, Severity, Source, Span
from kspec.diagnostics.render import FORMATS, render
from kspec.diagnostics.render.github import command
from kspec.diagnostics.render.sarif import as_plain
from kspec.diagnostics.snippet import snippet, text_width

SOURCE = Source("specs/a b.yaml", "kspec: 1\nlayers:\n  - Dens: {units: 1}\n")
SPAN = Span(SOURCE, 3, 5, 3, 9)


def diagnostic(**more: Any) -> Diagnostic:
    fields: dict[str, Any] = {"span": SPAN, "label": "did you mean `Dense`?", "help": "write `Dense`", **more}
    return Diagnostic("KS106", Severity.ERROR, "unknown layer `Dens`", **fields)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def shown(*diagnostics: Diagnostic, format: Any = "text", stream: io.StringIO | None = None) -> str:
    stream = stream or io.StringIO()
    render(diagnostics, format, stream)
    return stream.getvalue()


@pytest.fixture(autouse=True)
def _usual_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NO_COLOR", "FORCE_COLOR", "COLUMNS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")


def test_a_terminal_shows_the_same_text_in_colour() -> None:
    import re

    coloured = shown(diagnostic(), stream=Terminal())
    assert "\x1b[" in coloured
    assert re.sub(r"\x1b\[[\d;]*m", "", coloured) == shown(diagnostic())


@pytest.mark.parametrize(("name", "value"), [("NO_COLOR", "1"), ("TERM", "dumb")])
def test_plain_text_where_the_user_asks_for_it(name: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, value)
    assert shown(diagnostic(), stream=Terminal()) == shown(diagnostic())


def test_a_narrow_terminal_cuts_the_source_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "50")
    source = Source("spec.yaml", "a" * 100 + "wrong" + "b" * 100)
    line = shown(diagnostic(span=Span(source, 1, 101, 1, 106)), stream=Terminal()).splitlines()[2]
    assert "wrong" in line
    assert len(line) < 90


def test_an_ascii_stream_gets_an_ascii_frame() -> None:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="ascii")
    render([diagnostic(help="a „quote“")], "text", stream)
    stream.flush()
    text = raw.getvalue().decode("ascii")
    assert " --> specs/a b.yaml:3:5" in text
    assert "3|   - Dens" in text
    assert "\\u201e" in text


def test_no_diagnostics() -> None:
    assert shown() == ""
    assert shown(format="github") == ""
    assert json.loads(shown(format="json")) == {"diagnostics": []}
    assert json.loads(shown(format="sarif"))["runs"][0]["results"] == []


@pytest.mark.parametrize("format", FORMATS)
def test_a_diagnostic_without_a_place(format: str) -> None:
    text = shown(diagnostic(span=None), format=format)
    assert "unknown layer `Dens`" in text


def test_a_source_without_text_shows_its_name_alone() -> None:
    text = shown(diagnostic(span=Span(Source("nope.yaml", ""), 1, 1, 1, 1)))
    assert "┌─ nope.yaml\n  = help" in text.replace("\n = ", "\n  = ")


def test_the_last_line_is_the_count() -> None:
    warning = Diagnostic("KS207", Severity.WARNING, "x")
    assert shown(diagnostic(), warning, diagnostic()).splitlines()[-1] == "2 errors, 1 warning"


def test_json_has_every_field() -> None:
    full = diagnostic(related=(Related("see here", SPAN),), edits=(Edit(SPAN, "Dense"),))
    place = {"file": "specs/a b.yaml", "line": 3, "column": 5, "end_line": 3, "end_column": 9}
    assert json.loads(shown(full, format="json"))["diagnostics"] == [
        {
            "code": "KS106",
            "severity": "error",
            "message": "unknown layer `Dens`",
            "label": "did you mean `Dense`?",
            **place,
            "help": "write `Dense`",
            "related": [{"message": "see here", **place}],
            "edits": [{**place, "replacement": "Dense"}],
        }
    ]


def test_github_escapes() -> None:
    source = Source("a,b:c%.yaml", "x")
    problem = Diagnostic("KS101", Severity.WARNING, "50%\nof it", Span(source, 1, 1, 2, 2))
    assert command(problem) == "::warning file=a%2Cb%3Ac%25.yaml,line=1,col=1,endLine=2,title=KS101::50%25%0Aof it"


def test_github_of_the_command_line() -> None:
    problem = Diagnostic("KS015", Severity.INFO, "m", Span(Source("--set", "a=b"), 1, 1, 1, 2))
    assert command(problem) == "::notice title=KS015::m%0Ain --set a=b"


TEXT = {"type": "object", "required": ["text"], "properties": {"text": {"type": "string", "minLength": 1}}}
POSITIVE = {"type": "integer", "minimum": 1}
REGION = {
    "type": "object",
    "additionalProperties": False,
    "required": ["startLine"],
    "properties": dict.fromkeys(("startLine", "startColumn", "endLine", "endColumn"), POSITIVE),
}
ARTIFACT = {
    "type": "object",
    "required": ["uri"],
    "additionalProperties": False,
    "properties": {"uri": {"type": "string", "pattern": r"^[^\s\\]+$"}},
}
LOCATION = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "id": {"type": "integer", "minimum": 0},
        "message": TEXT,
        "physicalLocation": {
            "type": "object",
            "required": ["artifactLocation"],
            "additionalProperties": False,
            "properties": {"artifactLocation": ARTIFACT, "region": REGION},
        },
        "logicalLocations": {"type": "array", "items": {"type": "object", "required": ["name"]}},
    },
}
REPLACEMENT = {
    "type": "object",
    "required": ["deletedRegion"],
    "additionalProperties": False,
    "properties": {"deletedRegion": REGION, "insertedContent": TEXT},
}
RESULT = {
    "type": "object",
    "required": ["message"],
    "additionalProperties": False,
    "properties": {
        "ruleId": {"type": "string"},
        "ruleIndex": {"type": "integer", "minimum": 0},
        "level": {"enum": ["none", "note", "warning", "error"]},
        "message": TEXT,
        "locations": {"type": "array", "items": LOCATION},
        "relatedLocations": {"type": "array", "uniqueItems": True, "items": LOCATION},
        "fixes": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["artifactChanges"],
                "additionalProperties": False,
                "properties": {
                    "description": TEXT,
                    "artifactChanges": {
                        "type": "array",
                        "minItems": 1,
                        "items": {
                            "type": "object",
                            "required": ["artifactLocation", "replacements"],
                            "properties": {
                                "artifactLocation": ARTIFACT,
                                "replacements": {"type": "array", "minItems": 1, "items": REPLACEMENT},
                            },
                        },
                    },
                },
            },
        },
    },
}
RULE = {
    "type": "object",
    "required": ["id"],
    "additionalProperties": False,
    "properties": {
        "id": {"type": "string"},
        "name": {"type": "string"},
        "shortDescription": TEXT,
        "help": TEXT,
        "defaultConfiguration": {
            "type": "object",
            "additionalProperties": False,
            "properties": {"level": {"enum": ["none", "note", "warning", "error"]}},
        },
    },
}
SARIF: dict[str, Any] = {
    "type": "object",
    "required": ["version", "runs"],
    "additionalProperties": False,
    "properties": {
        "$schema": {"type": "string", "format": "uri"},
        "version": {"const": "2.1.0"},
        "runs": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["tool"],
                "additionalProperties": False,
                "properties": {
                    "tool": {
                        "type": "object",
                        "required": ["driver"],
                        "properties": {
                            "driver": {
                                "type": "object",
                                "required": ["name"],
                                "properties": {"rules": {"type": "array", "uniqueItems": True, "items": RULE}},
                            }
                        },
                    },
                    "columnKind": {"enum": ["utf16CodeUnits", "unicodeCodePoints"]},
                    "results": {"type": "array", "items": RESULT},
                },
            },
        },
    },
}
"""The part of the standard's schema that kspec's logs use, closed."""


def test_sarif_follows_the_standard() -> None:
    full = diagnostic(related=(Related("see here", SPAN),), edits=(Edit(SPAN, "Dense"),))
    unknown = Diagnostic("KS999", Severity.INFO, "no page", None)
    override = diagnostic(span=Span(Source("--set", "a=b"), 1, 1, 1, 2))
    log = as_plain([full, unknown, override, diagnostic(span=Span(Source("/tmp/x y.yaml", "a"), 1, 1, 1, 2))])
    Draft7Validator(SARIF).validate(log)
    run = log["runs"][0]
    rules = run["tool"]["driver"]["rules"]
    assert [rules[result["ruleIndex"]]["id"] for result in run["results"]] == ["KS106", "KS999", "KS106", "KS106"]
    uris = [result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for result in run["results"][::3]]
    assert uris == ["specs/a%20b.yaml", "file:///tmp/x%20y.yaml"]
    assert rules[0]["help"]["markdown"].startswith("# KS106")
    assert (rules[0]["name"], rules[0]["defaultConfiguration"]) == ("unknown-object", {"level": "error"})


@pytest.mark.parametrize("width", [40, 60, 120])
@pytest.mark.parametrize("start", [1, 30, 150, 290])
@pytest.mark.parametrize("letter", ["a", "零", "\tx", "e\u0301"])
def test_the_underline_lies_under_its_text(width: int, start: int, letter: str) -> None:
    line = letter * 300
    part = snippet(line, start, start + 5, width)
    assert text_width(part.text) <= width
    assert part.offset + part.length <= max(text_width(part.text), part.offset + 1)


def test_a_span_past_the_end_has_one_mark() -> None:
    assert snippet("abc", 9, 12, 80) == ("abc", 3, 1)
    assert snippet("", 1, 1, 80) == ("", 0, 1)
