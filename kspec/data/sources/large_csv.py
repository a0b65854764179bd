"""Text tables that are larger than a part of memory: their texts lie in a file while they become numbers."""

from __future__ import annotations

import mmap
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from kspec.data.context import Context
from kspec.data.packed_files import is_packed
from kspec.data.parallel import made_ahead
from kspec.data.sources.csv_blocks import parsed_blocks
from kspec.data.sources.csv_numbers import NumberColumns
from kspec.data.sources.read_request import SourceFile
from kspec.data.storage.disk_space import disk_errors, temporary_file
from kspec.data.storage.mapped_arrays import on_disk, use_disk

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
    size = sum(0 if is_packed(source.file) else file_size(source, context) for source in files)
    return use_disk(size * CSV_MEMORY, size * CSV_DISK)


def file_size(source: SourceFile, context: Context) -> int:
    """The bytes of a file; 0 if it cannot be opened, which is reported when it is read.

    Args:
        source: The file.
        context: Opens it.
    """
    try:
        with context.open(source.file) as stream:
            return os.fstat(stream.fileno()).st_size
    except OSError:
        return 0


def parsed(stream: Any, settings: Mapping[str, Any], numbers: NumberColumns | None = None) -> tuple[Any, int]:
    """The pyarrow table of a text table, and the number of its rows; its texts lie in a file if the table is large.

    Args:
        stream: Its bytes.
        settings: The arguments of `pyarrow.csv.read_csv`.
        numbers: Takes the columns of numbers, which the table then lacks.

    Raises:
        ArrowInvalid: If it cannot be parsed.
        NotNumbers: If a column of numbers has a value that is none.
        OSError: If it cannot be read.
        DiskFull: If the disk cannot hold its texts.
    """
    import pyarrow as pa
    from pyarrow import csv

    if numbers is None and not on_disk():
        table = csv.read_csv(stream, **settings)
        return table, table.num_rows
    if numbers is not None:
        with parsed_blocks(stream, settings) as tables:
            return _collected(tables, settings, numbers)
    with made_ahead(csv.open_csv(stream, **settings)) as batches:
        return _collected((pa.Table.from_batches([batch]) for batch in batches), settings, None)


def _collected(parts: Iterable[Any], settings: Mapping[str, Any], numbers: NumberColumns | None) -> tuple[Any, int]:
    """What `parsed` returns.

    Args:
        parts: The rows, as pyarrow tables.
        settings: As for `parsed`.
        numbers: As for `parsed`.
    """
    import pyarrow as pa

    types = settings["convert_options"].column_types
    names = settings["convert_options"].include_columns or settings["read_options"].column_names
    schema = pa.schema([(name, types[name]) for name in names if numbers is None or name not in numbers.kinds])
    rows = 0

    def texts() -> Iterator[Any]:
        nonlocal rows
        for part in parts:
            rows += part.num_rows
            yield part if numbers is None else numbers.take(part)

    if not on_disk():
        return pa.concat_tables([schema.empty_table(), *texts()]), rows
    with disk_errors(), temporary_file() as file:
        with pa.ipc.new_file(file, schema) as writer:
            for part in texts():
                if schema.names:
                    writer.write(part)
        file.flush()
        written = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        return pa.ipc.open_file(pa.py_buffer(written)).read_all(), rows
