"""Whether two Keras models are equal: configuration, parameters, outputs."""

from __future__ import annotations

import json
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from kspec import catalog
from kspec.archive.calls import is_empty, layer_arguments, operation_arguments
from kspec.archive.config_graph import ConfigGraph, Layer, Ref, read_graph
from kspec.archive.names import valid_name
from kspec.catalog.operations import find_operation

_NOT_COMPARED = {"name", "build_config"}


def canonical(model: dict[str, Any]) -> dict[str, Any]:
    """A serialized model in a form that is the same for models that are the same.

    Names are as the language takes them, Sequential models as the functional ones that they are, calls by the names of
    their arguments; names of layers inside of layers, which a spec does not give, are left out.
    """
    structure = read_graph(model)
    layers = {}
    for layer in structure.layers.values():
        calls = [] if layer.is_input else [_call(layer, args, kwargs, structure) for args, kwargs in layer.calls]
        config = canonical(layer.data) if layer.is_model else _plain(layer.data["config"])
        kind = "model" if layer.is_model else f"{layer.data.get('module')}.{layer.class_name}"
        layers[_name(layer.name, structure)] = {"class": kind, "config": config, "calls": calls}
    return {
        "layers": dict(sorted(layers.items())),
        "inputs": sorted(map(valid_name, structure.inputs)),
        "outputs": sorted(str(_cited(ref, structure)) for _, ref in structure.outputs),
        "trainable": model["config"].get("trainable", True),
    }


def _name(layer: str, structure: ConfigGraph) -> str:
    """The name of a layer; of an input that which feeds it."""
    named = {ref.layer: name for name, ref in structure.inputs.items()}
    return valid_name(named.get(layer, layer))


def _call(layer: Layer, args: list[Any], kwargs: dict[str, Any], structure: ConfigGraph) -> dict[str, Any]:
    operation = find_operation(str(layer.data.get("module")), layer.class_name)
    if layer.is_model:
        inner = read_graph(layer.data)
        given = args[0] if args else kwargs["inputs"]
        given = [given] if isinstance(given, Ref) else given
        by_name = given if isinstance(given, dict) else dict(zip(inner.inputs, given, strict=True))
        bound = {valid_name(name): value for name, value in by_name.items()}
        bound |= {key: value for key, value in kwargs.items() if key in ("training", "mask")}
    elif operation is not None:
        bound = operation_arguments(operation, args, kwargs, {})
    else:
        entry = catalog.find("layer", layer.class_name)
        bound = layer_arguments(entry, args, kwargs)
        bound = {
            name: value
            for name, value in bound.items()
            if name not in entry.constants or value != entry.constants[name].default
        }
    return {name: _cited(value, structure) for name, value in sorted(bound.items()) if not is_empty(value)}


def _cited(value: Any, structure: ConfigGraph) -> Any:
    if isinstance(value, Ref):
        return (_name(value.layer, structure), value.call, _output(value, structure))
    if isinstance(value, list):
        return [_cited(item, structure) for item in value] if len(value) != 1 else _cited(value[0], structure)
    return _plain(value)


def _output(ref: Ref, structure: ConfigGraph) -> Any:
    """Of a model that gives several, which: Keras counts those of a dict in the order of their names."""
    layer = structure.layers[ref.layer]
    if not layer.is_model:
        return ref.output
    inner = read_graph(layer.data)
    return str(_cited(inner.outputs[ref.output][1], inner))


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        if value.get("class_name") in ("__numpy__", "__tensor__"):
            return value["config"]
        if value.get("class_name") in ("Functional", "Sequential") and "config" in value:
            return canonical(value)
        return {key: _plain(item) for key, item in value.items() if key not in _NOT_COMPARED}
    return [_plain(item) for item in value] if isinstance(value, (list, tuple)) else value


def differences(a: Any, b: Any, path: str = "") -> list[str]:
    """What differs between two canonical forms."""
    if isinstance(a, dict) and isinstance(b, dict):
        found = [f"{path}/{key}: only in the {'first' if key in a else 'second'}" for key in a.keys() ^ b.keys()]
        return found + [line for key in a.keys() & b.keys() for line in differences(a[key], b[key], f"{path}/{key}")]
    if isinstance(a, (list, tuple)) and isinstance(b, (list, tuple)) and len(a) == len(b):
        return [line for i, (x, y) in enumerate(zip(a, b, strict=True)) for line in differences(x, y, f"{path}/{i}")]
    return [] if a == b else [f"{path}: {a!r} and {b!r}"]


def copy_weights(source: keras.Model, target: keras.Model) -> None:
    """Gives a model the weights of another, layer by layer of the same name."""
    theirs = {valid_name(layer.name): layer for layer in source.layers}
    for layer in target.layers:
        if isinstance(layer, keras.Model):
            copy_weights(theirs[valid_name(layer.name)], layer)
        elif layer.weights:
            layer.set_weights(theirs[valid_name(layer.name)].get_weights())


def random_inputs(model: keras.Model, seed: int = 0, rows: int = 2, unknown: int = 3) -> dict[str, Any]:
    """Numbers (or words) for each input of a model, by its name.

    Args:
        unknown: What a size is that the input does not state.
    """
    rng = np.random.default_rng(seed)
    found = {}
    for name, tensor in zip(read_graph(json.loads(model.to_json())).inputs, model.inputs, strict=True):
        shape = [rows, *(unknown if size is None else size for size in tensor.shape[1:])]
        dtype = str(tensor.dtype)
        if dtype == "string":
            values = tf.constant(rng.choice(["smith", "clerk", "king"], shape))
        else:
            numbers = rng.integers(0, 3, shape) if "int" in dtype else rng.normal(size=shape)
            values = keras.ops.convert_to_tensor(numbers, dtype)
        found[valid_name(name)] = values
    return found


def answers(model: keras.Model, inputs: dict[str, Any]) -> dict[str, np.ndarray]:
    """What a model gives, by the node that gives it.

    Args:
        inputs: By the names of its inputs.
    """
    structure = read_graph(json.loads(model.to_json()))
    given = [inputs[valid_name(name)] for name in structure.inputs]
    values = model(given[0] if len(given) == 1 else keras.tree.pack_sequence_as(model._inputs_struct, given))
    names = [str(_cited(ref, structure)) for _, ref in structure.outputs]
    return {name: np.asarray(value) for name, value in zip(names, keras.tree.flatten(values), strict=True)}
