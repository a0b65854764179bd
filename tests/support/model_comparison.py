"""Compares two Keras models: configuration, weights, predictions."""

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
    """A serialized model in a form that is equal for equal models.

    Names are valid names of the language, Sequential models are functional ones, and arguments of calls have names. Names
    of layers within layers, which a spec does not state, are omitted.
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
        "outputs": sorted(str(_comparable(ref, structure)) for _, ref in structure.outputs),
        "trainable": model["config"].get("trainable", True),
    }


def _name(layer: str, structure: ConfigGraph) -> str:
    """The name of a layer; for an input layer, the name of the input."""
    named = {ref.layer: name for name, ref in structure.inputs.items()}
    return valid_name(named.get(layer, layer))


def _call(layer: Layer, args: list[Any], kwargs: dict[str, Any], structure: ConfigGraph) -> dict[str, Any]:
    operation = find_operation(str(layer.data.get("module")), layer.class_name)
    if layer.is_model:
        inner = read_graph(layer.data)
        tensors = args[0] if args else kwargs["inputs"]
        tensors = [tensors] if isinstance(tensors, Ref) else tensors
        by_name = tensors if isinstance(tensors, dict) else dict(zip(inner.inputs, tensors, strict=True))
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
    return {name: _comparable(value, structure) for name, value in sorted(bound.items()) if not is_empty(value)}


def _comparable(value: Any, structure: ConfigGraph) -> Any:
    if isinstance(value, Ref):
        return (_name(value.layer, structure), value.call, _output(value, structure))
    if isinstance(value, list):
        return [_comparable(item, structure) for item in value] if len(value) != 1 else _comparable(value[0], structure)
    return _plain(value)


def _output(ref: Ref, structure: ConfigGraph) -> Any:
    """The output of a call: its name for a sub-model, whose outputs Keras sorts by name, else its index."""
    layer = structure.layers[ref.layer]
    if not layer.is_model:
        return ref.output
    inner = read_graph(layer.data)
    return str(_comparable(inner.outputs[ref.output][1], inner))


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        if value.get("class_name") in ("__numpy__", "__tensor__"):
            return value["config"]
        if value.get("class_name") in ("Functional", "Sequential") and "config" in value:
            return canonical(value)
        return {key: _plain(item) for key, item in value.items() if key not in _NOT_COMPARED}
    return [_plain(item) for item in value] if isinstance(value, (list, tuple)) else value


def differences(a: Any, b: Any, path: str = "") -> list[str]:
    """The differences between two canonical forms, one per line."""
    if isinstance(a, dict) and isinstance(b, dict):
        lines = [f"{path}/{key}: only in the {'first' if key in a else 'second'}" for key in a.keys() ^ b.keys()]
        return lines + [line for key in a.keys() & b.keys() for line in differences(a[key], b[key], f"{path}/{key}")]
    if isinstance(a, (list, tuple)) and isinstance(b, (list, tuple)) and len(a) == len(b):
        return [line for i, (x, y) in enumerate(zip(a, b, strict=True)) for line in differences(x, y, f"{path}/{i}")]
    return [] if a == b else [f"{path}: {a!r} and {b!r}"]


def copy_weights(source: keras.Model, target: keras.Model) -> None:
    """Copies the weights of each layer to the layer of the same name."""
    theirs = {valid_name(layer.name): layer for layer in source.layers}
    for layer in target.layers:
        if isinstance(layer, keras.Model):
            copy_weights(theirs[valid_name(layer.name)], layer)
        elif layer.weights:
            layer.set_weights(theirs[valid_name(layer.name)].get_weights())


def random_inputs(model: keras.Model, seed: int = 0, rows: int = 2, unknown: int = 3) -> dict[str, Any]:
    """Input name → random numbers or words.

    Args:
        model: The model.
        seed: The seed of the random numbers.
        rows: The size of the batch.
        unknown: The size of axes whose size is unknown.
    """
    rng = np.random.default_rng(seed)
    inputs = {}
    for name, tensor in zip(read_graph(json.loads(model.to_json())).inputs, model.inputs, strict=True):
        shape = [rows, *(unknown if size is None else size for size in tensor.shape[1:])]
        dtype = str(tensor.dtype)
        if dtype == "string":
            values = tf.constant(rng.choice(["smith", "clerk", "king"], shape))
        else:
            numbers = rng.integers(0, 3, shape) if "int" in dtype else rng.normal(size=shape)
            values = keras.ops.convert_to_tensor(numbers, dtype)
        inputs[valid_name(name)] = values
    return inputs


def predictions_by_output(model: keras.Model, inputs: dict[str, Any]) -> dict[str, np.ndarray]:
    """Output → predictions of a model.

    Args:
        model: The model.
        inputs: Input name → its values.
    """
    structure = read_graph(json.loads(model.to_json()))
    tensors = [inputs[valid_name(name)] for name in structure.inputs]
    values = model(tensors[0] if len(tensors) == 1 else keras.tree.pack_sequence_as(model._inputs_struct, tensors))
    names = [str(_comparable(ref, structure)) for _, ref in structure.outputs]
    return {name: np.asarray(value) for name, value in zip(names, keras.tree.flatten(values), strict=True)}
