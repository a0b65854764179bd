"""The clients that check the schema; those of Node are listed in `package.json`, and skipped without Node."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

HERE = Path(__file__).parent
INSTALL = "npm ci --prefix tests/schema"


def need_node() -> None:
    """Skip a test if its clients are not installed; fail it if KSPEC_CLIENTS=required."""
    missing = ""
    if shutil.which("node") is None:
        missing = "Node is not installed"
    elif not (HERE / "node_modules").is_dir():
        missing = f"the editors' clients are not installed: {INSTALL}"
    if missing and os.environ.get("KSPEC_CLIENTS") == "required":
        pytest.fail(missing)
    if missing:
        pytest.skip(missing)
