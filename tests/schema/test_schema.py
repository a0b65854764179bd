"""The JSON Schema is up to date and valid, accepts valid specs, and reports each mistake once."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator

from kspec import catalog
from kspec.diagnostics import Report, Source, explain
from kspec.schema.document import as_text, json_schema
from kspec.syntax import parse
from tests.catalog.samples import cases

ROOT = Path(__file__).parents[2]
FILE = ROOT / "schemas" / "kspec.schema.json"
SCHEMA = json_schema()
VALIDATOR = Draft7Validator(SCHEMA)
SPECS = sorted((ROOT / "specs").rglob("*.yaml")) + sorted((ROOT / "kspec/rewrite/templates").glob("*.yaml"))


def values_of(text: str) -> Any:
    tree = parse(Source("spec.yaml", text), Report())
    assert tree is not None
    return tree.value


def complaints(values: Any) -> list[str]:
    return [error.message for error in VALIDATOR.iter_errors(values)]


def test_the_file_is_up_to_date() -> None:
    assert FILE.read_text(encoding="utf-8") == as_text(), "kspec schema --out schemas/kspec.schema.json"
    assert json.loads(as_text()) == SCHEMA


def test_it_is_small_enough_for_editors() -> None:
    assert len(as_text()) < 900_000


def test_it_is_a_schema() -> None:
    Draft7Validator.check_schema(SCHEMA)


def test_every_reference_has_a_definition_and_every_definition_a_reference() -> None:
    references = set(re.findall(r'"\$ref": ?"#/definitions/([^"]+)"', as_text()))
    assert references == set(SCHEMA["definitions"])


def test_entries_are_one_closed_map() -> None:
    entry = SCHEMA["definitions"]["entry"]
    assert entry["additionalProperties"] is False
    assert not {"anyOf", "oneOf", "allOf"} & set(entry)
    assert set(catalog.names("layer")) <= set(entry["properties"])
    assert not set(catalog.refused("layer")) & set(entry["properties"])


@pytest.mark.parametrize("path", SPECS, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_shipped_specs_are_accepted(path: Path) -> None:
    assert complaints(values_of(path.read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize("code", explain.codes())
def test_corrected_examples_are_accepted(code: str) -> None:
    for text in re.findall(r"^```yaml right.*\n((?:.*\n)*?)```$", explain.page_source(code) or "", re.MULTILINE):
        assert complaints(values_of(text)) == []


KINDS = [kind for kind in catalog.KINDS if kind not in ("op", "activation", "schedule")]


@pytest.mark.parametrize("kind", KINDS)
def test_every_argument_is_accepted(kind: catalog.Kind) -> None:
    for name, arguments in cases(kind):
        if "weights" in arguments and kind == "application":
            arguments = arguments | {"weights": "base.weights.h5"}  # a file of another name is rejected
        validator = VALIDATOR.evolve(
            schema={"$ref": f"#/definitions/{kind}.{name}", "definitions": SCHEMA["definitions"]}
        )
        assert [error.message for error in validator.iter_errors(arguments)] == [], f"{name}: {arguments}"


VALID = values_of("""
kspec: 1
vars: {width: 8}
inputs:
  x: {shape: [6, 4]}
models:
  reader:
    inputs: {row: {shape: [4]}}
    layers: [{Dense: {units: $width}}, {Dense: {units: 4}, name: read}]
    outputs: {words: read}
    trainable: false
  base: {file: base.keras}
layers:
  - LSTM: {units: $width, kernel_initializer: {HeNormal: {seed: 1}}}
    name: hidden
  - my_layers.Gate: {units: 4}
  - Bidirectional: {layer: {GRU: {units: 4}}}
    from: x
  - TimeDistributed: {layer: {model: reader}}
    from: x
  - Flatten
  - Concatenate:
    from: [hidden, flatten]
  - model: base
    name: seen
  - Dense: {units: "${width * 2}", activation: relu, use_bias: $bias}
  - op: mean
    call: {axis: 1}
  - Dense: {units: {classes_of: y}, activation: softmax}
    name: y
compile:
  optimizer: {Adam: {learning_rate: {CosineDecay: {initial_learning_rate: 0.01, decay_steps: 100}}}}
  loss: {y: sparse_categorical_crossentropy}
  metrics: [accuracy, {SparseTopKCategoricalAccuracy: {k: 3}}]
