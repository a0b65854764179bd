"""The source `json`: an object for each row, in an array or one after another, as in JSON lines."""

from __future__ import annotations

import json
import os
import re
import zlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from kspec.data.context import display_name
from kspec.data.limits import LimitReached, check_columns, check_memory, grows_too_much
from kspec.data.sources.arrow_tables import table_of
from kspec.data.sources.read_request import Request, SourceFile, combine, first_lines, open_file, source_files
from kspec.data.table import Table
from kspec.diagnostics import codes
from kspec.language.data_limits import Limits
from kspec.syntax.gzip_stream import GrowsTooMuch
from kspec.syntax.path_policy import PathRefused

VALUE_BYTES = 100
"""The memory of a value while it is read, beside that of its text."""
SAMPLE = 1 << 20
"""How many bytes tell the columns."""
_BLANK = re.compile(r"[ \t\r\n]*")
_ROWS_HELP = 'the rows are objects, one on each line or in an array: `[{"age": 31, "city": "Oslo"}, …]`'


class _InvalidJson(Exception):
    """A text that holds no rows; the message is for the user."""


def read(setting: Any, request: Request) -> Table | None:
    """Reads all files into one table; objects within objects become dotted columns, such as `address.city`."""
    files = source_files(setting, request)
    return None if files is None else combine(files, [_read_file(file, request) for file in files], request.context)


def names(setting: Any, request: Request) -> list[str]:
    """Reads the columns of the first rows of the first file; empty if it cannot be read."""
    files = source_files(setting, request)
    columns: dict[str, None] = {}
    try:
        start = first_lines(files[0].file, request.context, SAMPLE) if files else b""
        for row in _rows(_decoded(start, errors="ignore")):
            columns.update(dict.fromkeys(name for name, _ in _flat(row)))
    except (_InvalidJson, ValueError, OSError, EOFError, zlib.error, RecursionError):
        pass  # the rest of a text that is cut
    return list(columns)


def _read_file(source: SourceFile, request: Request) -> Table | None:
    context, name = request.context, display_name(source.file, request.context)
    try:
        data = _bytes(source, name, request)
        columns, rows = _columns(_rows(_decoded(data)), name, context.limits)
        return table_of(arrow_table(columns, rows), name, source, context)
    except LimitReached as reached:
        context.limit(reached, source.path)
    except GrowsTooMuch as error:
        context.limit(grows_too_much(name, context.limits, error), source.path)
    except PathRefused as refused:
        refused.problem.report(context.report, context.span(source.path))
    except (OSError, EOFError, zlib.error) as error:
        context.error(codes.MALFORMED_DATA_FILE, f"cannot read `{name}`: {error}", source.path)
    except UnicodeError:
        context.error(codes.MALFORMED_DATA_FILE, f"`{name}` is not a text in UTF-8", source.path)
    except RecursionError:
        context.error(codes.MALFORMED_DATA_FILE, f"`{name}` nests values too deep", source.path)
    except _InvalidJson as error:
        context.error(codes.MALFORMED_DATA_FILE, f"`{name}` {error}", source.path, help=_ROWS_HELP)
    return None


def _bytes(source: SourceFile, name: str, request: Request) -> bytes:
    """The unpacked bytes of a file whose values fit into memory.

    Args:
        source: The file.
        name: The file in messages.
        request: What is read.

    Raises:
        LimitReached: If they do not.
        OSError: If it cannot be read.
    """
    limits = request.context.limits
    with request.context.open(source.file) as packed:
        check_memory(os.fstat(packed.fileno()).st_size, name, limits)
    with open_file(source.file, request.context) as stream:
        data = stream.read()
    values = sum(data.count(mark) for mark in (b",", b":", b"[", b"{"))
    check_memory(len(data) + VALUE_BYTES * values, name, limits)
    return data


def _decoded(data: bytes, errors: str = "strict") -> str:
    """A text in UTF-8, UTF-16 or UTF-32, without a mark at its start."""
    return data.decode(json.detect_encoding(data), errors)


