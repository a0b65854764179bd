"""The values of Python objects as JSON and arrays, and back; nothing that is read is executed."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import tensorflow as tf

Array = np.ndarray[Any, Any]


class NotPlain(TypeError):
    """A value that is no number, text, array, or a list, tuple or dict of these."""


def encode(value: Any, arrays: list[Array]) -> Any:
    """A value as JSON; arrays become references to a list.

    Args:
        value: Numbers, texts, arrays, tensors and variables, in lists, tuples and dicts.
        arrays: Receives the arrays.

    Raises:
        NotPlain: If it holds something else.
    """
    if value is None or isinstance(value, (bool, int, float, str)):
        return value.item() if isinstance(value, np.generic) else value
    if isinstance(value, (np.ndarray, np.generic, tf.Tensor, tf.Variable, keras.Variable)):
        return {"array": _add(value, arrays)}
    if isinstance(value, (list, tuple)):
        kind = "list" if isinstance(value, list) else "tuple"
        return {kind: [encode(item, arrays) for item in value]}
    if isinstance(value, dict) and all(type(key) in (str, int) for key in value):
        return {"dict": [[key, encode(item, arrays)] for key, item in value.items()]}
    raise NotPlain(type(value).__name__)


def decode(value: Any, arrays: list[Array], current: Any = None) -> Any:
    """The value that `encode` wrote.

    Args:
        value: The JSON.
        arrays: The arrays.
        current: The value that it replaces: a variable keeps its place and gets the array.

    Raises:
        ValueError: If it is no such JSON, or an array does not fit a variable.
    """
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    kind, content = next(iter(value.items())) if isinstance(value, dict) and len(value) == 1 else ("", None)
    if kind == "array" and type(content) is int and 0 <= content < len(arrays):
        return _replace(current, arrays[content])
    if kind in ("list", "tuple") and isinstance(content, list):
        is_alike = isinstance(current, (list, tuple)) and len(current) == len(content)
        before = current if is_alike else [None] * len(content)
        items = [decode(item, arrays, old) for item, old in zip(content, before, strict=True)]
        return items if kind == "list" else tuple(items)
    if kind == "dict" and isinstance(content, list):
        old = current if isinstance(current, dict) else {}
        pairs = [pair for pair in content if isinstance(pair, list) and len(pair) == 2 and type(pair[0]) in (str, int)]
        if len(pairs) == len(content):
            return {key: decode(item, arrays, old.get(key)) for key, item in pairs}
    raise ValueError(f"it holds no value: {str(value)[:80]}")


def assign(variable: Any, array: Array) -> None:
    """Gives a variable a value.

    Raises:
        ValueError: If its shape or type is another.
    """
    shape = tuple(int(axis) for axis in variable.shape)
    if array.shape != shape or array.dtype.name != _type_name(variable):
        expected, found = f"{_type_name(variable)} {shape}", f"{array.dtype.name} {array.shape}"
        raise ValueError(f"a variable is {found}, not {expected}")
    variable.assign(array)


def _type_name(variable: Any) -> str:
    return str(keras.backend.standardize_dtype(variable.dtype))


def _replace(current: Any, array: Array) -> Any:
    if isinstance(current, (tf.Variable, keras.Variable)):
        assign(current, array)
        return current
    if isinstance(current, tf.Tensor):
        return tf.constant(array)
    return array[()] if array.ndim == 0 and not isinstance(current, np.ndarray) else array


def _add(value: Any, arrays: list[Array]) -> int:
    array = np.asarray(value.numpy() if hasattr(value, "numpy") else value)
    if array.dtype.kind not in "biufcV" or array.dtype.names is not None:
        raise NotPlain(array.dtype.name)
    arrays.append(array)
    return len(arrays) - 1
