"""Ops without tensors, whose outputs have no batch."""

from __future__ import annotations

from collections.abc import Callable
from math import ceil
from struct import pack, unpack

from kspec.analysis.shapes.dtypes import FLOATX, is_float, promote
from kspec.analysis.shapes.ops.elementwise import dtype_named
from kspec.analysis.shapes.ops.rule_helpers import constant, constant_type, invalid_constant, op, several
from kspec.analysis.shapes.types import Call, InferenceRule, Shape, TensorType

_NOT_COUNTED = ("bool", "uint8", "string")
"""Dtypes for which TensorFlow has no range."""


def full(call: Call) -> Shape:
    """`→ shape`"""
    return tuple(constant(call, "shape"))


def tri(call: Call) -> Shape:
    """`→ (N, M)`; M defaults to N."""
    rows, columns = constant(call, "N"), constant(call, "M")
    return (rows, rows if columns is None else columns)


def eye(call: Call) -> Shape:
    """`→ (N, M)`, with ones on the k-th diagonal, which must exist."""
    rows, columns = tri(call)
    k = constant(call, "k")
    if rows is not None and columns is not None and k and min(columns - k, rows + k) < 0:
        raise invalid_constant(f"has no diagonal {k} in ({rows}, {columns})", "k", f"write {-rows} to {columns}")
    return (rows, columns)


def arange(call: Call) -> Shape:
    """`→ (⌈(stop - start) / step⌉,)`"""
    start, stop, step = (constant(call, name) for name in ("start", "stop", "step"))
    start, stop, step = (0, start, 1 if step is None else step) if stop is None else (start, stop, step or 1)
    step = 0 if constant(call, "step") == 0 else step
    if step == 0 or (stop - start) * step < 0:
        raise invalid_constant(f"cannot count from {start} to {stop} by {step}", "step", "write a step towards `stop`")
    if arange_dtype(call) != "float32":
        return (ceil((stop - start) / step),)
    # Keras counts in float32
    distance = _float32(_float32(stop) - _float32(start))
    return (ceil(_float32(distance / _float32(step))),)


def arange_dtype(call: Call) -> str:
    """The `dtype` of the call, by default the promotion of its numbers."""
    dtype = constant(call, "dtype")
    written = [constant(call, name) for name in ("start", "stop", "step")]
    numbers = [number for number in written if number is not None]
    if dtype is None:
        return promote(*(constant_type(number).dtype for number in numbers))
    if dtype in _NOT_COUNTED:
        raise invalid_constant(f"cannot count in {dtype}", "dtype", "write int32 or float32, and cast: `op: cast`")
    if not is_float(dtype) and any(isinstance(number, float) for number in numbers):
        raise invalid_constant(f"cannot count by fractions in {dtype}", "dtype", "write float32, or integers")
    return dtype_named(dtype)


def spaced_numbers(call: Call) -> Shape:
    """`→ (num,)`"""
    axis = constant(call, "axis")
    if axis not in (0, -1):
        raise invalid_constant(f"has no axis {axis}", "axis", "write 0: there is one axis")
    return (constant(call, "num"),)


def linspace(call: Call) -> list[TensorType]:
    """`→ (num,)`, and with `retstep` the distance `()`."""
    outputs = [TensorType(spaced_numbers(call), requested_dtype(call))]
    if constant(call, "retstep"):
        outputs.append(TensorType((), requested_dtype(call) if constant(call, "num") > 1 else FLOATX))
    return outputs


def window(call: Call) -> Shape:
    """`→ (x,)`"""
    return (constant(call, "x"),)


def requested_dtype(call: Call) -> str:
    """The `dtype` of the call, by default float32."""
    dtype = constant(call, "dtype")
    if dtype == "string" and call.entry.name not in ("empty", "zeros"):  # of which TensorFlow makes empty texts
        raise invalid_constant("cannot turn numbers into text", "dtype", "write a dtype of numbers")
    return FLOATX if dtype is None else dtype_named(dtype)


def geometric_dtype(call: Call) -> str:
    """As `requested_dtype`, but Keras takes logarithms in it, so that it is a float."""
    dtype = requested_dtype(call)
    if not is_float(dtype):
        raise invalid_constant(f"cannot compute in {dtype}", "dtype", "write float32, and cast: `op: cast`")
    return dtype


def _float32(number: float) -> float:
    return float(unpack("f", pack("f", number))[0])


def _rules(names: str, shape: Callable[[Call], Shape]) -> dict[str, InferenceRule]:
    return dict.fromkeys(names.split(), op(shape, requested_dtype))


RULES: dict[str, InferenceRule] = {
    **_rules("empty full ones zeros", full),
    "geomspace": op(spaced_numbers, geometric_dtype),
    "logspace": op(spaced_numbers, requested_dtype),
    "linspace": several(linspace, moves_only=True),
    "eye": op(eye, requested_dtype),
    "identity": op(lambda call: (constant(call, "n"),) * 2, requested_dtype),
    "tri": op(tri, requested_dtype),
    "arange": op(arange, arange_dtype),
    **dict.fromkeys(["bartlett", "blackman", "hamming", "hanning", "kaiser"], op(window, FLOATX)),
}
