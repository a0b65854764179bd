"""The command line that a run records."""

import sys

import pytest

from kspec.runs.environment import command_line


@pytest.mark.parametrize("program", ["/usr/bin/kspec", "/site-packages/kspec/__main__.py"])
def test_the_recorded_command_is_kspec(monkeypatch, program):
    monkeypatch.setattr(sys, "argv", [program, "run", "my spec.yaml"])
    assert command_line() == "kspec run 'my spec.yaml'"