def _rows(text: str) -> Iterator[dict[str, Any]]:
    """The objects of a text.

    Raises:
        _InvalidJson: If it holds anything else.
    """
    decoder = json.JSONDecoder()
    at, number = _after_blank(text, 0), 0
    in_array = text.startswith("[", at)
    end = "]" if in_array else ""
    at = _after_blank(text, at + 1) if in_array else at
    while at < len(text) and not (in_array and text[at] == end):
        number += 1
        try:
            row, at = decoder.raw_decode(text, at)
        except ValueError as error:
            place = error.pos if isinstance(error, json.JSONDecodeError) else at
            raise _InvalidJson(f"is no JSON at {_place(text, place)}") from error
        if not isinstance(row, dict):
            raise _InvalidJson(f"has {_kind(row)} in row {number}, not an object")
        yield row
        at = _after_blank(text, at)
        if in_array and at < len(text) and text[at] == ",":
            at = _after_blank(text, at + 1)
        elif in_array and text[at : at + 1] not in ("", end):
            raise _InvalidJson(f"is no JSON at {_place(text, at)}")
    if in_array and at >= len(text):
        raise _InvalidJson("ends within its array")
    if in_array and (after := _after_blank(text, at + 1)) < len(text):
        raise _InvalidJson(f"goes on after its array at {_place(text, after)}")


def _after_blank(text: str, at: int) -> int:
    found = _BLANK.match(text, at)
    return at if found is None else found.end()


def _place(text: str, at: int) -> str:
    line = text.count("\n", 0, at) + 1
    return f"line {line}, column {at - (text.rfind(chr(10), 0, at) + 1) + 1}"


def _kind(value: Any) -> str:
    words = {list: "a list", str: "a text", bool: "a boolean", type(None): "null"}
    return words.get(type(value), "a number")


def _flat(row: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """The values of a row, each with the name of its column."""
    for key, value in row.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{key}.")
        else:
            yield prefix + key, value


def _columns(rows: Iterator[dict[str, Any]], name: str, limits: Limits) -> tuple[dict[str, list[Any]], int]:
    """By column, the values of all rows, None where one is missing; and the number of rows.

    Args:
        rows: The rows.
        name: The file in messages.
        limits: The limits.

    Raises:
        LimitReached: If there are too many columns, or values.
    """
    columns: dict[str, list[Any]] = {}
    count = 0
    for row in rows:
        for key, value in _flat(row):
            values = columns.get(key)
            if values is None:
                values = columns[key] = []
                check_columns(len(columns), name, limits)
            if len(values) > count:
                raise _InvalidJson(f"has two values of `{key}` in row {count + 1}")
            if len(values) < count:
                values.extend([None] * (count - len(values)))
            values.append(value)
        count += 1
        if not count % 1000:
            check_memory(8 * count * len(columns), name, limits)
    check_memory(8 * count * len(columns), name, limits)
    for values in columns.values():
        values.extend([None] * (count - len(values)))
    return columns, count


def arrow_table(columns: Mapping[str, Sequence[Any]], rows: int) -> Any:
    """A pyarrow table; a column of several kinds of single values is one of texts.

    Args:
        columns: By name, the values, None where one is missing.
        rows: The number of rows.
    """
    import pyarrow as pa

    arrays = {name: _array(values) for name, values in columns.items()}
    return pa.table(arrays) if arrays else pa.table({"": pa.nulls(rows)}).select([])


def _array(values: Sequence[Any]) -> Any:
    import pyarrow as pa

    kinds = {type(value) for value in values} - {type(None)}
    if kinds <= {int, float}:
        try:
            return pa.array(values, pa.float64() if float in kinds else pa.int64() if kinds else pa.null())
        except (pa.ArrowInvalid, OverflowError):  # an integer of more than 64 bits
            return pa.array([None if value is None else float(value) for value in values])
    if list in kinds:
        return _lists(values, kinds)
    if len(kinds) == 1:
        return pa.array(values)
    return pa.array([None if value is None else _text(value) for value in values])


def _lists(values: Sequence[Any], kinds: set[type]) -> Any:
    """A column of lists; what mixes lists with single values, or holds several kinds, is one that nothing can use."""
    import pyarrow as pa

    try:
        if kinds == {list}:
            return pa.array(values)
    except (pa.ArrowException, OverflowError, TypeError):
        pass
    return pa.array([None if value is None else json.dumps(value).encode() for value in values], pa.binary())


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
