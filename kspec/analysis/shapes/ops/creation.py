"""Ops without tensors: what they give has no batch."""

from __future__ import annotations

from collections.abc import Callable
from math import ceil
from struct import pack, unpack

from kspec.analysis.shapes.dtypes import FLOATX, promote
from kspec.analysis.shapes.ops.elementwise import dtype_named
from kspec.analysis.shapes.ops.rule_helpers import constant, constant_type, op, several, unfit
from kspec.analysis.shapes.types import Call, InferenceRule, Shape, TensorType


def filled(call: Call) -> Shape:
    """`→ shape`"""
    return tuple(constant(call, "shape"))


def matrix(call: Call) -> Shape:
    """`→ (N, M)`; M is N where it is not said."""
    rows, columns = constant(call, "N"), constant(call, "M")
    return (rows, rows if columns is None else columns)


def shifted_matrix(call: Call) -> Shape:
    """`→ (N, M)`, with ones on the k-th diagonal, which must be there."""
    rows, columns = matrix(call)
    k = constant(call, "k")
    if rows is not None and columns is not None and k and min(columns - k, rows + k) < 0:
        raise unfit(f"has no diagonal {k} in ({rows}, {columns})", "k", f"from {-rows} to {columns}")
    return (rows, columns)


def counted(call: Call) -> Shape:
    """`→ (⌈(stop - start) / step⌉,)`"""
    start, stop, step = (constant(call, name) for name in ("start", "stop", "step"))
    start, stop, step = (0, start, 1 if step is None else step) if stop is None else (start, stop, step or 1)
    if constant(call, "step") == 0 or (stop - start) * step < 0:
        raise unfit(f"counts from {start} to {stop} by {constant(call, 'step')}", "step", "a step towards `stop`")
    if of_count(call) != "float32":
        return (ceil((stop - start) / step),)
    # counted with the precision of the numbers themselves
    distance = _float32(_float32(stop) - _float32(start))
    return (ceil(_float32(distance / _float32(step))),)


def of_count(call: Call) -> str:
    """The dtype that is said, or what the numbers promote to."""
    said = constant(call, "dtype")
    if said is not None:
        return dtype_named(said)
    numbers = (constant(call, name) for name in ("start", "stop", "step"))
    return promote(*(constant_type(number).dtype for number in numbers if number is not None))


def spaced(call: Call) -> Shape:
    """`→ (num,)`"""
    axis = constant(call, "axis")
    if axis not in (0, -1):
        raise unfit(f"lays numbers along axis {axis}", "axis", "0: there is one axis")
    return (constant(call, "num"),)


def linspace(call: Call) -> list[TensorType]:
    """`→ (num,)`, and with `retstep` the distance `()`."""
    outputs = [TensorType(spaced(call), of_said(call))]
    if constant(call, "retstep"):
        outputs.append(TensorType((), of_said(call) if constant(call, "num") > 1 else FLOATX))
    return outputs


def window(call: Call) -> Shape:
    """`→ (x,)`"""
    return (constant(call, "x"),)


def of_said(call: Call) -> str:
    """The dtype that is said, or float32."""
    said = constant(call, "dtype")
    return FLOATX if said is None else dtype_named(said)


def _float32(number: float) -> float:
    return float(unpack("f", pack("f", number))[0])


def _rules(names: str, shape: Callable[[Call], Shape]) -> dict[str, InferenceRule]:
    return dict.fromkeys(names.split(), op(shape, of_said))


RULES: dict[str, InferenceRule] = {
    **_rules("empty full ones zeros", filled),
    **_rules("geomspace logspace", spaced),
    "linspace": several(linspace, counted=True),
    "eye": op(shifted_matrix, of_said),
    "identity": op(lambda call: (constant(call, "n"),) * 2, of_said),
    "tri": op(matrix, of_said),
    "arange": op(counted, of_count),
    **dict.fromkeys(["bartlett", "blackman", "hamming", "hanning", "kaiser"], op(window, FLOATX)),
}
