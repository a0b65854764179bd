"""How far the sheets of workbooks of other kinds than `.xlsx` reach: `.ods`, `.xlsb` and `.xls`.

A reader takes memory for all cells up to the last one, so that a small file could take any amount.
"""

from __future__ import annotations

import re
import struct
import zipfile
from collections.abc import Iterator
from typing import IO

from kspec.data.limits import check_memory
from kspec.data.sources.excel_sizes import CELL_BYTES
from kspec.language.data_limits import Limits

OLD = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
"""The first bytes of an `.xls` file."""
_BLOCK = 1 << 20
_TAG = re.compile(rb"<(/?)table:(table|table-row|table-cell|covered-table-cell)(?=[\s/>])([^>]*)>")
_REPEATED = re.compile(rb"table:number-(?:rows|columns)-repeated\s*=\s*[\"'](\d{1,10})[\"']")
_CELLS = (0x0006, 0x00D6, 0x00FD, 0x0201, 0x0203, 0x0204, 0x0205, 0x0207, 0x027E)
"""The records of `.xls` that are one cell."""
_SEVERAL = (0x00BD, 0x00BE)
"""Those that are several cells in a row, with the last column at their end."""
_DIMENSIONS, _START, _CELLS_OF_BINARY = 0x0200, 0x0809, range(1, 12)
_END_OF_CHAIN = 0xFFFFFFFA


def check_opendocument(archive: zipfile.ZipFile, name: str, limits: Limits) -> None:
    """Compares the memory of the cells of an `.ods` file with the limit.

    Args:
        archive: The file.
        name: It in messages.
        limits: The limits.

    Raises:
        LimitReached: If they take more.
    """
    total = row = column = last_row = last_column = 0
    with archive.open("content.xml") as stream:
        for closing, tag, attributes in _tags(stream):
            found = _REPEATED.search(attributes)
            count = int(found[1]) if found else 1
            if tag == b"table":
                total += last_row * last_column
                row = column = last_row = last_column = 0
            elif tag == b"table-row" and not closing:
                row, column = row + count, 0
            elif not closing:
                column += count
                if b"office:" in attributes or not attributes.rstrip().endswith(b"/"):
                    last_row, last_column = max(last_row, row), max(last_column, column)
            check_memory(CELL_BYTES * (total + last_row * last_column), name, limits)


def _tags(stream: IO[bytes]) -> Iterator[tuple[bytes, bytes, bytes]]:
    """The tags of tables, rows and cells: a slash of those that end one, the name, the attributes."""
    rest = b""
    while block := stream.read(_BLOCK):
        text = rest + block
        end = 0
        for found in _TAG.finditer(text):
            yield found[1], found[2], found[3]
            end = found.end()
        rest = text[max(end, text.rfind(b"<")) :]  # a tag that goes on in the next block


def check_binary(archive: zipfile.ZipFile, name: str, limits: Limits) -> None:
    """Compares the memory of the cells of an `.xlsb` file with the limit.

    Args:
        archive: The file.
        name: It in messages.
        limits: The limits.

    Raises:
        LimitReached: If they take more.
    """
    for member in archive.namelist():
        if not (member.startswith("xl/worksheets/") and member.endswith(".bin")):
            continue
        rows = columns = 0
        for kind, data in _binary_records(archive.read(member)):
            if kind == 0 and len(data) >= 4:
                rows = max(rows, struct.unpack_from("<I", data)[0] + 1)
            elif kind in _CELLS_OF_BINARY and len(data) >= 4:
                columns = max(columns, struct.unpack_from("<I", data)[0] + 1)
        check_memory(CELL_BYTES * rows * columns, name, limits)


def _binary_records(data: bytes) -> Iterator[tuple[int, bytes]]:
    """The records of a part of an `.xlsb` file: their kinds and contents."""
    place = 0

    def number(most: int) -> int:
        nonlocal place
        value = 0
        for shift in range(most):
            byte = data[place]
            place += 1
            value |= (byte & 0x7F) << 7 * shift
            if byte < 0x80:
                break
        return value

    try:
        while place < len(data):
            kind, size = number(2), number(4)
            yield kind, data[place : place + min(size, 8)]
            place += size
    except IndexError:
        return


