"""A diagnostic as Python, terminals and notebooks show it."""

from __future__ import annotations

import io
import pickle

from kspec.diagnostics import Diagnostic, Related, Report, Severity, Source, Span, SpecError, codes, did_you_mean
from kspec.diagnostics.render import render

SOURCE = Source("mlp.yaml", "kspec: 1\nlayers:\n  - Dense: {units: 8}\n    from: hiden1\n")
SPAN = Span(SOURCE, 4, 11, 4, 17)
UNKNOWN = Diagnostic(
    codes.UNKNOWN_NODE,
    Severity.ERROR,
    "unknown node `hiden1`",
    SPAN,
    "did you mean `hidden1`?",
    "available nodes: <x>",
    (Related("`hidden1` is defined here", Span(SOURCE, 3, 5, 3, 10)),),
)
UNUSED = Diagnostic(codes.UNUSED_NODE, Severity.WARNING, "`a` is unused")


def terminal(*diagnostics: Diagnostic) -> str:
    stream = io.StringIO()
    render(diagnostics, "text", stream)
    return stream.getvalue()


def test_repr_is_the_code_the_place_and_the_message() -> None:
    assert repr(UNKNOWN) == "<error KS201 mlp.yaml:4:11: unknown node `hiden1`>"
    assert repr(UNUSED) == "<warning KS207: `a` is unused>"


def test_str_is_what_the_terminal_shows() -> None:
    assert f"{UNKNOWN}\n\n1 error\n" == terminal(UNKNOWN)
    assert "4│     from: hiden1\n │           ^^^^^^ did you mean `hidden1`?\n" in str(UNKNOWN)


def test_html_is_the_same_text_escaped() -> None:
    import html
    import re

    markup = UNKNOWN._repr_html_()
    assert markup.startswith("<pre style=")
    assert "&lt;x&gt;" in markup
    assert html.unescape(re.sub(r"<[^>]*>", "", markup)) == str(UNKNOWN)


def test_the_message_of_a_spec_error_shows_every_diagnostic() -> None:
    assert str(SpecError([UNKNOWN, UNUSED])) == f"{UNKNOWN}\n\n{UNUSED}\n\n1 error, 1 warning"


def test_diagnostics_and_errors_survive_pickling() -> None:
    report = Report()
    report.error(codes.UNKNOWN_NODE, "unknown node `hiden1`", label=did_you_mean("hiden1", ["hidden1"]))
    error = pickle.loads(pickle.dumps(SpecError(report)))
    assert error.diagnostics == tuple(report)
