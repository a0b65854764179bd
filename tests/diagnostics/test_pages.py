"""Every code has a page, and the examples on it do what it says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import kspec
from kspec.diagnostics import explain
from tests.diagnostics.page_blocks import Block, blocks, of_kind

NO_SPEC = {"KS010", "KS011", "KS016"}
"""Codes of other files than specs: their pages show no spec."""
NEEDS_MORE = re.compile(r"KS(210|212|5\d\d|6\d\d|7\d\d)")
"""Codes that need Keras, data or a run: some of their examples are not checked."""


def test_every_code_has_a_page_and_every_page_a_code() -> None:
    assert sorted(path.stem for path in explain.PAGES.glob("*.md")) == explain.codes()


def test_pages_have_their_parts() -> None:
    for code in explain.codes():
        text = explain.page(code) or ""
        assert text.startswith(f"# {code}: ")
        assert explain.title(code), code
        assert "**Why it matters.**" in text, code
        assert "## Fix" in text, code
        kinds = {block.kind for block in blocks(code)}
        if code in NO_SPEC:
            assert not kinds, code
        elif NEEDS_MORE.fullmatch(code):
            assert kinds <= {"wrong", "right", "example"}, code
        else:
            assert kinds == {"wrong", "right"}, code


def ids(value: object) -> str:
    return value if isinstance(value, str) else ""


@pytest.mark.parametrize(("code", "block"), of_kind("wrong"), ids=ids)
def test_wrong_example_has_only_the_problem_of_its_page(
    code: str, block: Block, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert {diagnostic.code for diagnostic in block.check()} == {code}


@pytest.mark.parametrize(("code", "block"), of_kind("right"), ids=ids)
def test_right_example_has_no_problem(code: str, block: Block, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert block.check() == [], f"the page of {code}"


@pytest.mark.parametrize(("code", "block"), of_kind("example"), ids=ids)
def test_other_example_can_be_read(code: str, block: Block, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert NEEDS_MORE.fullmatch(code)
    Path("spec.yaml").write_text(block.text, encoding="utf-8")
    assert kspec.load("spec.yaml").document.layers


def test_pages_omit_the_notes_for_tests() -> None:
    noted = [code for code in explain.codes() if re.search("^```yaml .", explain.page(code) or "", re.MULTILINE)]
    assert noted == []


def test_unknown_code_has_no_page() -> None:
    assert explain.page("KS999") is None
    assert explain.page_source("KS999") is None
    assert explain.page("../KS201") is None
    assert explain.title("KS999") == ""
