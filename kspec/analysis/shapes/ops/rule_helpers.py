"""Helpers for the rules of ops: operands, constants, axes, and rules made of their parts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from kspec.analysis.shapes.broadcasting import size_per_example
from kspec.analysis.shapes.types import Call, Dim, InferenceRule, InferredCall, Shape, ShapeError, TensorType
from kspec.diagnostics import codes
from kspec.ir.list_dtype import list_dtype
from kspec.syntax.yaml_flow import shape_text

ShapeRule = Callable[[Call], Shape]
DtypeRule = Callable[[Call], str]
Cost = Callable[[Call, Shape], int | None]
"""Floating-point operations for one example, given the call and its output shape."""


def op(shape: ShapeRule, dtype: DtypeRule | str, cost: Cost | None = None) -> InferenceRule:
    """A rule for an op with one output, of unknown rank if an operand's is.

    Args:
        shape: The rule of its shape.
        dtype: Its dtype, or a rule.
        cost: Its operations; by default 0, for ops that only move values.
    """

    def rule(call: Call) -> InferredCall:
        output_dtype = dtype if isinstance(dtype, str) else dtype(call)
        if any(tensor.shape is None for tensor in operands(call)):
            return InferredCall([TensorType(None, output_dtype)])
        result = _checked(shape(call))
        return InferredCall([TensorType(result, output_dtype)], flops=cost(call, result) if cost is not None else 0)

    return rule


def several(outputs: Callable[[Call], list[TensorType]], moves_only: bool = False) -> InferenceRule:
    """A rule for an op with several outputs, or one whose dtype depends on its shape.

    Args:
        outputs: The types of its outputs.
        moves_only: Whether it only moves values, at no operations; else their number is unknown.
    """

    def rule(call: Call) -> InferredCall:
        if any(tensor.shape is None for tensor in operands(call)):
            return InferredCall([TensorType(None, first(call).dtype)])
        types = [TensorType(_checked(o.shape) if o.shape is not None else None, o.dtype) for o in outputs(call)]
        return InferredCall(types, flops=0 if moves_only else None)

    return rule


def per_output(_call: Call, result: Shape) -> int | None:
    """One operation for each element of the output."""
    return size_per_example(result)


def per_input(call: Call, _result: Shape) -> int | None:
    """One operation for each element of the input."""
    return size_per_example(shape_of(first(call)))


def unknown_cost(_call: Call, _result: Shape) -> int | None:
    """Unknown: the number depends on the backend's algorithm."""
    return None


def operands(call: Call) -> Iterator[TensorType]:
    """All tensors and array constants of a call."""
    for tensor in call.entry.tensors:
        if tensor.name in call.tensors:
            yield from call.tensors[tensor.name]
        elif tensor.name in call.constants and call.constants[tensor.name] is not None:
            yield constant_type(call.constants[tensor.name])


def operand(call: Call, name: str) -> TensorType:
    """A tensor argument, or the constant in its place.

    Raises:
        KeyError: If there is neither.
    """
    tensor = optional(call, name)
    if tensor is None:
        raise KeyError(name)
    return tensor


def optional(call: Call, name: str) -> TensorType | None:
    """A tensor argument, or the constant in its place; None if there is neither."""
    if name in call.tensors:
        return call.tensors[name][0]
    value = call.constants.get(name)
    return None if value is None else constant_type(value)


def sized(call: Call, name: str) -> TensorType:
    """A tensor argument that must not be a plain number."""
    if is_number(call, name):
        raise ShapeError(
            f"expects a tensor or a list as `{name}`, got {call.constants[name]}",
            help="write a list, or create a tensor with `op: full`",
            argument=name,
            code=codes.INCOMPATIBLE_ARGUMENTS,
        )
    return operand(call, name)


def is_number(call: Call, name: str) -> bool:
    """Whether a plain number stands in place of a tensor."""
    return name not in call.tensors and isinstance(call.constants.get(name), (bool, int, float))


def first(call: Call) -> TensorType:
    """The first tensor argument, or the first tensor of its list."""
    name = call.entry.tensors[0].name
    return call.tensors[name][0] if name in call.tensors else operand(call, name)


def pair(call: Call) -> tuple[TensorType, TensorType]:
    """The two operands of a binary op."""
    one, other, *_ = call.entry.tensors
    return operand(call, one.name), operand(call, other.name)


def sized_pair(call: Call) -> tuple[TensorType, TensorType]:
    """The two operands of a binary op that accepts no plain number."""
    one, other, *_ = call.entry.tensors
    return sized(call, one.name), sized(call, other.name)


