"""Reads what a run has predicted from its files: few examples of very many."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import numpy as np

Array = np.ndarray[Any, Any]
Opener = Any

MOST_BYTES = 256 << 20
"""Of a larger table, blocks at even distances are read."""
BLOCKS = 64
_LONGEST_HEADER = 16 << 20


class Table(NamedTuple):
    """Columns of text.

    Args:
        columns: By heading, the cells as Arrow arrays of strings.
        share: The share of the file that was read.
    """

    columns: Mapping[str, Any]
    share: float = 1.0

    def numbers(self, heading: str) -> Array:
        """A column as numbers, NaN where it is empty, shape (n,).

        Raises:
            ValueError: If a cell is no number.
        """
        import pyarrow
        import pyarrow.compute as compute

        cells = self.columns[heading]
        none = pyarrow.scalar(None, pyarrow.string())  # of plain values, Arrow asks pandas, whose import takes long
        empty = compute.equal(cells, pyarrow.scalar(""))
        try:
            values = compute.cast(compute.if_else(empty, none, cells), pyarrow.float64())
        except pyarrow.ArrowInvalid as error:
            raise ValueError(f"column {heading!r} of the predictions: {error}") from None
        return np.asarray(values.to_numpy(zero_copy_only=False), "float64")

    def texts(self, heading: str) -> Array:
        """A column as text, shape (n,)."""
        return np.asarray(self.columns[heading].to_numpy(zero_copy_only=False), object)

    def indices(self, heading: str, names: Sequence[str]) -> Array:
        """The place of each cell among names, -1 for another text, shape (n,)."""
        import pyarrow
        import pyarrow.compute as compute

        found = compute.index_in(self.columns[heading], pyarrow.array(list(names), pyarrow.string()))
        known = compute.fill_null(found, pyarrow.scalar(-1, found.type))
        return np.asarray(known.to_numpy(zero_copy_only=False), "int64")


def read_table(path: Path, opener: Opener) -> Table:
    """Reads a table of predictions.

    Args:
        path: The file.
        opener: Opens it, and nothing outside the run folder.

    Raises:
        OSError: If it cannot be read.
        ValueError: If it is no such table.
    """
    import pyarrow
    from pyarrow import csv as arrow_csv

    with opener(str(path)) as file:
        header = _header(file)
        names = [f"{at}" for at in range(len(header))]
        content, share = _content(file)
        if not content.strip():
            return Table({heading: pyarrow.array([], pyarrow.string()) for heading in header})
        try:
            table = arrow_csv.read_csv(
                io.BytesIO(content),
                read_options=arrow_csv.ReadOptions(column_names=names),
                parse_options=arrow_csv.ParseOptions(newlines_in_values=True),
                convert_options=arrow_csv.ConvertOptions(
                    column_types=dict.fromkeys(names, pyarrow.string()), strings_can_be_null=False
                ),
            )
        except pyarrow.ArrowInvalid as error:
            raise ValueError(str(error)) from None
    # of two columns of one name, the first counts
    return Table({header[at]: table.column(at).combine_chunks() for at in reversed(range(len(header)))}, share)


def _header(file: BinaryIO) -> list[str]:
    """The headings; the file is then at the first line below."""
    lines, length = [], 0
    while length < _LONGEST_HEADER and (line := file.readline(_LONGEST_HEADER)):
        length += len(line)
        lines.append(line.decode("utf-8"))
        if "".join(lines).count('"') % 2 == 0:  # a heading may contain a line break
            return next(csv.reader(io.StringIO("".join(lines), newline="")), [])
    raise ValueError("it has no header")


def _content(file: BinaryIO) -> tuple[bytes, float]:
    """The lines below the header, and the share of them that was read."""
    start = file.tell()
    size = file.seek(0, io.SEEK_END) - start
    file.seek(start)
    if size <= MOST_BYTES:
        return file.read(), 1.0
    blocks, length = [], MOST_BYTES // BLOCKS
    for number in range(BLOCKS):
        file.seek(start + number * (size // BLOCKS))
        if number:
            file.readline()  # the rest of a line
        block = file.read(length)
        blocks.append(block[: block.rfind(b"\n") + 1])
    return b"".join(blocks), MOST_BYTES / size


def read_arrays(path: Path, opener: Opener) -> dict[str, Array]:
    """Reads arrays of predictions; those of objects are left out.

    Args:
        path: The `.npz` file.
        opener: Opens it, and nothing outside the run folder.

    Raises:
        OSError: If it cannot be read.
        ValueError: If it is no such file.
    """
    import zipfile

    found: dict[str, Array] = {}
    try:
        with opener(str(path)) as file, np.load(file, allow_pickle=False) as archive:
            for name in archive.files:
                if archive.zip.getinfo(f"{name}.npy").file_size <= MOST_BYTES:
                    found[name] = archive[name]
    except (zipfile.BadZipFile, KeyError, EOFError) as error:
        raise ValueError(f"{path.name} is damaged: {error}") from None
    return found
