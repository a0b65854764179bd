"""The size of an image, from its header: a file of a few kB can be an image of gigabytes."""

from __future__ import annotations

import struct
from typing import BinaryIO

_HEAD = 32
_MAX_SEGMENTS = 1_000
_NO_FRAMES = (0xC4, 0xC8, 0xCC)
"""Markers of JPEG between those of frames that begin none."""


def image_size(file: BinaryIO) -> tuple[int, int] | None:
    """The height and width that the header of a PNG, JPEG, GIF or BMP states; None if it states none.

    Args:
        file: The file, read from its start; what is read of it is at most a few kB.
    """
    head = file.read(_HEAD)
    if head.startswith(b"\x89PNG\r\n\x1a\n") and len(head) >= 24:
        width, height = struct.unpack(">II", head[16:24])
        return height, width
    if head.startswith((b"GIF87a", b"GIF89a")) and len(head) >= 10:
        width, height = struct.unpack("<HH", head[6:10])
        return height, width
    if head.startswith(b"BM") and len(head) >= 26:
        width, height = struct.unpack("<ii", head[18:26])
        return abs(height), abs(width)
    return _jpeg_size(file) if head.startswith(b"\xff\xd8") else None


def _jpeg_size(file: BinaryIO) -> tuple[int, int] | None:
    """The size in the first frame header; segments before it are skipped."""
    file.seek(2)
    for _ in range(_MAX_SEGMENTS):
        marker = file.read(2)
        while marker[:1] == b"\xff" == marker[1:]:
            marker = b"\xff" + file.read(1)
        length = file.read(2)
        if len(marker) < 2 or len(length) < 2 or marker[0] != 0xFF:
            return None
        if 0xC0 <= marker[1] <= 0xCF and marker[1] not in _NO_FRAMES:
            frame = file.read(5)
            return struct.unpack(">HH", frame[1:5]) if len(frame) == 5 else None
        file.seek(struct.unpack(">H", length)[0] - 2, 1)
    return None
