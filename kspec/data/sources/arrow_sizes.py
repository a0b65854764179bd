"""What a message of an Arrow stream holds when it is unpacked, seen from its metadata before memory is taken.

The metadata is a FlatBuffer (see `Message.fbs` of Arrow), whose tables PyArrow does not show.
"""

from __future__ import annotations

import struct
from typing import Any

VALUE_BYTES = 8
"""The memory of a value of a column, at least."""
_HEADER, _DICTIONARY_DATA = 2, 1
"""Fields: the header of a message, and the batch of a dictionary."""
_LENGTH, _NODES, _BUFFERS, _COMPRESSION = 0, 1, 2, 3
"""Fields of a batch."""


def message_size(message: Any) -> int:
    """The bytes that a message of pyarrow takes in memory.

    Raises:
        ValueError: If its metadata is damaged.
    """
    if message.type == "schema":
        return 0
    data, body = memoryview(message.metadata), memoryview(message.body)
    try:
        batch = _follow(data, _field(data, _follow(data, 0), _HEADER))
        if message.type == "dictionary":
            batch = _follow(data, _field(data, batch, _DICTIONARY_DATA))
        length = _field(data, batch, _LENGTH)
        rows = struct.unpack_from("<q", data, length)[0] if length else 0
        lengths = [node[0] for node in _pairs(data, _field(data, batch, _NODES))]
        size = VALUE_BYTES * (rows * max(1, len(lengths)) + sum(lengths))
        is_packed = bool(_field(data, batch, _COMPRESSION))
        for start, count in _pairs(data, _field(data, batch, _BUFFERS)):
            unpacked = struct.unpack_from("<q", body, start)[0] if is_packed and count >= VALUE_BYTES else -1
            size += count if unpacked < 0 else unpacked
    except (struct.error, OverflowError) as error:
        raise ValueError("its metadata is damaged") from error
    return size


def _follow(data: memoryview, place: int) -> int:
    """Where the offset at a place leads."""
    return place + int(struct.unpack_from("<I", data, place)[0])


def _field(data: memoryview, table: int, number: int) -> int:
    """Where a field of a table is; 0 if it has its default value."""
    fields = table - struct.unpack_from("<i", data, table)[0]
    at = 4 + 2 * number
    if at >= struct.unpack_from("<H", data, fields)[0]:
        return 0
    offset = int(struct.unpack_from("<H", data, fields + at)[0])
    return table + offset if offset else 0


def _pairs(data: memoryview, field: int) -> list[tuple[int, int]]:
    """The vector of pairs of integers that a field refers to."""
    if not field:
        return []
    start = _follow(data, field)
    count = struct.unpack_from("<I", data, start)[0]
    if 16 * count > len(data):
        raise ValueError("its metadata is damaged")
    return [struct.unpack_from("<qq", data, start + 4 + 16 * number) for number in range(count)]
