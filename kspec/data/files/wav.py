"""WAV files: the header, and the samples as numbers from -1 to 1."""

from __future__ import annotations

import io
import struct
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

_PCM, _FLOAT, _EXTENSIBLE = 1, 3, 0xFFFE
_MAX_CHUNKS = 1_000
_WIDTHS = {_PCM: (1, 2, 3, 4), _FLOAT: (4, 8)}


class InvalidSound(ValueError):
    """A file is no WAV file that can be read; the message says why."""


class WavHeader(NamedTuple):
    """How a file stores its samples.

    Args:
        rate: Samples a second.
        channels: The number of channels.
        frames: The number of samples of each channel.
        width: The bytes of a sample.
        is_float: Whether samples are floating-point numbers.
        start: Where they begin in the file.
    """

    rate: int
    channels: int
    frames: int
    width: int
    is_float: bool
    start: int


def read_header(file: BinaryIO) -> WavHeader:
    """The header of a WAV file; only the beginnings of its chunks are read.

    Args:
        file: The file, at its start.

    Raises:
        InvalidSound: If it is none, or of an unsupported kind.
    """
    head = file.read(12)
    if len(head) < 12 or head[:4] != b"RIFF" or head[8:] != b"WAVE":
        raise InvalidSound("it is no WAV file")
    form = None
    for _ in range(_MAX_CHUNKS):
        chunk = file.read(8)
        if len(chunk) < 8:
            break
        name, size = chunk[:4], struct.unpack("<I", chunk[4:])[0]
        if name == b"fmt " and size >= 16:
            form = file.read(size)
            file.seek(size % 2, io.SEEK_CUR)
        elif name == b"data" and form is not None and len(form) >= 16:
            return _header(form, size, file)
        else:
            file.seek(size + size % 2, io.SEEK_CUR)
    raise InvalidSound("it has no samples")


def _header(form: bytes, size: int, file: BinaryIO) -> WavHeader:
    """The header of a file.

    Args:
        form: Its format chunk.
        size: The bytes of its samples, as it states them.
        file: The file, at its first sample.
    """
    kind, channels, rate, _, block, bits = struct.unpack("<HHIIHH", form[:16])
    if kind == _EXTENSIBLE and len(form) >= 26:
        kind = struct.unpack("<H", form[24:26])[0]
    width = bits // 8
    if kind not in _WIDTHS or bits % 8 or width not in _WIDTHS[kind]:
        raise InvalidSound(f"its samples have a compressed format, or {bits} bits")
    if not channels or not rate or block != channels * width:
        raise InvalidSound("its header is damaged")
    start = file.tell()
    left = file.seek(0, io.SEEK_END) - start
    return WavHeader(rate, channels, min(size, left) // block, width, kind == _FLOAT, start)


def read_samples(content: bytes) -> tuple[int, Array]:
    """The sample rate of a WAV file, and its samples: float32, shape (frames, channels), from -1 to 1.

    Args:
        content: The bytes of the file.

    Raises:
        InvalidSound: If it is none, or of an unsupported kind.
    """
    import numpy

    header = read_header(io.BytesIO(content))
    raw = content[header.start : header.start + header.frames * header.channels * header.width]
    if header.is_float:
        values = numpy.frombuffer(raw, f"<f{header.width}")
    elif header.width == 1:
        values = (numpy.frombuffer(raw, numpy.uint8).astype(numpy.float32) - 128) / 128
    elif header.width == 3:
        parts = numpy.frombuffer(raw, numpy.uint8).reshape(-1, 3)
        wide = numpy.zeros((len(parts), 4), numpy.uint8)
        wide[:, 1:] = parts
        values = wide.view("<i4")[:, 0] / numpy.float64(1 << 31)
    else:
        values = numpy.frombuffer(raw, f"<i{header.width}") / numpy.float64(1 << (8 * header.width - 1))
    return header.rate, values.astype(numpy.float32).reshape(-1, header.channels)
