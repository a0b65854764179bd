"""The dtype of a list of numbers or booleans that stands in place of a tensor."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any


def list_dtype(value: list[Any]) -> str:
    """The dtype of a list in place of a tensor: bool, int32, int64 where the numbers need it, or float32.

    Unknown sizes in it, which are None, are integers.

    >>> list_dtype([1, 2]), list_dtype([[1], [2.5]]), list_dtype([2**31]), list_dtype([])
    ('int32', 'float32', 'int64', 'float32')
    >>> list_dtype([[True], [False]]), list_dtype([True, 2])
    ('bool', 'int32')
    """
    numbers = [0 if number is None else number for number in _numbers(value)]
    kinds = {type(number) for number in numbers}
    if kinds == {bool}:
        return "bool"
    if not numbers or not kinds <= {bool, int}:
        return "float32"
    return "int32" if min(numbers) >= -(2**31) and max(numbers) < 2**31 else "int64"


def _numbers(value: Any) -> Iterator[Any]:
    """The numbers in nested lists."""
    if isinstance(value, list):
        for part in value:
            yield from _numbers(part)
    else:
        yield value
