"""Workbooks of the kinds `.ods` and `.xls`, as their formats describe them."""

from __future__ import annotations

import struct
import zipfile
from collections.abc import Iterable, Sequence
from pathlib import Path

SPACES = " ".join(
    f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"' for name in ("office", "table", "text")
)
SECTOR, FREE, END, FAT = 512, 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD


def write_ods(path: Path, rows: Iterable[Sequence[float | str]], more: str = "") -> None:
    """Writes an `.ods` file.

    Args:
        path: The file.
        rows: The cells of its sheet.
        more: Further rows, in XML.
    """

    def cell(value: float | str) -> str:
        if isinstance(value, str):
            return f'<table:table-cell office:value-type="string"><text:p>{value}</text:p></table:table-cell>'
        return f'<table:table-cell office:value-type="float" office:value="{value}"/>'

    table = "".join(f"<table:table-row>{''.join(map(cell, row))}</table:table-row>" for row in rows)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr(
            "content.xml",
            f'<?xml version="1.0"?><office:document-content {SPACES}><office:body><office:spreadsheet>'
            f'<table:table table:name="One">{table}{more}</table:table>'
            "</office:spreadsheet></office:body></office:document-content>",
        )
        archive.writestr("META-INF/manifest.xml", "<manifest/>")


def write_xls(path: Path, rows: Iterable[Sequence[float | str]], last: int = 0) -> None:
    """Writes an `.xls` file.

    Args:
        path: The file.
        rows: The cells of its sheet.
        last: A row with a further cell in column 255; 0 for none.
    """

    def record(kind: int, data: bytes = b"") -> bytes:
        return struct.pack("<HH", kind, len(data)) + data

    def cell(row: int, column: int, value: float | str) -> bytes:
        place = struct.pack("<HHH", row, column, 0)
        if isinstance(value, str):
            return record(0x0204, place + struct.pack("<HB", len(value), 0) + value.encode())
        return record(0x0203, place + struct.pack("<d", value))

    def start(kind: int) -> bytes:
        return record(0x0809, struct.pack("<HHHHII", 0x0600, kind, 0, 0, 0, 0))

    cells = b"".join(cell(r, c, value) for r, row in enumerate(rows) for c, value in enumerate(row))
    cells += cell(last, 255, 1.0) if last else b""
    before = len(start(5)) + len(record(0x0085, bytes(8) + b"One")) + len(record(0x000A))
    sheet = record(0x0085, struct.pack("<IBBBB", before, 0, 0, 3, 0) + b"One")
    stream = start(5) + sheet + record(0x000A) + start(0x10) + cells + record(0x000A)
    stream = stream.ljust(max(4096, -(-len(stream) // SECTOR) * SECTOR), b"\0")
    count = len(stream) // SECTOR
    table = [FAT, END, *range(3, count + 2), END]
    table += [FREE] * (SECTOR // 4 - len(table))
    assert len(table) == SECTOR // 4, "one sector holds the whole table"

    def entry(name: str, kind: int, child: int, first: int, size: int) -> bytes:
        own = name.encode("utf-16-le") + b"\0\0" if name else b""
        return struct.pack("<64sHBBIII16sIQQIQ", own, len(own), kind, 1, FREE, FREE, child, b"", 0, 0, 0, first, size)

    header = struct.pack(
        "<8s16sHHHHH6sIIIIIIIII", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"", 0x3E, 3, 0xFFFE, 9, 6, b"", 0, 1, 1, 0,
        4096, END, 0, END, 0,
    )  # fmt: skip
    header += struct.pack("<109I", 0, *[FREE] * 108)
    folder = entry("Root Entry", 5, 1, END, 0) + entry("Workbook", 2, FREE, 2, len(stream)) + bytes(256)
    path.write_bytes(header + struct.pack(f"<{SECTOR // 4}I", *table) + folder + stream)
