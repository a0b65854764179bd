"""Numbers as operands: those that make every result of an op infinite, or not a number."""

from __future__ import annotations

import math
from typing import Any

from kspec.analysis.shapes.ops.rule_helpers import invalid_constant
from kspec.analysis.shapes.types import Call, InferredCall

DIVISIONS = frozenset({"divide", "true_divide", "floor_divide", "mod", "fmod"})
ARITHMETIC = DIVISIONS | {"add", "subtract", "multiply", "power"}
_LIMITS = {"float16": (2.0**-25, 65520.0), "bfloat16": (2.0**-134, 3.3961775e38), "float32": (2.0**-150, 2.0**128)}
"""Dtype → the magnitudes up to which a number becomes 0, and from which it becomes infinite."""


def check_constant_operands(call: Call, result: InferredCall) -> None:
    """Check that an arithmetic op neither divides by zero nor has a number that its dtype cannot hold.

    Args:
        call: The call of an op.
        result: Its outputs.

    Raises:
        ShapeError: If it does.
    """
    if call.entry.name not in ARITHMETIC:
        return
    dtype = result.outputs[0].dtype
    smallest, largest = _LIMITS.get(dtype, (0.0, math.inf))
    for argument in ("x1", "x2"):
        value = _number(call.constants.get(argument))
        if value is None:
            continue
        if abs(value) >= largest:
            raise invalid_constant(
                f"has the number {value:g}, which is infinite in {dtype}", argument, "write a smaller number"
            )
        if argument == "x2" and call.entry.name in DIVISIONS and abs(value) <= smallest:
            same = f": in {dtype}, {value:g} is 0" if value else ""
            raise invalid_constant(
                f"divides by zero{same}", argument, "no result is a finite number: divide by another number"
            )


def _number(value: Any) -> float | None:
    """A constant that is a finite number; None for any other."""
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
    return float(value) if is_number else None
