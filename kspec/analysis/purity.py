"""Purity: whether training changes nothing about a call but its weights, judged by its arguments."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from kspec.catalog import Entry, find
from kspec.ir import Graph, Node
from kspec.language.spec import models_in

RATES = ("rate", "dropout", "recurrent_dropout", "drop_path_rate")
"""The arguments for the share of values that a random layer drops; it is pure if they are 0."""


def is_pure(node: Node, graph: Graph, trainable: Mapping[str, bool]) -> bool:
    """Whether a call is pure: it draws no random numbers, keeps no statistics, and adds no loss.

    Args:
        node: The call.
        graph: Its network.
        trainable: By path, whether a layer trains.
    """
    inner = [(name, each) for name in submodels_of(node, graph) for each in graph.models[name].calls]
    return _is_pure(graph.callee(node), trainable, "") and all(
        _is_pure(graph.models[name].callee(each), trainable, f"{name}/") for name, each in inner
    )


def makes_mask(node: Node, graph: Graph) -> bool:
    """Whether a call may create a mask."""
    inner = [each for name in submodels_of(node, graph) for each in graph.models[name].calls]
    callees = [graph.callee(node), *inner]
    return any(callee.head == "Masking" or bool(callee.arguments.get("mask_zero")) for callee in callees)


def submodels_of(node: Node, graph: Graph) -> list[str]:
    """The sub-models that a node calls or its layer wraps, with all that these call."""
    names = [node.head] if node.kind == "model" else list(models_in(graph.callee(node).arguments))
    known = [name for name in names if name in graph.models]
    return list(dict.fromkeys([*known, *(inner for name in known for inner in graph.models[name].called_models())]))


def _is_pure(callee: Node, trainable: Mapping[str, bool], prefix: str) -> bool:
    """Whether a callee is pure, without the sub-models in it."""
    if callee.kind != "layer":
        return True
    if callee.catalog is None:
        return False  # a custom class may do anything
    if callee.catalog.kind == "application":
        return not _has_dropout(callee)
    trains = trainable.get(prefix + callee.name, True)
    layers = [(callee.catalog, callee.arguments), *_wrapped_layers(callee.arguments)]
    return all(_is_pure_layer(entry, arguments, trains) for entry, arguments in layers)


def _is_pure_layer(entry: Entry, arguments: Mapping[str, Any], trains: bool) -> bool:
    """Whether a Keras layer only computes its output in training, and that for each example independently."""

    def argument(name: str) -> Any:
        return arguments.get(name, entry.parameters[name].default)

    rates = [name for name in RATES if name in entry.parameters]
    if any(argument(name) for name in rates) or ("seed" in entry.parameters and not rates):
        return False  # random in every step
    if entry.name == "SpectralNormalization" or (entry.name == "BatchNormalization" and trains):
        return False  # updates its statistics
    if arguments.get("stateful") or arguments.get("ragged") or arguments.get("sparse"):
        return False
    if arguments.get("activity_regularizer") or entry.name == "ActivityRegularization":
        return False
    if entry.name != "TextVectorization":
        return True
    # without a fixed length, texts are padded to the longest of their batch
    return arguments.get("output_mode", "int") != "int" or bool(arguments.get("output_sequence_length"))


def _has_dropout(application: Node) -> bool:
    """Whether a model of `keras.applications` contains Dropout: any EfficientNet, or the classifier of others."""
    assert application.catalog is not None
    if application.head.startswith("EfficientNet"):
        return True
    rates = [name for name in ("dropout", "dropout_rate") if name in application.catalog.parameters]
    return bool(rates) and application.arguments.get("include_top", True) is not False


def _wrapped_layers(value: Any) -> Iterator[tuple[Entry, Mapping[str, Any]]]:
    """The Keras layers that a layer's arguments contain, with their arguments."""
    if isinstance(value, str):
        entry = find("layer", value)
        if entry is not None:
            yield entry, {}
    elif isinstance(value, list):
        for item in value:
            yield from _wrapped_layers(item)
    elif isinstance(value, dict):
        for key, item in value.items():
            entry = find("layer", key) if len(value) == 1 else None
            if entry is not None:
                yield entry, item if isinstance(item, dict) else {}
            yield from _wrapped_layers(item)
