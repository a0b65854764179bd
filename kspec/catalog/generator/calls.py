"""The calls of layers and ops: which arguments are tensors, and in what form they are passed."""

from __future__ import annotations

import inspect
from dataclasses import dataclass, field
from typing import Any

from kspec.catalog.entry import Kind
from kspec.catalog.generator.corrections import corrections
from kspec.catalog.generator.discovery import KerasObject

_LAYER_TENSORS = {
    "inputs", "data", "x", "count_weights", "sequences", "sequence", "states", "initial_state", "query", "value", "key",
    "mask", "query_mask", "value_mask", "key_mask", "attention_mask",
}  # fmt: skip
_LAYER_LISTS = {"initial_state", "states"}
_LIST_INPUTS = {
    "Add", "Average", "Concatenate", "Dot", "Maximum", "Minimum", "Multiply", "Subtract", "Attention",
    "AdditiveAttention", "HashedCrossing", "CustomScaleLayer",
}  # fmt: skip


@dataclass(slots=True)
class Call:
    """The arguments of a call.

    Args:
        tensors: Name, form and whether it is required, for each tensor.
        constants: Name → default and whether it is required.
        order: The names of all arguments, in order.
    """

    tensors: list[list[Any]] = field(default_factory=list)
    constants: dict[str, tuple[Any, bool]] = field(default_factory=dict)
    order: list[str] = field(default_factory=list)

    @property
    def is_mixed(self) -> bool:
        """Whether tensors and constants are mixed."""
        return self.order != [*(name for name, *_ in self.tensors), *self.constants]


def call_signature(kind: Kind, keras_object: KerasObject) -> Call:
    """The call of a layer or an op."""
    if kind == "layer":
        return _layer(keras_object)
    call = _op(keras_object)
    call.order = [*(name for name, *_ in call.tensors), *call.constants]  # calls of operations are read elsewhere
    return call


def _layer(keras_object: KerasObject) -> Call:
    call = Call()
    target: Any = keras_object.target
    for item in list(inspect.signature(target.call).parameters.values())[1:]:
        if item.kind in (item.VAR_KEYWORD, item.VAR_POSITIONAL):
            continue
        required = item.default is item.empty
        call.order.append(item.name)
        if item.name in _LAYER_TENSORS:
            merges = keras_object.name in _LIST_INPUTS and item.name in ("inputs", "mask")
            form = "list" if merges or item.name in _LAYER_LISTS else "one"
            call.tensors.append([item.name, form, required])
        else:
            call.constants[item.name] = (None if required else item.default, required)
    return call


def _op(keras_object: KerasObject) -> Call:
    call = Call()
    known = corrections("op")
    either = known.either(keras_object.name)
    spread = known.of(keras_object.name, "spread")
    constants = known.of(keras_object.name, "constants")
    lists = {*known.lists, *known.of(keras_object.name, "lists")}
    tensors = {*known.tensors, *known.of(keras_object.name, "tensors")}
    signature = inspect.signature(keras_object.target)
    for item in signature.parameters.values():
        if item.kind is item.VAR_KEYWORD:
            continue
        required = item.default is item.empty or item.name in known.of(keras_object.name, "required")
        if item.name in constants:
            call.constants[item.name] = (None if required else item.default, required)
        elif item.name in spread:
            call.tensors.append([item.name, "spread", True])
        elif item.name in lists:
            call.tensors.append([item.name, "list", required])
        elif item.name in tensors:
            call.tensors.append([item.name, "one", required])
        else:
            call.constants[item.name] = (None if required else item.default, required)
    if len(call.tensors) > 1 or known.of(keras_object.name, "either"):
        for name in (tensor[0] for tensor in call.tensors if tensor[0] not in known.of(keras_object.name, "never")):
            if name in either:
                call.constants[name] = (None, False)
    return call