def check_old(data: bytes, name: str, limits: Limits) -> None:
    """Compares the memory of the cells of an `.xls` file with the limit: its reader takes that of all sheets.

    Args:
        data: The file.
        name: It in messages.
        limits: The limits.

    Raises:
        LimitReached: If they take more.
        ValueError: If it is no such file.
    """
    stream = _workbook(data)
    total = rows = columns = place = 0
    while place + 4 <= len(stream):
        kind, size = struct.unpack_from("<HH", stream, place)
        place += 4
        if kind == _START:
            total, rows, columns = total + rows * columns, 0, 0
        elif kind in _CELLS and size >= 4:
            row, column = struct.unpack_from("<HH", stream.ljust(place + 4, b"\0"), place)
            rows, columns = max(rows, row + 1), max(columns, column + 1)
        elif kind in _SEVERAL and size >= 6 and place + size <= len(stream):
            rows = max(rows, struct.unpack_from("<H", stream, place)[0] + 1)
            columns = max(columns, struct.unpack_from("<H", stream, place + size - 2)[0] + 1)
        elif kind == _DIMENSIONS and size >= 12 and place + 12 <= len(stream):
            _, last_row, _, last_column = struct.unpack_from("<IIHH", stream, place)
            rows, columns = max(rows, last_row), max(columns, last_column)
        check_memory(CELL_BYTES * (total + rows * columns), name, limits)
        place += size


def _workbook(data: bytes) -> bytes:
    """The stream of the workbook in an `.xls` file.

    Raises:
        ValueError: If there is none.
    """
    try:
        sector, small = 1 << struct.unpack_from("<H", data, 30)[0], 1 << struct.unpack_from("<H", data, 32)[0]
        directory, cutoff, small_table = struct.unpack_from("<I4xII", data, 48)
        more, _ = struct.unpack_from("<II", data, 68)
        if not 64 <= sector <= 4096 or not 16 <= small <= sector:
            raise ValueError("its sectors have an odd size")
        listed = list(struct.unpack_from("<109I", data, 76))
        while more < _END_OF_CHAIN and len(listed) < len(data) // 4:
            numbers = struct.unpack_from(f"<{sector // 4}I", data, sector * (more + 1))
            listed, more = [*listed, *numbers[:-1]], numbers[-1]
        table = [
            number
            for place in listed
            if place < _END_OF_CHAIN
            for number in struct.unpack_from(f"<{sector // 4}I", data, sector * (place + 1))
        ]
        entries = _chain(data, directory, table, sector, sector)
        root = b""
        for place in range(0, len(entries) - 127, 128):
            entry = entries[place : place + 128]
            length, kind = struct.unpack_from("<HB", entry, 64)
            start, size = struct.unpack_from("<IQ", entry, 116)
            if kind == 5:
                root = _chain(data, start, table, sector, sector)
            elif kind == 2 and entry[: max(0, length - 2)].decode("utf-16-le", "replace") in ("Workbook", "Book"):
                if size >= cutoff:
                    return _chain(data, start, table, sector, sector)[:size]
                places = _chain(data, small_table, table, sector, sector)
                numbers = struct.unpack(f"<{len(places) // 4}I", places[: len(places) // 4 * 4])
                return _chain(root, start, numbers, small, 0)[:size]
    except struct.error as error:
        raise ValueError(str(error)) from error
    raise ValueError("it has no workbook")


def _chain(data: bytes, start: int, table: list[int] | tuple[int, ...], sector: int, offset: int) -> bytes:
    """The sectors of a chain.

    Args:
        data: What has the sectors.
        start: The first one.
        table: By sector, the next one.
        sector: The size of a sector.
        offset: Where the first sector stands.
    """
    found, left = [], len(table)
    while start < len(table) and left:
        found.append(data[offset + sector * start : offset + sector * (start + 1)])
        start, left = table[start], left - 1
    return b"".join(found)
