"""Reads what a run has predicted from its files: few examples of very many."""

from __future__ import annotations

import csv
import io
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import numpy as np

Array = np.ndarray[Any, Any]
Opener = Any

MOST_BYTES = 128 << 20
"""Of a larger table, blocks at even distances are read."""
BLOCKS = 64
_LONGEST_HEADER = 16 << 20


class Table(NamedTuple):
    """Columns of a table.

    Args:
        columns: By heading, the cells as Arrow arrays of numbers or of strings.
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

        cells = self.columns[heading]
        if cells.type == pyarrow.float64():
            return _plain(cells, "float64", np.nan)
        try:
            return np.array([float(text or "nan") for text in cells.to_pylist()], "float64")
        except ValueError as error:
            raise ValueError(f"column {heading!r} of the predictions: {error}") from None

    def texts(self, heading: str) -> Array:
        """A column as text, shape (n,)."""
        return np.array([*self.columns[heading].to_pylist(), None], object)[:-1]

    def indices(self, heading: str, names: Sequence[str]) -> Array:
        """The place of each cell among names, -1 for another text, shape (n,)."""
        cells = self.columns[heading].dictionary_encode()
        place = {name: at for at, name in reversed(list(enumerate(names)))}
        places = np.array([place.get(text, -1) for text in cells.dictionary.to_pylist()], "int64")
        return places[_plain(cells.indices, "int32", 0)]


def _plain(cells: Any, dtype: str, missing: float) -> Array:
    """An Arrow array of numbers as one of NumPy, without Arrow's own conversion, which imports pandas.

    Args:
        cells: The array, shape (n,).
        dtype: Its type.
        missing: What stands for a missing value.
    """
    if not len(cells):
        return np.empty(0, dtype)
    present, values = cells.buffers()
    found = np.frombuffer(values, dtype)[cells.offset : cells.offset + len(cells)]
    if not cells.null_count:
        return found
    bits = np.unpackbits(np.frombuffer(present, "uint8"), bitorder="little")[cells.offset : cells.offset + len(cells)]
    return np.where(bits, found, np.asarray(missing, dtype))


def read_table(path: Path, opener: Opener, numbers: Collection[str] = ()) -> Table:
    """Reads a table of predictions.

    Args:
        path: The file.
        opener: Opens it, and nothing outside the run folder.
        numbers: The headings of columns of numbers; other columns are texts.

    Raises:
        OSError: If it cannot be read.
        ValueError: If it is no such table.
    """
    import pyarrow

    with opener(str(path)) as file:
        header = _header(file)
        content, share = _content(file)
    if not content.strip():
        return Table({heading: pyarrow.array([], pyarrow.string()) for heading in header})
    try:
        table = _parsed(content, [heading in numbers for heading in header])
    except pyarrow.ArrowInvalid:  # a cell is no number: who asks for its column is told
        try:
            table = _parsed(content, [False] * len(header))
        except pyarrow.ArrowInvalid as error:
            raise ValueError(str(error)) from None
    # of two columns of one name, the first counts
    return Table({header[at]: table.column(at).combine_chunks() for at in reversed(range(len(header)))}, share)


def _parsed(content: bytes, is_number: Sequence[bool]) -> Any:
    """The lines below a header as an Arrow table.

    Args:
        content: The lines.
        is_number: By column, whether it holds numbers.
    """
    import pyarrow
    from pyarrow import csv as arrow_csv

    types = {f"{at}": pyarrow.float64() if number else pyarrow.string() for at, number in enumerate(is_number)}
    return arrow_csv.read_csv(
        pyarrow.BufferReader(content),
        read_options=arrow_csv.ReadOptions(column_names=list(types)),
        parse_options=arrow_csv.ParseOptions(newlines_in_values=True),
        convert_options=arrow_csv.ConvertOptions(column_types=types, null_values=[""], strings_can_be_null=False),
    )


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
