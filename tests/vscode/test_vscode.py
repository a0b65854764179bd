"""The extension for VS Code: its own tests, with Node; the editor is mocked, client and server are real."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT

FOLDER = ROOT / "kspec" / "vscode"
NODE = shutil.which("node")
PROGRAM = shutil.which("kspec", path=Path(sys.executable).parent)


def _lacking() -> str:
    """What the tests need and is missing."""
    if NODE is None:
        return "Node is not installed"
    if not (FOLDER / "node_modules").is_dir():
        return "the language client is not installed: npm ci --prefix kspec/vscode"
    if PROGRAM is None or subprocess.run([PROGRAM, "lsp"], stdin=subprocess.DEVNULL, capture_output=True).returncode:
        return "`kspec lsp` does not run: pip install 'kspec[lsp]'"
    return ""


@pytest.mark.slow
def test_the_extension_starts_the_server() -> None:
    """Recognition of specs, the message for a missing program, diagnostics from the server."""
    lacking = _lacking()
    if lacking and os.environ.get("KSPEC_CLIENTS") == "required":
        pytest.fail(lacking)
    if lacking:
        pytest.skip(lacking)
    files = sorted(str(file) for file in (FOLDER / "test").glob("*.test.js"))
    done = subprocess.run(
        [NODE, "--test", "--test-reporter=tap", *files],
        cwd=FOLDER, env={**os.environ, "KSPEC": PROGRAM}, capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert "# SKIP" not in done.stdout
