"""Keras's type promotion: the dtype that holds the values of two others.

A Python number is weak: it adopts the width of the tensors beside it. `int` and `float` stand for such numbers; all
other names are Keras's own.
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
"""A dtype → those just above it. Two dtypes promote to the lowest one above both."""

STRONG = {"int": "int64", "float": "float32"}
"""A weak number → its own dtype, for ops that do not let it adopt another."""

_NUMBERS = {"int": "int32", "float": FLOATX}
_NARROWED = {"uint64": "uint32", "complex128": "complex64"}
_BYTES = {"bool": 1, "bfloat16": 2, "complex64": 8, "complex128": 16}


def promote(*dtypes: str) -> str:
    """The promotion of several dtypes; Keras narrows the widest unsigned and complex numbers.

    Raises:
        ShapeError: If two have no common dtype (a string and a number, a float8 and anything).
    """
    different = frozenset(dtypes)
    for dtype in dtypes:
        if dtype.startswith("float8") or (len(different) > 1 and dtype not in WIDENS_TO):
            others = ", ".join(sorted(different - {dtype}))
            raise ShapeError(
                f"cannot combine {dtype} with {others}" if others else f"cannot compute in {dtype}",
                help="cast first: `op: cast`",
            )
    if different <= set(_NUMBERS):
        return _NUMBERS["float" if "float" in different else "int"]
    common = _lowest_common(different) if len(different) > 1 else dtypes[0]
    return _NUMBERS.get(common, _NARROWED.get(common, common))


def is_integer(dtype: str) -> bool:
    """Whether it is an integer, signed or not."""
    return "int" in dtype


def is_float(dtype: str) -> bool:
    return "float" in dtype


def is_dtype(dtype: str) -> bool:
    """Whether there is a dtype of this name."""
    return dtype in WIDENS_TO or dtype == "string"


def kind_of(dtype: str) -> str:
    """`text`, `bool`, `int`, `float` or `complex`."""
    if dtype == "string":
        return "text"
    return next(kind for kind in ("bool", "int", "float", "complex") if kind in dtype)


def float_for(dtype: str) -> str:
    """float32 for integers and booleans; other dtypes are kept."""
    return FLOATX if is_integer(dtype) or dtype == "bool" else dtype


def number_for(dtype: str) -> str:
    """int32 for booleans; other dtypes are kept."""
    return "int32" if dtype == "bool" else dtype


def sum_of(dtype: str) -> str:
    """The dtype of a sum: narrow integers become 32 bits wide."""
    if dtype in ("bool", "int8", "int16"):
        return "int32"
    return "uint32" if dtype in ("uint8", "uint16") else dtype


def bytes_of(dtype: str) -> int:
    """The width of an element."""
    if dtype in _BYTES:
        return _BYTES[dtype]
    return 1 if dtype.startswith("float8") else int("".join(filter(str.isdigit, dtype))) // 8


@cache
def _above(dtype: str) -> frozenset[str]:
    return frozenset({dtype}).union(*(_above(wider) for wider in WIDENS_TO[dtype]))


@cache
def _lowest_common(dtypes: frozenset[str]) -> str:
    common = frozenset.intersection(*(_above(dtype) for dtype in dtypes))
    return next(dtype for dtype in common if common <= _above(dtype))
