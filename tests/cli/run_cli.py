"""Runs the command line in this process."""

from __future__ import annotations

import pytest

from kspec.cli import main


def run_cli(words: list[str], capsys: pytest.CaptureFixture[str], status: int = 0) -> str:
    assert main(words) == status
    caught = capsys.readouterr()
    return caught.out if status == 0 else caught.err
