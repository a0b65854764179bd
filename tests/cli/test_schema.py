"""`kspec schema`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.run_cli import run_cli


def test_schema_is_printed_or_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "kspec.schema.json"
    shown = run_cli(["schema"], capsys)
    assert run_cli(["schema", "--out", str(file)], capsys) == ""
    assert file.read_text(encoding="utf-8") == shown
    assert json.loads(shown)["title"] == "kspec model spec"
