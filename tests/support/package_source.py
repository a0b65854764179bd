"""The source of the package as syntax trees, parsed once for all tests of a process."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

import kspec

ROOM = Path(kspec.__file__).parent


@cache
def trees() -> dict[Path, ast.Module]:
    """The tree of each file, in order of their names."""
    files = sorted(path for path in ROOM.rglob("*.py") if "node_modules" not in path.parts)
    return {path: ast.parse(path.read_text(encoding="utf-8")) for path in files}
