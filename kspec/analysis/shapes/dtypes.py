"""Keras's type promotion: which dtype holds what two others hold.

A Python number among tensors is weak: it takes on their width. `int` and `float` stand for such numbers here; all other
names are Keras's own.
"""

from __future__ import annotations

from functools import cache

from kspec.analysis.shapes.types import ShapeError

FLOATX = "float32"

WIDENS_TO: dict[str, tuple[str, ...]] = {
    "bool": ("int",),
    "int": ("uint8", "int8", "complex64"),
    "uint8": ("int16", "uint16"),
    "uint16": ("int32", "uint32"),
    "uint32": ("int64", "uint64"),
    "uint64": ("float",),
    "int8": ("int16",),
    "int16": ("int32",),
    "int32": ("int64",),
    "int64": ("float",),
    "float": ("bfloat16", "float16"),
    "bfloat16": ("float32",),
    "float16": ("float32",),
    "float32": ("float64", "complex64"),
    "float64": ("complex128",),
    "complex64": ("complex128",),
    "complex128": (),
}
"""A dtype → those just above it. Two dtypes meet in the lowest that is above both."""

STRONG = {"int": "int64", "float": "float32"}
"""A weak number → the dtype it has by itself, for ops that do not let it take on another's."""

_NUMBERS = {"int": "int32", "float": FLOATX}
_NARROWED = {"uint64": "uint32", "complex128": "complex64"}
_BYTES = {"bool": 1, "bfloat16": 2, "complex64": 8, "complex128": 16}


def promote(*dtypes: str) -> str:
    """The dtype of a result of several; Keras narrows unsigned and complex numbers of the widest kind.

    Raises:
        Refusal: where two have no common dtype (a string and a number, a float8 and anything).
    """
    different = frozenset(dtypes)
    for dtype in dtypes:
        if dtype.startswith("float8") or (len(different) > 1 and dtype not in WIDENS_TO):
            others = ", ".join(sorted(different - {dtype}))
            raise ShapeError(
                f"mixes {dtype} with {others}, which have no common dtype" if others else f"computes in {dtype}",
                help="cast first: `op: cast`",
            )
    if different <= set(_NUMBERS):
        return _NUMBERS["float" if "float" in different else "int"]
    met = _meeting(different) if len(different) > 1 else dtypes[0]
    return _NUMBERS.get(met, _NARROWED.get(met, met))


def is_integer(dtype: str) -> bool:
    """Whether it is one of the integers, signed or not."""
    return "int" in dtype


def is_float(dtype: str) -> bool:
    return "float" in dtype


def float_for(dtype: str) -> str:
    """Integers and booleans become float32; whatever else stays."""
    return FLOATX if is_integer(dtype) or dtype == "bool" else dtype


def number_for(dtype: str) -> str:
    """Booleans become int32, to be counted."""
    return "int32" if dtype == "bool" else dtype


def sum_of(dtype: str) -> str:
    """What a sum of many is kept in: narrow integers become 32 bits wide."""
    if dtype in ("bool", "int8", "int16"):
        return "int32"
    return "uint32" if dtype in ("uint8", "uint16") else dtype


def bytes_of(dtype: str) -> int:
    """The width of one element."""
    if dtype in _BYTES:
        return _BYTES[dtype]
    return 1 if dtype.startswith("float8") else int("".join(filter(str.isdigit, dtype))) // 8


@cache
def _above(dtype: str) -> frozenset[str]:
    return frozenset({dtype}).union(*(_above(wider) for wider in WIDENS_TO[dtype]))


@cache
def _meeting(dtypes: frozenset[str]) -> str:
    common = frozenset.intersection(*(_above(dtype) for dtype in dtypes))
    return next(dtype for dtype in common if common <= _above(dtype))
