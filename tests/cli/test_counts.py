"""`check`, `summary` and `plot` count the nodes of a spec alike."""

import json
import re

import pytest

from tests.cli.run_cli import run_cli
from tests.conftest import SPECS
from tests.expand.test_formulas import SPEC

NAMES = sorted(str(path.relative_to(SPECS)) for path in SPECS.rglob("*.yaml") if "\nkspec:" in f"\n{path.read_text()}")


@pytest.mark.parametrize(
    "name", [*(pytest.param(name, marks=[pytest.mark.slow] * ("zoo" in name)) for name in NAMES), None]
)
def test_counts(name, capsys, tmp_path):
    path = SPECS / (name or "")
    if name is None:
        path = tmp_path / "formulas.yaml"
        path.write_text(SPEC.replace("layers:\n  - block", "layers:\n  - weight: {shape: [4]}\n  - block"))
    layers = re.search(r": ok \((\d+) layers?\)", run_cli(["check", str(path)], capsys))
    nodes = json.loads(run_cli(["summary", str(path), "--format", "json"], capsys))["nodes"]
    drawn = run_cli(["plot", str(path), "-o", str(tmp_path / "plot.mmd"), "--no-shapes", "--all-copies"], capsys)
    assert int(layers[1]) == sum(node["layer"] != "Input" for node in nodes)
    assert f"({len(nodes)} node" in drawn
