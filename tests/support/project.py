"""Small tables to run small specs on."""

import numpy as np
import pytest


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A working directory with a small table, and a function that writes a spec there."""
    return make_project(tmp_path, monkeypatch)


def make_project(tmp_path, monkeypatch):
    """As `project`, for fixtures of any scope."""
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    rows = ["a,b,kind,size,city,note,weight"]
    for index in range(80):
        a, b = rng.normal(size=2).round(3)
        kind = "yes" if a + b > 0 else "no"
        city = ("oslo", "rome", "lima")[index % 3]
        note = "good fine" if kind == "yes" else "bad poor"
        rows.append(f"{a},{b},{kind},{round(2 * a - b, 3)},{city},{note},{1 + index % 2}")
    (tmp_path / "table.csv").write_text("\n".join(rows) + "\n")

    def write(text, name="spec.yaml"):
        (tmp_path / name).write_text(text)
        return str(tmp_path / name)

    return write


BINARY = """\
kspec: 1
name: small
seed: 3
data: {csv: table.csv, inputs: [a, b], targets: kind}
inputs: {x: {shape: [2]}}
layers:
  - Normalization
  - Dense: {units: 4, activation: relu}
  - Dense: {units: 1, activation: sigmoid}
    name: kind
fit: {epochs: 2, batch_size: 8}
"""
