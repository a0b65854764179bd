"""Modules beside a spec are imported only where the user allows code, and never in place of Python's own."""

from __future__ import annotations

import ast
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest

import kspec
import kspec.codegen
from kspec.diagnostics import SpecError

SPEC = "kspec: 1\nextensions: [gates_of_this_test]\ninputs: {x: {shape: [2]}}\nlayers:\n  - gates_of_this_test.Gate\n"
GATE = "import colorsys\nimport keras\n\n\nclass Gate(keras.layers.Layer):\n"
GATE += "    colours = colorsys.__file__\n\n    def call(self, inputs):\n        return inputs\n"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder with a spec, its extension, and modules with the names of Python's own that leave a trace."""
    (tmp_path / "spec.yaml").write_text(SPEC)
    (tmp_path / "gates_of_this_test.py").write_text(GATE)
    for name in ("json", "csv", "random", "colorsys", "tomllib"):
        (tmp_path / f"{name}.py").write_text(f"open({str(tmp_path / 'trace')!r}, 'w').close()\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    yield tmp_path
    sys.modules.pop("gates_of_this_test", None)


def test_extensions_need_permission_and_do_not_shadow_the_standard_library(folder):
    with pytest.raises(SpecError) as raised:
        kspec.build("spec.yaml")
    assert [each.code for each in raised.value.diagnostics] == ["KS703"]
    assert "gates_of_this_test" not in sys.modules
    sys.modules.pop("colorsys", None)
    layer = kspec.build("spec.yaml", allow_code=True).layers[-1]
    assert Path(type(layer).colours).parent != folder
    assert not (folder / "trace").exists()


@pytest.mark.slow
@pytest.mark.parametrize("verb", ["check", "render", "summary"])
def test_the_command_line_does_not_import_from_the_working_directory(folder, verb):
    root = str(Path(kspec.__file__).parent.parent)
    command = [sys.executable, "-m", "kspec", verb, "spec.yaml"]
    result = subprocess.run(command, capture_output=True, text=True, env={"PYTHONPATH": root}, check=False)
    assert result.returncode == 0, result.stderr
    assert not (folder / "trace").exists()


def test_the_generator_quotes_values_by_its_own_functions():
    """No f-string puts a value between quotes: `text` does, which knows what to escape."""
    for file in Path(kspec.codegen.__file__).parent.rglob("*.py"):
        if file.name == "literals.py":
            continue
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            parts = node.values if isinstance(node, ast.JoinedStr) else []
            for before, value in pairwise(parts):
                quoted = isinstance(before, ast.Constant) and before.value.endswith(('"', "'"))
                assert not (quoted and isinstance(value, ast.FormattedValue)), f"{file}:{node.lineno}"
