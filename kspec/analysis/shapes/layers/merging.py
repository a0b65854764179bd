"""Layers that merge several tensors into one."""

from __future__ import annotations

from kspec.analysis.shapes.broadcasting import BROADCASTS, agree, check_examples
from kspec.analysis.shapes.dtypes import bytes_of, is_float
from kspec.analysis.shapes.layers.shared import axis_of, moved_dtype, number_shape, one, per_value
from kspec.analysis.shapes.types import Call, Dim, InferenceRule, InferredCall, Shape, ShapeError
from kspec.syntax.yaml_flow import shape_text

OPS = {
    "Add": "add",
    "Maximum": "maximum",
    "Minimum": "minimum",
    "Multiply": "multiply",
    "Subtract": "subtract",
}
"""Layer → the op that computes the same, but for tensors of any shapes that broadcast."""


def elementwise(call: Call) -> InferredCall:
    """`(…), (…), … → (…)`: the shapes broadcast, axes counted from the last; the batch is not among them."""
    number_shape(call)
    shapes = _known_shapes(call)
    if shapes is None:
        return one(None, moved_dtype(call))
    result: Shape = shapes[0][1:]
    for shape in shapes[1:]:
        broadcast = _broadcast(result, shape[1:])
        if broadcast is None:
            raise ShapeError(
                f"cannot combine {_list_shapes(shapes)}",
                help=f"{BROADCASTS}; change one with `Dense` or `Reshape`",
            )
        result = broadcast
    whole = (_batch(shapes), *result)
    return one(whole, _dtype(call), (), per_value(whole, max(len(shapes) - 1, 1)))


def subtract(call: Call) -> InferredCall:
    """`(…), (…) → (…)`."""
    _check_two(call)
    return elementwise(call)


def concatenate(call: Call) -> InferredCall:
    """`(…, a), (…, b), … → (…, a + b + …)` along `axis`; all other sizes are the same."""
    _check_no_text(call)
    shapes = _known_shapes(call)
    if shapes is None:
        return one(None, moved_dtype(call))
    first = shapes[0]
    axis = axis_of(call["axis"], first)
    if not all(agree(first, shape, axis) for shape in shapes) or not _agree_all(shapes, axis):
        raise ShapeError(
            f"cannot concatenate {_list_shapes(shapes)}, which differ in more than axis {axis}",
            help="all sizes except those along `axis` must match; insert a Reshape or a Dense to change them",
        )
    total: Dim = 0
    for shape in shapes:
        size = shape[axis]
        total = None if total is None or size is None else total + size
    return one((*first[:axis], total, *first[axis + 1 :]), moved_dtype(call), (), 0)


def dot(call: Call) -> InferredCall:
    """`(batch, a…, n), (batch, b…, n) → (batch, a…, b…)` for `axes: -1`; of two vectors, `(batch, 1)`."""
    number_shape(call)
    _check_two(call)
    shapes = _known_shapes(call)
    if shapes is None:
        return one(None, moved_dtype(call))
    if any(len(shape) < 2 for shape in shapes):
        raise ShapeError(
            f"expects inputs with at least 2 dimensions, such as (null, features), got {_list_shapes(shapes)}",
            help="give each input a shape, [1] for a single number",
        )
    axes = call["axes"]
    both = [axes, axes] if isinstance(axes, int) else list(axes)
    left, right = (axis_of(axis, shape, "axes") for axis, shape in zip(both, shapes, strict=True))
    if 0 in (left, right):
        raise ShapeError(
            "cannot sum over axis 0, the batch",
            help="count axes from 1, or from the last as -1",
            argument="axes",
        )
    a, b = shapes
    if a[left] != b[right] or not agree(a[:1], b[:1]):
        raise ShapeError(
            f"cannot multiply axis {left} of {shape_text(a)} by axis {right} of {shape_text(b)}: the sizes differ",
            help="choose `axes` of the same size, or insert a Dense to match them",
            argument="axes",
        )
    kept = (*a[:left], *a[left + 1 :], *b[1:right], *b[right + 1 :])
    result = kept if len(kept) > 1 else (*kept, 1)
    size = a[left]
    return one(result, moved_dtype(call), (), None if size is None else per_value(result, 2 * size))


def _check_no_text(call: Call) -> None:
    """Check that no tensor holds strings: Keras takes joined strings for floats, and joins none to numbers."""
    dtypes = {tensor.dtype for tensor in call.inputs}
    if "string" not in dtypes:
        return
    others = ", ".join(sorted(dtypes - {"string"}))
    if others:
        raise ShapeError(
            f"cannot join strings to {others}",
            help="encode the strings first, with a `StringLookup` or a `TextVectorization`",
        )
    raise ShapeError("expects numbers, got strings", help="join strings with `op: concatenate`, `call: {axis: -1}`")


def _dtype(call: Call) -> str:
    """The promotion of all inputs; TensorFlow divides integers of 32 bits and more to float64 for an average."""
    dtype = moved_dtype(call)
    if call.entry.name != "Average" or is_float(dtype):
        return dtype
    return "float64" if bytes_of(dtype) >= 4 else "float32"


def _known_shapes(call: Call) -> list[Shape] | None:
    """The shapes of all inputs; None if the rank of one is unknown."""
    shapes = [tensor.shape for tensor in call.inputs if tensor.shape is not None]
    if len(shapes) < len(call.inputs):
        return None
    if len(shapes) > 1 and not all(shapes):
        raise ShapeError(
            "expects a value for each example, got one for the whole batch",
            help="keep the batch: reduce over axis 1 and up",
        )
    op = OPS.get(call.entry.name)
    check_examples(call, shapes, help=f"write `op: {op}` to use the same values for every example" if op else "")
    batches = {shape[0] for shape in shapes if shape} - {None}
    if len(batches) > 1 and call.entry.name != "Concatenate":
        raise ShapeError(
            f"got batches of different sizes: {_list_shapes(shapes)}", help="merge tensors with the same number of rows"
        )
    return shapes


def _batch(shapes: list[Shape]) -> Dim:
    return next((shape[0] for shape in shapes if shape[0] is not None), None)


def _check_two(call: Call) -> None:
    if len(call.inputs) != 2:
        raise ShapeError(
            f"expects exactly two inputs, got {len(call.inputs)}", help="name two in `from`: `from: [a, b]`"
        )


def _broadcast(a: Shape, b: Shape) -> Shape | None:
    """The broadcast of two shapes, None if they do not fit; an unknown size leaves the result's unknown."""
    longer, shorter = (a, b) if len(a) >= len(b) else (b, a)
    split = len(longer) - len(shorter)
    sizes: list[Dim] = []
    for i, j in zip(longer[split:], shorter, strict=True):
        if i is None or j is None:
            sizes.append(None)
        elif 1 in (i, j) or i == j:
            sizes.append(j if i == 1 else i)
        else:
            return None
    return (*longer[:split], *sizes)


def _agree_all(shapes: list[Shape], besides: int) -> bool:
    """Whether no axis but one has two different known sizes."""
    axes = zip(*shapes, strict=True)
    return all(i == besides or len(set(sizes) - {None}) < 2 for i, sizes in enumerate(axes))


def _list_shapes(shapes: list[Shape]) -> str:
    return " and ".join(shape_text(shape) for shape in shapes)


RULES: dict[str, InferenceRule] = {
    **dict.fromkeys(("Add", "Average", "Maximum", "Minimum", "Multiply"), elementwise),
    "Concatenate": concatenate,
    "Dot": dot,
    "Subtract": subtract,
}
