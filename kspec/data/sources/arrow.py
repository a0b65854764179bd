"""The source `arrow`: Arrow files, also called Feather, and Arrow streams."""

from __future__ import annotations

import os
from typing import Any, BinaryIO

from kspec.data.context import display_name
from kspec.data.limits import LimitReached, check_growth, check_memory
from kspec.data.sources.arrow_sizes import message_size
from kspec.data.sources.arrow_structs import flat_names
from kspec.data.sources.arrow_tables import check_texts, table_of
from kspec.data.sources.read_request import Request, SourceFile, combine, source_files
from kspec.data.table import Table
from kspec.diagnostics import codes
from kspec.language.data_limits import Limits
from kspec.syntax.path_policy import PathRefused

_FILE, _OLD = b"ARROW1\0\0", b"FEA1"
"""What a file begins with, before the stream in it; and what one of the first version of Feather begins with."""


def read(setting: Any, request: Request) -> Table | None:
    """Reads all files into one table; structs become dotted columns."""
    files = source_files(setting, request)
    return None if files is None else combine(files, [_read_file(file, request) for file in files], request.context)


def names(setting: Any, request: Request) -> list[str]:
    """Reads the columns of the first file from its schema; empty if it cannot be read."""
    import pyarrow as pa

    files = source_files(setting, request)
    if not files:
        return []
    try:
        with request.context.open(files[0].file) as stream:
            _skip_mark(stream)
            return list(flat_names(pa.ipc.read_schema(stream)))
    except (pa.ArrowException, OSError):
        return []


def _read_file(source: SourceFile, request: Request) -> Table | None:
    import pyarrow as pa

    context, name = request.context, display_name(source.file, request.context)
    help = "write it with `pyarrow.feather.write_feather`, or use the source of its format"
    try:
        with context.open(source.file) as stream:
            size = os.fstat(stream.fileno()).st_size
            check_memory(size, name, context.limits)
            _skip_mark(stream)
            _check_sizes(stream, size, name, context.limits)
            _skip_mark(stream)
            with pa.ipc.open_stream(stream) as reader:
                arrow = reader.read_all()
            arrow.validate(full=True)
            check_texts(arrow, name, context.limits)
            return table_of(arrow, name, source, context)
    except LimitReached as reached:
        context.limit(reached, source.path)
    except PathRefused as refused:
        refused.problem.report(context.report, context.span(source.path))
    except _OldFormat:
        message = f"`{name}` is a Feather file of version 1"
        context.error(codes.MALFORMED_DATA_FILE, message, source.path, help="write it again with version 2")
    except (pa.ArrowException, OSError, ValueError) as error:
        reason = f"cannot read `{name}`: it is not an Arrow file or stream"
        details = str(error).splitlines()[0] if str(error) else ""
        context.error(codes.MALFORMED_DATA_FILE, reason, source.path, label=details[:80], help=help)
    return None


class _OldFormat(Exception):
    """A file in the first version of Feather."""


def _skip_mark(stream: BinaryIO) -> None:
    """Goes to the stream of a file, which begins with it, or after a mark."""
    stream.seek(0)
    start = stream.read(len(_FILE))
    if start.startswith(_OLD):
        raise _OldFormat
    if start != _FILE:
        stream.seek(0)


def _check_sizes(stream: BinaryIO, packed: int, name: str, limits: Limits) -> None:
    """Compares what the batches of a stream say that they hold with the limits.

    Args:
        stream: The stream.
        packed: The bytes of the file.
        name: The file in messages.
        limits: The limits.

    Raises:
        LimitReached: If they hold too much.
    """
    import pyarrow as pa

    total = 0
    reader = pa.ipc.MessageReader.open_stream(stream)
    while True:
        try:
            message = reader.read_next_message()
        except StopIteration:
            return
        total += message_size(message)
        check_memory(total, name, limits)
        check_growth(total, packed, name, limits)
