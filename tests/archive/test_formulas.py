"""The ops of an `expr` in a model come back as an `expr`."""

import json

import numpy as np
import pytest
import yaml

from kspec.importer.from_model import import_config, import_model
from tests.support.import_round_trip import built

SPEC = """\
kspec: 1
task: regression
inputs:
  x: {shape: [3, 4]}
  n-1: {shape: [3, 4]}
models:
  gate:
    inputs: {v: {shape: [4]}}
    layers:
      - expr: -v * sigmoid(v) + 1e-7
        name: g
layers:
  - Dense: {units: 4}
    from: x
    name: h
  - op: split
    call: {indices_or_sections: 2, axis: -1}
    as: [left, right]
    name: parts
  - expr: (left + 1.0) * right - right
    name: halves
  - expr: (-2) ** h - abs('n-1') / (h ** 2 + 1) * (h > 0.5) - -0.0
    name: y
  - expr: maximum(y, x - -1) % 3 // 2
    name: z
  - expr: y * 2
    name: single
  - Add:
    from: [z, single]
  - Flatten
  - Dense: {units: 4}
  - model: gate
  - Dense: {units: 2}
    name: out
outputs: [out, halves]
"""
FORMULAS = {
    "halves": "(parts + 1.0) * parts_1 - parts_1",
    "y": "(-2) ** h - abs('n-1') / (h ** 2 + 1) * (h > 0.5) - -0.0",
    "z": "maximum(y, x - -1) % 3 // 2",
    "g": "-v * sigmoid(v) + 1e-07",
}


@pytest.fixture(scope="module")
def model():
    return built(SPEC)[0]


def formulas(text):
    values = yaml.safe_load(text)
    entries = [*values["layers"], *values["models"]["gate"]["layers"]]
    return {entry["name"]: entry["expr"] for entry in entries if isinstance(entry, dict) and "expr" in entry}


def test_a_model_with_formulas_comes_back(model):
    imported = import_model(model)
    assert imported.notes == []
    assert formulas(imported.text) == FORMULAS
    again, _ = built(imported.text)
    assert json.loads(again.to_json()) == json.loads(model.to_json())
    again.set_weights(model.get_weights())
    x = {name: np.random.default_rng(0).normal(size=(5, 3, 4)).astype("float32") for name in ("x", "n-1")}
    for name, values in model(x).items():
        np.testing.assert_array_equal(values, again(x)[name])


def renamed(config, old, new):
    return json.loads(json.dumps(config).replace(f'"{old}"', f'"{new}"'))


def test_other_ops_stay_entries(model):
    config = json.loads(model.to_json())
    for other in (renamed(config, "y.power_1", "y.power_2"), renamed(config, "y.power", "power")):
        assert set(formulas(import_config(other, name="m").text)) == {"halves", "z", "g"}
    assert formulas(import_config(config, name="m", compact=True).text) == {}


def test_an_op_with_another_use_stays_an_entry(model):
    config = json.loads(model.to_json())
    config["config"]["output_layers"] = {"out": ["out", 0, 0], "halves": ["y.divide", 0, 0]}
    found = formulas(import_config(config, name="m").text)
    assert found["y"] == "(-2) ** h - y_divide * (h > 0.5) - -0.0"
    assert "halves" not in found
