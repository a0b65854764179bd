"""Calls of sub-models: whether they fit what the model states, and whose weights they count."""

from __future__ import annotations

from collections.abc import Mapping

from kspec.analysis.shapes.types import ShapeError, TensorType, Types, Weight
from kspec.ir import Graph
from kspec.language.spec import models_in
from kspec.syntax.yaml_flow import shape_text, to_yaml


def match_input(
    graph: Graph, model: str, name: str, stated: TensorType, given: TensorType, *, written: bool
) -> TensorType:
    """What an input takes of a tensor, as Keras hands it over: cast, a last axis of 1 put in or left out.

    Args:
        graph: The sub-model's.
        name: The input's name.
        written: Whether the sub-model stands in the spec; a file's own inputs cannot be stated.

    Raises:
        Refusal: when the tensor is none that the input states.
    """
    if stated.shape is None or given.shape is None:
        return stated
    shape = given.shape
    if len(shape) == len(stated.shape) + 1 and shape[-1] == 1:
        shape = shape[:-1]
    elif len(shape) == len(stated.shape) - 1 and stated.shape[-1] == 1:
        shape = (*shape, 1)
    fits = len(shape) == len(stated.shape) and all(
        one is None or other is None or one == other for one, other in zip(shape, stated.shape, strict=True)
    )
    if not fits:
        sizes = to_yaml(given.shape[1:])
        cure = f"inputs: {{{name}: {{shape: {sizes}}}}}" if graph.application is None else f"input_shape: {sizes}"
        raise ShapeError(
            f"got {shape_text(given.shape)}, but input `{name}` of sub-model `{model}` expects "
            f"{shape_text(stated.shape)}",
            help=f"give it that, or state `{cure}` in the model" if written else "give it what it takes",
        )
    return TensorType(shape, stated.dtype)


def uncounted_weights(name: str, graph: Graph, types: Mapping[str, Types], counted: set[str]) -> list[Weight] | None:
    """The weights of a sub-model that no call has counted yet; None where they cannot be told.

    Args:
        graph: One that can call it.
        counted: The sub-models that are counted; it and those that it calls are added.
    """
    if name in counted:
        return []
    counted.add(name)
    model = graph.models[name]
    needed = model.needed()
    found: list[Weight] = []
    known = True
    for node in model.calls:
        if node.name not in needed:
            continue
        held = list(models_in(node.arguments)) if node.kind == "layer" else []
        if node.kind == "model":
            weights = uncounted_weights(node.head, model, types, counted)
        elif held and set(held) <= counted:
            weights = []
        else:
            weights = types[name].calls[node.name].weights
            counted.update(held)
        known = known and weights is not None
        found += [Weight(each.shape, each.trainable and node.trainable is not False) for each in weights or ()]
    return found if known else None