def shape_of(tensor: TensorType) -> Shape:
    """The shape of a tensor of known rank."""
    assert tensor.shape is not None
    return tensor.shape


def constant_type(value: Any) -> TensorType:
    """The type of a constant in place of a tensor: a number is weak, a list has the dtype of `list_dtype`."""
    if isinstance(value, bool):
        return TensorType((), "bool")
    if isinstance(value, (int, float)):
        return TensorType((), "int" if isinstance(value, int) else "float")
    shape: list[int] = []
    level = value
    while isinstance(level, list):
        shape.append(len(level))
        level = level[0] if level else None
    return TensorType(tuple(shape), list_dtype(value))


def constant(call: Call, argument: str) -> Any:
    """A constant, or Keras's default; None for a size that data decides."""
    return call.constant(argument)


def invalid_constant(message: str, argument: str, help: str = "") -> ShapeError:
    """The error for an invalid constant.

    Args:
        message: What is wrong, as a predicate whose subject is the op.
        argument: The argument that holds the constant.
        help: What to write instead.

    Returns:
        The error, to be raised.
    """
    return ShapeError(message, help=help, argument=argument, code=codes.INCOMPATIBLE_ARGUMENTS)


def axis_in(shape: Shape, axis: int, argument: str = "axis", rank: int | None = None) -> int:
    """An axis, counted from the first.

    Args:
        shape: Of the input.
        axis: The axis as written; a negative one counts from the last.
        argument: The argument that names it.
        rank: The number of axes, if not that of `shape`.

    Raises:
        ShapeError: If there is no such axis.
    """
    rank = len(shape) if rank is None else rank
    if not -rank <= axis < rank:
        help = f"write an axis from {-rank} to {rank - 1}" if rank else "a single number has no axis"
        raise invalid_constant(f"has no axis {axis} in its input {shape_text(shape)}", argument, help)
    return axis % rank


def axes_in(shape: Shape, axes: int | Iterable[int], argument: str = "axis", rank: int | None = None) -> list[int]:
    """One or several different axes, counted from the first.

    Args:
        shape: Of the input.
        axes: The axes as written; a negative one counts from the last.
        argument: The argument that names them.
        rank: The number of axes, if not that of `shape`.

    Returns:
        The axes, from 0, in the order written.

    Raises:
        ShapeError: If there is no such axis, or one is named twice.
    """
    result = [axis_in(shape, axis, argument, rank) for axis in ([axes] if isinstance(axes, int) else axes)]
    if len(set(result)) < len(result):
        raise invalid_constant(f"names the same axis of {shape_text(shape)} twice", argument, "name each axis once")
    return result


def at_least(shape: Shape, rank: int) -> Shape:
    """The shape, if it has at least `rank` axes."""
    if len(shape) < rank:
        raise ShapeError(f"expects input with at least {rank} dimension{'s' * (rank > 1)}, got {shape_text(shape)}")
    return shape


def of_rank(shape: Shape, rank: int) -> Shape:
    """The shape, if it has exactly `rank` axes."""
    if len(shape) != rank:
        raise ShapeError(f"expects {rank}-dimensional input, got {shape_text(shape)}")
    return shape


def replaced(shape: Shape, axis: int, size: Dim) -> Shape:
    """The shape with one size replaced.

    Args:
        shape: The shape.
        axis: The axis, counted from the first.
        size: Its new size; None if unknown.

    Returns:
        The new shape, of the same rank.
    """
    return (*shape[:axis], size, *shape[axis + 1 :])


def without(shape: Shape, *axes: int) -> Shape:
    """The shape without some axes."""
    return tuple(size for axis, size in enumerate(shape) if axis not in axes)


def inserted(shape: Shape, axis: int, size: Dim) -> Shape:
    """The shape with another axis inserted.

    Args:
        shape: The shape.
        axis: The position of the new axis, counted from the first.
        size: Its size; None if unknown.

    Returns:
        The new shape, with one axis more.
    """
    return (*shape[:axis], size, *shape[axis:])


def times(size: Dim, factor: Dim) -> Dim:
    """A product; None if a factor is."""
    return None if size is None or factor is None else size * factor


def _checked(shape: Shape) -> Shape:
    if any(size is not None and size < 0 for size in shape):
        raise ShapeError(f"would output {shape_text(shape)}, which has a negative size", code=codes.DIMENSION_COLLAPSE)
    return shape
