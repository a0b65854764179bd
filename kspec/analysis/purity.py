"""Whether training leaves a call as it is, as far as its arguments tell."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from kspec.catalog import Entry, find
from kspec.ir import Graph, Node
from kspec.language.spec import models_in

RATES = ("rate", "dropout", "recurrent_dropout")
"""The arguments that say how much of its numbers a layer that draws drops: none where they are 0."""


def is_pure(node: Node, graph: Graph, trainable: Mapping[str, bool]) -> bool:
    """Whether training leaves a call as it is, weights apart: it draws nothing, counts nothing, adds no loss.

    Args:
        trainable: By path, whether a layer trains.
    """
    within = [(name, each) for name in submodels_of(node, graph) for each in graph.models[name].calls]
    return _is_pure(graph.callee(node), trainable, "") and all(
        _is_pure(graph.models[name].callee(each), trainable, f"{name}/") for name, each in within
    )


def makes_mask(node: Node, graph: Graph) -> bool:
    """Whether a call's answer may carry a mask that it makes itself."""
    within = [each for name in submodels_of(node, graph) for each in graph.models[name].calls]
    callees = [graph.callee(node), *within]
    return any(callee.head == "Masking" or bool(callee.arguments.get("mask_zero")) for callee in callees)


def submodels_of(node: Node, graph: Graph) -> list[str]:
    """The sub-models that a call goes through, or that its layer holds, with all that these call."""
    names = [node.head] if node.kind == "model" else list(models_in(graph.callee(node).arguments))
    known = [name for name in names if name in graph.models]
    return list(dict.fromkeys([*known, *(inner for name in known for inner in graph.models[name].called_models())]))


def _is_pure(callee: Node, trainable: Mapping[str, bool], prefix: str) -> bool:
    """The same of what a node calls, without what is in it."""
    if callee.kind != "layer":
        return True
    if callee.catalog is None:
        return False  # a class of the user's own may do anything
    if callee.catalog.kind == "application":
        return not _drops(callee)
    trains = trainable.get(prefix + callee.name, True)
    layers = [(callee.catalog, callee.arguments), *_held(callee.arguments)]
    return all(_leaves_alone(entry, arguments, trains) for entry, arguments in layers)


def _leaves_alone(entry: Entry, arguments: Mapping[str, Any], trains: bool) -> bool:
    """Whether a layer of Keras's does nothing in training but to answer, and that for each example by itself."""

    def said(name: str) -> Any:
        return arguments.get(name, entry.parameters[name].default)

    rates = [name for name in RATES if name in entry.parameters]
    if any(said(name) for name in rates) or ("seed" in entry.parameters and not rates):
        return False  # drawn anew in every step
    if entry.name == "SpectralNormalization" or (entry.name == "BatchNormalization" and trains):
        return False  # statistics of the batches go on
    if arguments.get("stateful") or arguments.get("ragged") or arguments.get("sparse"):
        return False
    if arguments.get("activity_regularizer") or entry.name == "ActivityRegularization":
        return False
    if entry.name != "TextVectorization":
        return True
    # texts without a length of their own are padded to the longest of their batch
    return arguments.get("output_mode", "int") != "int" or bool(arguments.get("output_sequence_length"))


def _drops(application: Node) -> bool:
    """Whether a model of `keras.applications` has Dropout in it: the EfficientNets; of others, the classifier."""
    assert application.catalog is not None
    if application.head.startswith("EfficientNet"):
        return True
    rates = [name for name in ("dropout", "dropout_rate") if name in application.catalog.parameters]
    return bool(rates) and application.arguments.get("include_top", True) is not False


def _held(value: Any) -> Iterator[tuple[Entry, Mapping[str, Any]]]:
    """The layers of Keras's that a layer's arguments hold, with theirs."""
    if isinstance(value, str):
        entry = find("layer", value)
        if entry is not None:
            yield entry, {}
    elif isinstance(value, list):
        for item in value:
            yield from _held(item)
    elif isinstance(value, dict):
        for key, item in value.items():
            entry = find("layer", key) if len(value) == 1 else None
            if entry is not None:
                yield entry, item if isinstance(item, dict) else {}
            yield from _held(item)
