"""Diagnostics as the user sees them, to the letter.

A case is a folder under `golden/` with `spec.yaml`, optionally `set.txt` (one override per line), and the expected output
in each format: `expected.txt`, `expected.json`, `expected.sarif`, `expected.github`. The wrong example of every page is a
case too, with its output in `pages/CODE.txt`. KSPEC_REGENERATE=1 rewrites the expected files.
"""

from __future__ import annotations

import io
import os
from pathlib import Path

import pytest

import kspec
from kspec.diagnostics import Diagnostic, explain
from kspec.diagnostics.render import Format, render
from tests.diagnostics.page_blocks import Block, of_kind

GOLDEN = Path(__file__).parent / "golden"
PAGES = Path(__file__).parent / "pages"
REGENERATE = bool(os.environ.get("KSPEC_REGENERATE"))
FORMATS: dict[str, Format] = {".txt": "text", ".json": "json", ".sarif": "sarif", ".github": "github"}


def shown(diagnostics: list[Diagnostic], format: Format) -> str:
    stream = io.StringIO()
    render(diagnostics, format, stream)
    return stream.getvalue()


def compare(text: str, file: Path) -> None:
    if REGENERATE:
        file.parent.mkdir(exist_ok=True)
        file.write_text(text, encoding="utf-8", newline="")
    assert text == file.read_bytes().decode("utf-8")


CASES = sorted(path.name for path in GOLDEN.iterdir() if path.is_dir())


@pytest.mark.parametrize("name", CASES)
def test_case(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = GOLDEN / name
    monkeypatch.chdir(folder)
    monkeypatch.setattr("kspec._version.__version__", "0.0.0")
    overrides = (folder / "set.txt").read_text().splitlines() if (folder / "set.txt").exists() else ()
    diagnostics = kspec.check("spec.yaml", overrides=overrides)
    expected = sorted(folder.glob("expected.*")) or [folder / "expected.txt"]
    for file in expected:
        compare(shown(diagnostics, FORMATS[file.suffix]), file)


@pytest.mark.parametrize(("code", "block"), of_kind("wrong"), ids=lambda value: value if isinstance(value, str) else "")
def test_page_example(code: str, block: Block, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    compare(shown(block.check(), "text"), PAGES / f"{code}.txt")


def test_no_golden_file_is_left_over() -> None:
    assert {file.stem for file in PAGES.iterdir()} <= set(explain.codes())
