"""Tensors of the Open Inference Protocol: as JSON has them, and as bytes after it."""

from __future__ import annotations

import math
import struct
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from kspec.serving.row_errors import RequestError

Array = np.ndarray[Any, Any]

DATATYPES = {
    "BOOL": "bool",
    "UINT8": "uint8",
    "UINT16": "uint16",
    "UINT32": "uint32",
    "UINT64": "uint64",
    "INT8": "int8",
    "INT16": "int16",
    "INT32": "int32",
    "INT64": "int64",
    "FP16": "float16",
    "FP32": "float32",
    "FP64": "float64",
}
"""The types of numbers of the protocol, by NumPy's names. `BYTES` is text, or the bytes of a file."""
MOST_DIMENSIONS = 8


def datatype_of(dtype: str) -> str:
    """The type of the protocol for a Keras dtype."""
    plain = "float32" if dtype == "bfloat16" else dtype
    return next((name for name, each in DATATYPES.items() if each == plain), "BYTES")


def tensor_values(tensor: Mapping[str, Any], data: bytes | None) -> list[Any]:
    """The values of a tensor, nested as its shape says, the first axis rows.

    Args:
        tensor: Its part of the request.
        data: Its bytes, if they follow the JSON.

    Raises:
        RequestError: If its parts do not fit each other.
    """
    name, shape, datatype = str(tensor.get("name", ""))[:100], tensor.get("shape"), tensor.get("datatype")
    if not _is_shape(shape) or (datatype != "BYTES" and datatype not in DATATYPES):
        raise RequestError(400, f"the tensor `{name}` needs a shape, and a datatype: BYTES, {', '.join(DATATYPES)}")
    assert isinstance(shape, list)
    count = math.prod(shape)
    if data is not None:
        values = _texts(data, name) if datatype == "BYTES" else _numbers(data, str(datatype), name)
    else:
        values = _flat(tensor.get("data"), name)
    if len(values) != count:
        raise RequestError(400, f"the tensor `{name}` has {len(values):,} values, and its shape {count:,}")
    return values if len(shape) == 1 else _nested(values, shape)


def _is_shape(shape: Any) -> bool:
    is_list = isinstance(shape, list) and 0 < len(shape) <= MOST_DIMENSIONS
    return is_list and all(type(size) is int and size > 0 for size in shape)


def _flat(data: Any, name: str) -> list[Any]:
    """The values of JSON, nested or not."""
    if not isinstance(data, list):
        raise RequestError(400, f"the tensor `{name}` has no data")
    values = data
    for _ in range(MOST_DIMENSIONS):
        if not any(isinstance(value, list) for value in values):
            return values
        values = [item for value in values for item in (value if isinstance(value, list) else [value])]
    raise RequestError(400, f"the data of the tensor `{name}` is nested too deep")


def _nested(values: list[Any], shape: Sequence[int]) -> list[Any]:
    """Values in a shape of at least one axis."""
    for size in reversed(shape[1:]):
        values = [values[start : start + size] for start in range(0, len(values), size)]
    return values


def _numbers(data: bytes, datatype: str, name: str) -> list[Any]:
    dtype = np.dtype(DATATYPES[datatype]).newbyteorder("<")
    if len(data) % dtype.itemsize:
        raise RequestError(400, f"the bytes of the tensor `{name}` are no whole numbers of {datatype}")
    numbers: list[Any] = np.frombuffer(data, dtype).tolist()
    return numbers


def _texts(data: bytes, name: str) -> list[Any]:
    """Elements of four bytes that tell a length, then so many bytes: text where they are UTF-8."""
    found: list[Any] = []
    at = 0
    while at < len(data):
        if at + 4 > len(data):
            raise RequestError(400, f"the bytes of the tensor `{name}` end within a length")
        (length,) = struct.unpack_from("<I", data, at)
        piece = data[at + 4 : at + 4 + length]
        if len(piece) < length:
            raise RequestError(400, f"the bytes of the tensor `{name}` end within a value")
        try:
            found.append(piece.decode())
        except UnicodeDecodeError:
            found.append(piece)
        at += 4 + length
    return found


def binary_tensor(values: Sequence[Any], datatype: str) -> bytes:
    """The bytes of a tensor.

    Args:
        values: Its values, nested or not.
        datatype: Its type.
    """
    if datatype != "BYTES":
        return np.asarray(values, np.dtype(DATATYPES[datatype]).newbyteorder("<")).tobytes()
    pieces = [str(value).encode() for value in values]
    return b"".join(struct.pack("<I", len(piece)) + piece for piece in pieces)
