"""Text tables that are larger than a part of memory: their texts lie in a file while they become numbers."""

from __future__ import annotations

import mmap
import os
from collections.abc import Sequence
from typing import Any

from kspec.data.context import Context
from kspec.data.packed_files import is_packed
from kspec.data.sources.read_request import SourceFile
from kspec.data.storage.mapped_arrays import disk_errors, on_disk, temporary_file, use_disk

CSV_MEMORY, CSV_DISK = 3.0, 4.0
"""How many times its size a text table takes in memory, and its arrays in files."""


def are_large(files: Sequence[SourceFile], context: Context) -> bool:
    """Whether the arrays of these files lie in files from now on; packed ones do not count.

    Args:
        files: The files.
        context: Opens them.

    Raises:
        DiskFull: If the disk has no place for them.
    """
    size = 0
    for source in files:
        try:
            with context.open(source.file) as stream:
                size += 0 if is_packed(source.file) else os.fstat(stream.fileno()).st_size
        except OSError:
            continue  # reported when it is read
    return use_disk(size * CSV_MEMORY, size * CSV_DISK)


def parsed(stream: Any, read_options: Any, parse_options: Any, convert_options: Any) -> Any:
    """The pyarrow table of a text table; its texts lie in a file if the table is large.

    Args:
        stream: Its bytes.
        read_options: As for `pyarrow.csv.read_csv`.
        parse_options: As for `pyarrow.csv.read_csv`.
        convert_options: As for `pyarrow.csv.read_csv`.

    Raises:
        ArrowInvalid: If it cannot be parsed.
        OSError: If it cannot be read.
        DiskFull: If the disk cannot hold its texts.
    """
    import pyarrow as pa
    from pyarrow import csv

    options = {"read_options": read_options, "parse_options": parse_options, "convert_options": convert_options}
    if not on_disk():
        return csv.read_csv(stream, **options)
    reader = csv.open_csv(stream, **options)
    with disk_errors(), temporary_file() as file:
        with pa.ipc.new_file(file, reader.schema) as writer:
            for batch in reader:
                writer.write_batch(batch)
        file.flush()
        texts = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        return pa.ipc.open_file(pa.py_buffer(texts)).read_all()
