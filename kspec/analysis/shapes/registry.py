"""The inference rule of a layer, an op or an application, by name."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import Any

from kspec import catalog
from kspec.analysis.shapes.layers.accepted_dtypes import check_layer_dtypes
from kspec.analysis.shapes.learned_weight import learned_weight
from kspec.analysis.shapes.ops.accepted_dtypes import check_op_dtypes
from kspec.analysis.shapes.ops.constant_operands import check_constant_operands
from kspec.analysis.shapes.types import Call, InferenceRule, InferredCall, ShapeError, TensorType
from kspec.catalog.learned_weight import NAME as WEIGHT
from kspec.language.field_types import MAX_RANK, MAX_SIZE

POLICY_COMPUTES = {"mixed_float16": "float16", "mixed_bfloat16": "bfloat16"}
"""A dtype policy → its compute dtype; any other policy is its own."""


@cache
def rule_for(kind: str, name: str) -> InferenceRule | None:
    """The rule of a layer, an op or an application; None if there is none, so that its outputs are unknown."""
    if kind == "application":
        from kspec.analysis.shapes.applications import application

        return application
    if kind == "layer" and name == WEIGHT:
        return learned_weight
    package = "layers" if kind == "layer" else "ops"
    homes = import_module(f"kspec.analysis.shapes.{package}").HOMES
    if name not in homes:
        return None
    rules: dict[str, InferenceRule] = import_module(f"kspec.analysis.shapes.{package}.{homes[name]}").RULES
    return rules[name]


def infer_call(call: Call) -> InferredCall:
    """The outputs of a call by its rule; one unknown output without a rule.

    Raises:
        ShapeError: If Keras would reject the call, or no result of it is a finite number.
    """
    if call.entry.kind == "layer":
        check_layer_dtypes(call)
    elif call.entry.kind == "op":
        check_op_dtypes(call)
    rule = rule_for(call.entry.kind, call.entry.name)
    result = rule(call) if rule is not None else InferredCall([TensorType(None, call.dtype)], None)
    if call.entry.kind == "op":
        check_constant_operands(call, result)
    for output in result.outputs:
        _check_size(output)
    return result


def _check_size(output: TensorType) -> None:
    """Rejects a tensor that no machine can hold, before the sizes of those after it grow without bound.

    Raises:
        ShapeError: If it has too many axes, or an axis is too long.
    """
    shape = output.shape or ()
    if len(shape) > MAX_RANK:
        raise ShapeError(f"the output has {len(shape)} axes; a tensor has at most {MAX_RANK}")
    if any(size is not None and size >= MAX_SIZE for size in shape):
        raise ShapeError("an axis of the output has 2⁶³ positions or more; no tensor is that large")


def inner_call(call: Call, value: Any, tensors: list[TensorType]) -> Call | None:
    """The call of a layer inside a layer (`Bidirectional: {layer: ...}`); None if its class is unknown.

    Args:
        call: Of the outer layer.
        value: The inner layer as written: a name, or a mapping of one class to its arguments.
        tensors: Its inputs.
    """
    name, arguments = (value, {}) if isinstance(value, str) else next(iter(value.items()))
    entry = catalog.find("layer", name)
    if entry is None:
        return None
    first = entry.tensors[0].name if entry.tensors else "inputs"
    dtype = compute_dtype((arguments or {}).get("dtype"), call.dtype)
    return Call(entry, arguments or {}, {first: tensors}, {}, dtype, call.model, call.batch_sizes)


def compute_dtype(policy: str | None, default: str) -> str:
    """The compute dtype of a layer.

    Args:
        policy: Its `dtype` argument: a dtype or a policy.
        default: The compute dtype of a layer without that argument.
    """
    return POLICY_COMPUTES.get(policy, policy) if policy is not None else default
