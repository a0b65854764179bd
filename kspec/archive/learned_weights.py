"""Recognizes in a model's graph what kspec builds for the head `weight`, and puts one node in its place.

kspec computes a one from an input, and calls a `PReLU` on minus one; minus its output, without the first axis, is the
weight. See `kspec/backend/learned_weight.py`.
"""

from __future__ import annotations

from typing import Any

from kspec.archive.config_graph import CallId, ConfigGraph, Layer, Ref, refs
from kspec.catalog.operations import find_operation

_BEFORE = ("BroadcastTo", "Negative", "Prod", "OnesLike")
"""The ops before the `PReLU`, from the last to the first."""


def fold_learned_weights(graph: ConfigGraph) -> None:
    """Replaces the `PReLU` of each learned weight by a layer without inputs that has the weight's arguments.

    Args:
        graph: The graph; changed in place. The ops around the `PReLU` remain, without a use.
    """
    users = _users(graph)
    replaced: dict[Ref, Ref] = {}
    for layer in list(graph.layers.values()):
        shape = _shape(layer, graph)
        minus = _only_user(Ref(layer.name, 0, 0), "Negative", users, graph)
        value = None if minus is None else _only_user(minus, "Squeeze", users, graph)
        if shape is None or value is None or graph.layers[value.layer].data["config"].get("axis") != 0:
            continue
        config = {name.removeprefix("alpha_"): item for name, item in layer.data["config"].items()} | {"shape": shape}
        config.pop("shared_axes", None)
        graph.layers[layer.name] = Layer(layer.name, {**layer.data, "config": config}, [([], {})], is_weight=True)
        replaced[value] = Ref(layer.name, 0, 0)
    if replaced:
        for layer in graph.layers.values():
            layer.calls = [_renamed(call, replaced) for call in layer.calls]
        graph.outputs = [(name, replaced.get(ref, ref)) for name, ref in graph.outputs]


def _shape(layer: Layer, graph: ConfigGraph) -> list[Any] | None:
    """The shape of a weight; None if the layer is no `PReLU` that is called once, on minus one."""
    if layer.class_name != "PReLU" or len(layer.calls) != 1 or layer.data["config"].get("shared_axes"):
        return None
    given, chain = layer, []
    for _ in _BEFORE:
        before = list(refs(list(given.calls[0]))) if len(given.calls) == 1 else []
        if len(before) != 1 or before[0].layer not in graph.layers:
            return None
        given = graph.layers[before[0].layer]
        chain.append(given)
    prod, shape = chain[2].data["config"], chain[0].data["config"].get("shape")
    if tuple(map(_op, chain)) != _BEFORE or prod.get("axis") is not None or prod.get("keepdims"):
        return None
    return shape[1:] if isinstance(shape, list) and shape[:1] == [1] else None


def _op(layer: Layer) -> str:
    """The class of an op of Keras; empty for a layer."""
    return layer.class_name if find_operation(str(layer.data.get("module")), layer.class_name) is not None else ""


def _users(graph: ConfigGraph) -> dict[Ref, list[CallId]]:
    """The calls that take each tensor; an output of the model counts as one."""
    found: dict[Ref, list[CallId]] = {}
    for layer in graph.layers.values():
        for number, call in enumerate(layer.calls):
            for ref in refs(list(call)):
                found.setdefault(ref, []).append(CallId(layer.name, number))
    for name, ref in graph.outputs:
        found.setdefault(ref, []).append(CallId(name, -1))
    return found


def _only_user(ref: Ref, op: str, users: dict[Ref, list[CallId]], graph: ConfigGraph) -> Ref | None:
    """The output of the one op that takes a tensor; None if something else does, too."""
    calls = users.get(ref, [])
    if len(calls) != 1 or calls[0].number != 0 or _op(graph.layers[calls[0].layer]) != op:
        return None
    return Ref(calls[0].layer, 0, 0)


def _renamed(value: Any, names: dict[Ref, Ref]) -> Any:
    """The arguments of a call with other tensors."""
    if isinstance(value, Ref):
        return names.get(value, value)
    if isinstance(value, dict):
        return {key: _renamed(item, names) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(_renamed(item, names) for item in value)
    return value
