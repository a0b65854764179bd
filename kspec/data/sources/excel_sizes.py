"""How far the sheets of a workbook reach, seen before a reader takes memory for all cells up to the last one."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterable

from kspec.data.limits import LimitReached, check_memory
from kspec.diagnostics import codes
from kspec.language.data_limits import Limits

CELL_BYTES = 32
"""The memory of a cell, also of an empty one."""
_BLOCK, _LONGEST_TAG = 4 << 20, 4096
_PLACE = re.compile(rb"<(?:\w+:)?(?:row|c)\b[^>]*?\br\s*=\s*[\"']([A-Za-z]{0,7})(\d{1,10})[\"']")
_MAX_COLUMN, _MAX_ROW = 16_384, 1_048_576


def check_cells(archive: zipfile.ZipFile, name: str, limits: Limits) -> None:
    """Compares the memory of the cells of a workbook with the limit.

    Args:
        archive: The workbook.
        name: It in messages.
        limits: The limits.

    Raises:
        LimitReached: If they take more.
    """
    for member in archive.infolist():
        rows, columns = 0, 0
        with archive.open(member) as stream:
            rest = b""
            while block := stream.read(_BLOCK):
                found = set(_PLACE.findall(rest + block))
                rows = max((rows, *(int(row) for _, row in found)))
                columns = max(columns, _last_column(letters for letters, _ in found))
                rest = block[-_LONGEST_TAG:]
        if rows > _MAX_ROW or columns > _MAX_COLUMN:
            message = f"a sheet of `{name}` names a cell that no sheet has"
            raise LimitReached(codes.DATA_TOO_LARGE, message)
        check_memory(CELL_BYTES * rows * columns, name, limits)


def _last_column(names: Iterable[bytes]) -> int:
    """The number of the last of some columns: 1 for `A`, 27 for `AA`."""
    last = 0
    for letters in set(names):
        number = 0
        for letter in letters.upper():
            number = 26 * number + letter - ord("A") + 1
        last = max(last, number)
    return last
