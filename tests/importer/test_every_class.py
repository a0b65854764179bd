"""Every layer, op, optimizer, loss and metric can be imported, with each of its arguments."""

import json
from itertools import islice

import keras
import pytest
from keras.saving import serialize_keras_object

from kspec.archive import spec_from_config
from kspec.archive.values import Surroundings, arguments_of, object_of
from kspec.backend.keras_model import BuiltNetwork, _Builder
from kspec.backend.keras_objects import Maker, keras_class
from kspec.catalog import find, internal, names
from kspec.diagnostics import Report
from kspec.ir import build
from kspec.rewrite.yaml_writer import spec_text
from tests.analysis.shapes.op_calls import op_call
from tests.analysis.shapes.op_cases import CASES
from tests.analysis.shapes.test_ops import made_up
from tests.catalog.samples import cases
from tests.conftest import spec_of
from tests.support.model_comparison import canonical, differences

KINDS = ("optimizer", "schedule", "loss", "metric", "initializer", "regularizer", "constraint")
NOT_SAID = {"trainable"}
"""What a layer inside a layer cannot say."""


def plain(config):
    return json.loads(json.dumps(keras.tree.map_structure(lambda item: item, config)))


def without_names(config):
    """A configuration without the names of layers in layers, which a spec does not give."""
    if isinstance(config, dict):
        return {key: without_names(item) for key, item in config.items() if key not in ("name", "build_config")}
    return [without_names(item) for item in config] if isinstance(config, (list, tuple)) else config


@pytest.mark.parametrize("name", [*names("layer"), *internal("layer")])
def test_a_layer_keeps_its_arguments(name):
    entry = find("layer", name)
    for layer, arguments in cases("layer"):
        if layer == name:
            made = keras_class(entry.path)(**Maker().arguments(entry, arguments, name), name="one")
            config = plain(serialize_keras_object(made))["config"]
            found = arguments_of(entry, config, "it", Surroundings())
            dtype = {"dtype": arguments["dtype"]} if arguments.get("dtype") and "dtype" in entry.parameters else {}
            again = keras_class(entry.path)(**Maker().arguments(entry, found | dtype, name), name="one")
            theirs, ours = (without_names(plain(serialize_keras_object(one))["config"]) for one in (made, again))
            assert differences(theirs, ours) == [], found


@pytest.mark.parametrize("kind", KINDS)
def test_an_object_keeps_its_arguments(kind):
    for name, arguments in cases(kind):
        entry = find(kind, name)
        made = keras_class(entry.path)(**Maker().arguments(entry, arguments))
        found = object_of(kind, plain(serialize_keras_object(made)), "it")
        again = Maker().object(kind, found)
        assert differences(plain(serialize_keras_object(made)), plain(serialize_keras_object(again))) == [], found


@pytest.mark.slow
@pytest.mark.parametrize("name", names("op"))
def test_an_op_keeps_its_arguments(name):
    compared = 0
    for call in [*islice(made_up(name), 12), *(op_call(name, *case) for case in CASES.get(name, [])[:8])]:
        inputs = [
            keras.Input(batch_shape=tensor.shape, dtype=tensor.dtype, name=f"{argument}_{number}")
            for argument, tensors in call.tensors.items()
            for number, tensor in enumerate(tensors)
            if tensor.shape
        ]
        model = called(spec_of_call(call), inputs)
        if model is None:  # Keras refuses it, or it takes no tensor
            continue
        found = spec_from_config(json.loads(model.to_json()))
        again = called(spec_text(found.values), inputs)
        assert again is not None, found.values
        theirs, ours = (canonical(json.loads(one.to_json())) for one in (model, again))
        assert differences(theirs, ours) == [], found.values
        compared += 1
    assert compared or not find("op", name).tensors


def spec_of_call(call):
    """A spec that calls an op."""
    inputs = {f"{name}_{i}": {"shape": []} for name, tensors in call.tensors.items() for i in range(len(tensors))}
    forms = {tensor.name: tensor.form for tensor in call.entry.tensors}
    source = {
        name: f"{name}_0" if forms[name] == "one" else [f"{name}_{i}" for i in range(len(tensors))]
        for name, tensors in call.tensors.items()
    }
    entry = {"op": call.name, "from": source, "call": dict(call.constants), "name": "node"}
    return spec_text({"kspec": 1, "inputs": inputs or {"x": {"shape": []}}, "layers": [entry]})


def called(text, inputs):
    """The model of a spec's only op, called on other inputs than it says; None where Keras refuses it."""
    report = Report()
    spec = spec_of(text, report)
    report.raise_errors()
    graph = build(spec, report)
    node = next(iter(graph.calls))
    builder = _Builder.__new__(_Builder)
    values = {x.name: [x] for x in inputs}
    builder.maker, builder.report, builder.network = Maker(), report, BuiltNetwork(values=values)
    try:
        builder._add_op(node)
        return keras.Model(inputs, builder.network.values[node.name])
    except Exception:
        return None
