"""The file of a checkpoint: JSON and arrays in an uncompressed zip archive, whose checksums show damage."""

from __future__ import annotations

import os
import zipfile
from pathlib import Path
from typing import Any, BinaryIO, cast

import ml_dtypes
import numpy as np
from numpy.lib import format as npy

from kspec.syntax.bounded_json import InvalidJson, parse_json
from kspec.syntax.regular_files import Opener, open_regular

Array = np.ndarray[Any, Any]

_FACTS = "checkpoint.json"
_MAX_FACTS = 256 << 20
_OTHER_TYPES = {"bfloat16": ml_dtypes.bfloat16}
"""Types that NumPy's format does not know; they are written as integers of their size."""


class DamagedCheckpoint(ValueError):
    """A file that is no checkpoint, or only a part of one; the message is for the user."""


def write_archive(path: Path, facts: bytes, arrays: list[Array]) -> None:
    """Writes a checkpoint, and waits until the disk has it.

    Args:
        path: The file.
        facts: JSON.
        arrays: The arrays that it refers to.
    """
    with path.open("wb") as file:
        with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
            archive.writestr(_FACTS, facts)
            for number, array in enumerate(arrays):
                other = array.dtype.name if array.dtype.name in _OTHER_TYPES else ""
                name = f"{number}{'.' + other if other else ''}.npy"
                with archive.open(name, "w", force_zip64=True) as entry:
                    plain = array.view(f"u{array.dtype.itemsize}") if other else array
                    npy.write_array(entry, np.ascontiguousarray(plain).reshape(plain.shape), allow_pickle=False)
        file.flush()
        os.fsync(file.fileno())


def read_archive(path: Path, opener: Opener = open_regular) -> tuple[Any, list[Array]]:
    """Reads a checkpoint as data.

    Args:
        path: The file.
        opener: Opens it.

    Returns:
        The JSON as plain values, and the arrays.

    Raises:
        OSError: If it cannot be read.
        DamagedCheckpoint: If it is damaged, or no checkpoint.
    """
    try:
        with opener(str(path)) as file, zipfile.ZipFile(file) as archive:
            entries = archive.infolist()
            if any(entry.compress_type != zipfile.ZIP_STORED or entry.flag_bits & 1 for entry in entries):
                raise DamagedCheckpoint("it is compressed or encrypted")
            if not entries or entries[0].filename != _FACTS or entries[0].file_size > _MAX_FACTS:
                raise DamagedCheckpoint("it does not begin as a checkpoint does")
            facts = parse_json(archive.read(entries[0]))
            arrays = [_read_array(archive, entry, number) for number, entry in enumerate(entries[1:])]
            return facts, arrays
    except (zipfile.BadZipFile, InvalidJson, EOFError, ValueError, NotImplementedError, RuntimeError) as error:
        raise error if isinstance(error, DamagedCheckpoint) else DamagedCheckpoint(str(error)) from None


def _read_array(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, number: int) -> Array:
    name, *other = entry.filename.removesuffix(".npy").split(".")
    if name != str(number) or not set(other) <= set(_OTHER_TYPES):
        raise DamagedCheckpoint(f"its entry {entry.filename[:40]!r} is no array")
    with archive.open(entry) as opened:
        file = cast(BinaryIO, opened)
        version = npy.read_magic(file)
        read_header = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
        shape, fortran, dtype = read_header(file)
        size = dtype.itemsize
        for axis in shape:
            size *= axis
        if dtype.kind not in "biufc" or fortran or size != entry.file_size - file.tell():
            raise DamagedCheckpoint(f"its array {number} is no array of numbers")
        data = bytearray(file.read())  # to the end, where the checksum is compared
    array = np.frombuffer(data, dtype).reshape(shape)
    return array.view(_OTHER_TYPES[other[0]]) if other else array
