"""The clients that the schema is held against: those of Node stand in `package.json`, and are skipped where Node is not."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

HERE = Path(__file__).parent
INSTALL = "npm ci --prefix tests/schema"


def need_node() -> None:
    """Skips a test where its clients are not installed; with KSPEC_CLIENTS=required it fails instead."""
    lacks = ""
    if shutil.which("node") is None:
        lacks = "Node is not installed"
    elif not (HERE / "node_modules").is_dir():
        lacks = f"the editors' clients are not installed: {INSTALL}"
    if lacks and os.environ.get("KSPEC_CLIENTS") == "required":
        pytest.fail(lacks)
    if lacks:
        pytest.skip(lacks)
