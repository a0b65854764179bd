"""The sizes that arguments refer to, such as `{units_of: node}`, as numbers where they are known."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from kspec.analysis.shapes.types import ShapeError, TensorType
from kspec.diagnostics import codes
from kspec.ir import Graph, Tensor
from kspec.syntax.evaluation import with_numbers
from kspec.syntax.sizes import OF_DATA, ExpressionError, Size, has_sizes, sizes_in
from kspec.syntax.yaml_flow import shape_text

ENCODING = frozenset({"one_hot", "multi_hot", "count", "tf_idf"})
"""The output modes of lookups whose last axis is the vocabulary."""


def with_known_sizes(
    arguments: Mapping[str, Any], graph: Graph, tensor_type: Callable[[Tensor], TensorType], of_data: Callable[..., Any]
) -> dict[str, Any] | None:
    """The arguments with numbers in place of sizes; None in place of a size that only data decides.

    Args:
        arguments: Constructor arguments, or the constants of a call.
        graph: The network.
        tensor_type: The types of the tensors above.
        of_data: Resolves a size that data decides, from its word and name; None if unknown.

    Returns:
        The arguments; None if no size is among them.

    Raises:
        ShapeError: If an axis has no fixed size, or an expression no value.
    """
    if not has_sizes(arguments):
        return None

    def number(size: Size) -> int | None:
        if size.word in OF_DATA:
            known: int | None = of_data(size.word, size.name)
            return known
        return _axis(size, graph, tensor_type)

    result = {}
    for name, value in arguments.items():
        try:
            result[name] = with_numbers(value, number)
        except ShapeError as error:
            error.argument = name
            raise
        except ExpressionError as error:
            raise ShapeError(
                f"has an invalid `{name}`: {error}", help=error.help, argument=name, code=codes.INVALID_EXPRESSION
            ) from None
    return result


def _axis(size: Size, graph: Graph, tensor_type: Callable[[Tensor], TensorType]) -> int | None:
    """The size of an axis of a node; None if data decides it.

    Raises:
        ShapeError: If the axis has no fixed size, or does not exist.
    """
    tensor = graph.names.get(size.name)
    shape = tensor_type(tensor).shape if tensor is not None else None
    if tensor is None or shape is None:
        return None
    if not -len(shape) <= size.axis < len(shape):
        raise ShapeError(
            f"refers to axis {size.axis} of `{size.name}`, whose shape is {shape_text(shape)}",
            help=f"its axes are 0 (the batch) to {len(shape) - 1}, or -{len(shape)} to -1 from the end",
            code=codes.UNKNOWN_SIZE,
        )
    number = shape[size.axis]
    if number is None and not depends_on_data(graph, tensor):
        is_batch = size.axis in (0, -len(shape))
        raise ShapeError(
            f"depends on `{size}`, which has no fixed size: the shape of `{size.name}` is {shape_text(shape)}",
            help="axis 0 is the batch; the axes of an example begin at 1"
            if is_batch
            else "state the size in the `shape` of the input, or write a number here",
            code=codes.UNKNOWN_SIZE,
        )
    return number


def depends_on_data(graph: Graph, tensor: Tensor) -> bool:
    """Whether a vocabulary or the classes of a target may decide a size in the shape of a tensor."""
    waiting, seen = [tensor.node], set()
    while waiting:
        name = waiting.pop()
        node = graph.nodes[name]
        callee = graph.callee(node)
        lists = isinstance(callee.arguments.get("vocabulary"), list)
        adapts = callee.catalog is not None and callee.catalog.adapts and not lists
        encodes = adapts and callee.arguments.get("output_mode") in ENCODING
        if node.kind == "model" or encodes or any(size.word in OF_DATA for size in sizes_in(callee.arguments)):
            return True
        seen.add(name)
        waiting += [each.node for each in node.tensors() if each.node not in seen]
        waiting += [graph.names[size.name].node for size in sizes_in(callee.arguments) if size.name in graph.names]
        waiting = [each for each in waiting if each not in seen]
    return False