fit:
  epochs: $epochs
  callbacks: [TerminateOnNaN, {EarlyStopping: {patience: 3}}]
evaluate:
""")


def test_the_valid_spec_is_accepted() -> None:
    assert complaints(VALID) == []


def _set(*path: Any, to: Any) -> Callable[[Any], None]:
    def change(values: Any) -> None:
        for part in path[:-1]:
            values = values[part]
        values[path[-1]] = to

    return change


def _remove(*path: Any) -> Callable[[Any], None]:
    def change(values: Any) -> None:
        for part in path[:-1]:
            values = values[part]
        del values[path[-1]]

    return change


MISTAKES: dict[str, tuple[Callable[[Any], None], str]] = {
    "top key": (_set("layer", to=[]), "'layer'"),
    "version": (_set("kspec", to=2), "2 is greater than the maximum of 1"),
    "no inputs": (_remove("inputs"), "'inputs' is a required property"),
    "class": (_set("layers", 0, to={"Dens": {"units": 8}}), "'Dens'"),
    "bare class": (_set("layers", 4, to="Flaten"), "'Flaten' is not one of"),
    "refused class": (_set("layers", 4, to="Lambda"), "'Lambda' is not one of"),
    "argument": (_set("layers", 7, "Dense", to={"units": 8, "activaton": "relu"}), "'activaton'"),
    "no argument": (_set("layers", 7, "Dense", to={}), "'units' is a required property"),
    "kind of value": (_set("layers", 7, "Dense", "units", to="eight"), "does not match"),
    "bound": (_set("layers", 7, "Dense", "units", to=0), "less than the minimum"),
    "fraction": (_set("layers", 7, "Dense", "units", to=1.5), "is not of type"),
    "word": (_set("layers", 7, "Dense", "activation", to="rellu"), "'rellu' is not one of"),
    "nested class": (_set("layers", 0, "LSTM", "kernel_initializer", to={"HeNorml": {}}), "'HeNorml'"),
    "nested layer": (_set("layers", 2, "Bidirectional", "layer", to={"GRU": {"units": 4, "unit": 4}}), "'unit'"),
    "entry key": (_set("layers", 0, "form", to="x"), "'form'"),
    "op": (_set("layers", 8, "op", to="maen"), "'maen' is not one of"),
    "optimizer": (_set("compile", "optimizer", to="adm"), "'adm' is not one of"),
    "metric": (_set("compile", "metrics", to=["acuracy"]), "'acuracy' is not one of"),
    "callback": (_set("fit", "callbacks", to=[{"EarlyStoping": {}}]), "'EarlyStoping'"),
    "setting": (_set("fit", "epoch", to=3), "'epoch'"),
    "word of a mapping": (_set("data", to={"csv": "a.csv", "read": {"photo": "picture"}}), "'picture' is not one of"),
    "two heads": (_set("layers", 0, "model", to="reader"), "is not of type 'string'"),
    "model by number": (_set("layers", 6, "model", to=3), "3 is not of type 'string'"),
    "model of no layers": (_remove("models", "reader", "layers"), "is not of type 'string'"),
    "model of nothing": (_set("models", "reader", to={}), "is not of type 'string'"),
    "model from two places": (_set("models", "base", "application", to="ResNet50"), "is not of type 'string'"),
    "model with stray key": (_set("models", "base", "layer", to=[]), "'layer'"),
    "inputs of a file": (_set("models", "base", "inputs", to={"x": {"shape": [4]}}), "is not of type 'string'"),
    "model without inputs": (_remove("models", "reader", "inputs"), "'inputs' is a dependency of 'layers'"),
    "model without arguments": (_set("models", "reader", "layers", 0, to="Dense"), "'Dense'"),
    "model frozen by text": (_set("models", "reader", "trainable", to="off"), "does not match"),
    "model in a layer": (_set("layers", 3, "TimeDistributed", "layer", "model", to=4), "4 is not of type 'string'"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_one_mistake_has_one_complaint(mistake: str) -> None:
    change, expected = MISTAKES[mistake]
    values = copy.deepcopy(VALID)
    change(values)
    found = complaints(values)
    assert any(expected in message for message in found), found
    assert len(found) == 1, found
