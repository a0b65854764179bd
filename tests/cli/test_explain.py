"""`kspec explain`."""

from __future__ import annotations

import pytest

from kspec.diagnostics import explain
from tests.cli.run_cli import run_cli


@pytest.mark.parametrize("code", ["KS201", "ks201", "201", "unknown-node"])
def test_explain_accepts_a_code_a_number_or_a_name(code: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_cli(["explain", code], capsys) == explain.page("KS201")


def test_explain_uses_colour_on_a_terminal(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    text = run_cli(["explain", "KS201"], capsys)
    assert "\x1b[" in text
    assert "Fix" in text


def test_explain_lists_all_codes(capsys: pytest.CaptureFixture[str]) -> None:
    lines = run_cli(["explain"], capsys).splitlines()
    assert [line[:5] for line in lines] == explain.codes()
    assert "KS201  Unknown node" in lines


def test_explain_lists_a_family(capsys: pytest.CaptureFixture[str]) -> None:
    lines = run_cli(["explain", "ks7"], capsys).splitlines()
    assert [line[:5] for line in lines] == [code for code in explain.codes() if code.startswith("KS7")]


@pytest.mark.parametrize(("code", "message"), [("KS2011", "did you mean KS2"), ("hello", "`kspec explain` lists all")])
def test_explain_suggests_a_code(code: str, message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert message in run_cli(["explain", code], capsys, status=2)
