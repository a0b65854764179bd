"""The examples in docstrings give what they show."""

import doctest
import importlib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
MODULES = [
    ".".join(path.relative_to(ROOT).with_suffix("").parts)
    for path in sorted((ROOT / "kspec").rglob("*.py"))
    if ">>> " in path.read_text(encoding="utf-8") and path.name != "__init__.py"
]


@pytest.mark.parametrize("module", MODULES)
def test_doctest(module: str) -> None:
    assert doctest.testmod(importlib.import_module(module), optionflags=doctest.ELLIPSIS).failed == 0
