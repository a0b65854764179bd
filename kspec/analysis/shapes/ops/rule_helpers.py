"""What the ops' rules are written with: their operands, their constants, and how a rule is put together."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from kspec.analysis.shapes.broadcasting import size_per_example
from kspec.analysis.shapes.types import Call, Dim, InferenceRule, InferredCall, Shape, ShapeError, TensorType
from kspec.diagnostics import codes
from kspec.syntax.yaml_flow import shape_text

ShapeRule = Callable[[Call], Shape]
DtypeRule = Callable[[Call], str]
Cost = Callable[[Call, Shape], int | None]
"""Floating-point operations for one example, from the call and the shape that it gives."""


def op(shape: ShapeRule, dtype: DtypeRule | str, cost: Cost | None = None) -> InferenceRule:
    """A rule for an op of one output; of unknown rank where an operand is.

    Args:
        cost: Left out for what only moves values about.
    """

    def rule(call: Call) -> InferredCall:
        found = dtype if isinstance(dtype, str) else dtype(call)
        if any(tensor.shape is None for tensor in operands(call)):
            return InferredCall([TensorType(None, found)])
        result = _possible(shape(call))
        return InferredCall([TensorType(result, found)], flops=cost(call, result) if cost is not None else 0)

    return rule


def several(outputs: Callable[[Call], list[TensorType]], counted: bool = False) -> InferenceRule:
    """A rule for an op of several outputs, or one whose dtype follows from its shape.

    Args:
        counted: Whether its operations can be told: it only moves values about.
    """

    def rule(call: Call) -> InferredCall:
        if any(tensor.shape is None for tensor in operands(call)):
            return InferredCall([TensorType(None, first(call).dtype)])
        found = [TensorType(_possible(o.shape) if o.shape is not None else None, o.dtype) for o in outputs(call)]
        return InferredCall(found, flops=0 if counted else None)

    return rule


def per_output(_call: Call, result: Shape) -> int | None:
    """One operation for each element of the output."""
    return size_per_example(result)


def per_input(call: Call, _result: Shape) -> int | None:
    """One operation for each element of the input."""
    return size_per_example(shape_of(first(call)))


def untold(_call: Call, _result: Shape) -> int | None:
    """How many operations it takes depends on the backend's algorithm."""
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
        KeyError: when there is neither.
    """
    found = optional(call, name)
    if found is None:
        raise KeyError(name)
    return found


def optional(call: Call, name: str) -> TensorType | None:
    """A tensor argument, or the constant in its place; None where it is left out."""
    if name in call.tensors:
        return call.tensors[name][0]
    value = call.constants.get(name)
    return None if value is None else constant_type(value)


def sized(call: Call, name: str) -> TensorType:
    """A tensor argument of an op that takes no plain number in its place."""
    if is_number(call, name):
        raise ShapeError(
            f"takes a tensor or a list as `{name}`, and is given {call.constants[name]}",
            help="write a list, or take the number from a node: `op: full`",
            argument=name,
            code=codes.INCOMPATIBLE_ARGUMENTS,
        )
    return operand(call, name)


def is_number(call: Call, name: str) -> bool:
    """Whether a plain number stands in a tensor's place."""
    return name not in call.tensors and isinstance(call.constants.get(name), (bool, int, float))


def first(call: Call) -> TensorType:
    """The op's first tensor argument; of a list, its first."""
    name = call.entry.tensors[0].name
    return call.tensors[name][0] if name in call.tensors else operand(call, name)


def pair(call: Call) -> tuple[TensorType, TensorType]:
    """The two operands of a binary op."""
    one, other, *_ = call.entry.tensors
    return operand(call, one.name), operand(call, other.name)


def sized_pair(call: Call) -> tuple[TensorType, TensorType]:
    """The two operands of a binary op that takes no plain number."""
    one, other, *_ = call.entry.tensors
    return sized(call, one.name), sized(call, other.name)


def shape_of(tensor: TensorType) -> Shape:
    """Its shape, once the rank is known to be."""
    assert tensor.shape is not None
    return tensor.shape


def constant_type(value: Any) -> TensorType:
    """The type of a constant in a tensor's place: a number is weak, a list is int32 or float32."""
    if isinstance(value, bool):
        return TensorType((), "bool")
    if isinstance(value, (int, float)):
        return TensorType((), "int" if isinstance(value, int) else "float")
    shape: list[int] = []
    level = value
    while isinstance(level, list):
        shape.append(len(level))
        level = level[0] if level else None
    return TensorType(tuple(shape), "int32" if _all_integers(value) and 0 not in shape else "float32")


def constant(call: Call, name: str) -> Any:
    """A constant as written, or Keras's default; a size that the data decides is its number, or None."""
    value = call.constant(name)
    if isinstance(value, dict) and len(value) == 1:
        (word, cited), *_ = value.items()
        return call.sizes(word, cited)
    return value


def unfit(message: str, argument: str, help: str = "") -> ShapeError:
    """A refusal of a constant."""
    return ShapeError(message, help=help, argument=argument, code=codes.INCOMPATIBLE_ARGUMENTS)


def axis_in(shape: Shape, axis: int, argument: str = "axis", rank: int | None = None) -> int:
    """An axis, counted from the first.

    Args:
        rank: How many there are to choose from; those of `shape` where it is not said.
    """
    rank = len(shape) if rank is None else rank
    if not -rank <= axis < rank:
        help = f"write an axis from {-rank} to {rank - 1}" if rank else "a single number has no axis"
        raise unfit(f"takes axis {axis}, which {shape_text(shape)} does not have", argument, help)
    return axis % rank


def axes_in(shape: Shape, axes: int | Iterable[int], argument: str = "axis", rank: int | None = None) -> list[int]:
    """One or several different axes, counted from the first."""
    found = [axis_in(shape, axis, argument, rank) for axis in ([axes] if isinstance(axes, int) else axes)]
    if len(set(found)) < len(found):
        raise unfit(f"names an axis of {shape_text(shape)} twice", argument, "name each axis once")
    return found


def at_least(shape: Shape, rank: int) -> Shape:
    """The shape, of so many axes or more."""
    if len(shape) < rank:
        raise ShapeError(f"needs an input of at least rank {rank}, and is given {shape_text(shape)}")
    return shape


def of_rank(shape: Shape, rank: int) -> Shape:
    """The shape, of exactly so many axes."""
    if len(shape) != rank:
        raise ShapeError(f"needs an input of rank {rank}, and is given {shape_text(shape)}")
    return shape


def replaced(shape: Shape, axis: int, size: Dim) -> Shape:
    """The shape with another size on one axis."""
    return (*shape[:axis], size, *shape[axis + 1 :])


def without(shape: Shape, *axes: int) -> Shape:
    """The shape without some axes."""
    return tuple(size for axis, size in enumerate(shape) if axis not in axes)


def inserted(shape: Shape, axis: int, size: Dim) -> Shape:
    """The shape with one axis more."""
    return (*shape[:axis], size, *shape[axis:])


def times(size: Dim, factor: Dim) -> Dim:
    """A product, unknown where a factor is."""
    return None if size is None or factor is None else size * factor


def _all_integers(value: Any) -> bool:
    if isinstance(value, list):
        return all(_all_integers(part) for part in value)
    return isinstance(value, int) and not isinstance(value, bool)


def _possible(shape: Shape) -> Shape:
    if any(size is not None and size < 0 for size in shape):
        raise ShapeError(f"would give {shape_text(shape)}: a size falls below nothing", code=codes.DIMENSION_COLLAPSE)
    return shape
