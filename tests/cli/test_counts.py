"""`check`, `summary` and `plot` count the nodes of a spec alike."""

import json
import re
from pathlib import Path

import pytest

from tests.cli.run_cli import run_cli
from tests.expand.test_formulas import SPEC

SPECS = sorted(path for path in Path("specs").rglob("*.yaml") if "\nkspec:" in f"\n{path.read_text()}")


@pytest.mark.parametrize(
    "path", [*(pytest.param(path, marks=[pytest.mark.slow] * ("zoo" in path.parts)) for path in SPECS), None], ids=str
)
def test_counts(path, capsys, tmp_path):
    if path is None:
        path = tmp_path / "formulas.yaml"
        path.write_text(SPEC.replace("layers:\n  - block", "layers:\n  - weight: {shape: [4]}\n  - block"))
    layers = re.search(r": ok \((\d+) layers?\)", run_cli(["check", str(path)], capsys))
    nodes = json.loads(run_cli(["summary", str(path), "--format", "json"], capsys))["nodes"]
    drawn = run_cli(["plot", str(path), "-o", str(tmp_path / "plot.mmd"), "--no-shapes", "--all-copies"], capsys)
    assert int(layers[1]) == sum(node["layer"] != "Input" for node in nodes)
    assert f"({len(nodes)} node" in drawn
