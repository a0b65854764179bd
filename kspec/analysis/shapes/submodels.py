"""Calls of sub-models: whether their inputs fit, and which weights they count."""

from __future__ import annotations

from collections.abc import Mapping

from kspec.analysis.shapes.types import ShapeError, TensorType, Types, Weight
from kspec.ir import Graph
from kspec.language.spec import models_in
from kspec.syntax.yaml_flow import shape_text, to_yaml


def match_input(
    graph: Graph, model: str, name: str, declared: TensorType, actual: TensorType, *, is_written: bool
) -> TensorType:
    """The type that an input receives: Keras casts it, and adds or drops a last axis of 1.

    Args:
        graph: The sub-model's.
        model: Its name.
        name: The input's name.
        declared: The type that the input declares.
        actual: The type of the tensor.
        is_written: Whether the sub-model is part of the spec; the inputs of a file cannot be changed.

    Raises:
        ShapeError: If the tensor does not fit.
    """
    if declared.shape is None or actual.shape is None:
        return declared
    shape = actual.shape
    if len(shape) == len(declared.shape) + 1 and shape[-1] == 1:
        shape = shape[:-1]
    elif len(shape) == len(declared.shape) - 1 and declared.shape[-1] == 1:
        shape = (*shape, 1)
    fits = len(shape) == len(declared.shape) and all(
        one is None or other is None or one == other for one, other in zip(shape, declared.shape, strict=True)
    )
    if not fits:
        sizes = to_yaml(actual.shape[1:])
        setting = f"inputs: {{{name}: {{shape: {sizes}}}}}" if graph.application is None else f"input_shape: {sizes}"
        raise ShapeError(
            f"expects {shape_text(declared.shape)} for `{name}` of sub-model `{model}`, got {shape_text(actual.shape)}",
            help=f"give it that shape, or write `{setting}` in the model" if is_written else "give it that shape",
        )
    return TensorType(shape, declared.dtype)


def uncounted_weights(name: str, graph: Graph, types: Mapping[str, Types], counted: set[str]) -> list[Weight] | None:
    """The weights of a sub-model that no call has counted yet; None if unknown.

    Args:
        name: The sub-model.
        graph: A graph that can call it.
        types: Of the sub-models, by name.
        counted: The sub-models counted so far; this one and those that it calls are added.
    """
    if name in counted:
        return []
    counted.add(name)
    model = graph.models[name]
    needed = model.needed_nodes()
    weights: list[Weight] = []
    is_known = True
    for node in model.calls:
        if node.name not in needed:
            continue
        wrapped = list(models_in(node.arguments)) if node.kind == "layer" else []
        if node.kind == "model":
            own = uncounted_weights(node.head, model, types, counted)
        elif wrapped and set(wrapped) <= counted:
            own = []
        else:
            own = types[name].calls[node.name].weights
            counted.update(wrapped)
        is_known = is_known and own is not None
        weights += [Weight(each.shape, each.trainable and node.trainable is not False) for each in own or ()]
    return weights if is_known else None
