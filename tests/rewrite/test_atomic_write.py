"""Files that are replaced atomically, and differences."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from kspec.diagnostics import Source
from kspec.rewrite.atomic_write import diff, replace_text


def test_an_interrupted_write_leaves_the_file_unchanged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    file = tmp_path / "spec.yaml"
    file.write_text("old\n")
    monkeypatch.setattr(os, "replace", interrupt)
    with pytest.raises(KeyboardInterrupt):
        replace_text(Source(str(file), "old\n"), "new\n")
    assert file.read_text() == "old\n"
    assert list(tmp_path.iterdir()) == [file]


def test_a_difference_ignores_line_endings_and_marks_a_missing_newline() -> None:
    assert diff(Source("a", "x\r\n"), "x\n") == ""
    assert diff(Source("a", "x\ny"), "x\nz\n") == (
        "--- a\n+++ a\n@@ -1,2 +1,2 @@\n x\n-y\n\\ No newline at end of file\n+z\n"
    )
