"""What a source gets besides its setting, and the files that its setting names."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple

from kspec.data.context import Context, display_name
from kspec.data.lists.columns import column_of_lists
from kspec.data.network_specs import InputSpec, OutputSpec
from kspec.data.packed_files import open_packed
from kspec.data.storage.mapped_arrays import joined
from kspec.data.table import NUMERIC, Column, FileRows, Table
from kspec.diagnostics import Path as SpecPath
from kspec.diagnostics import codes
from kspec.language.source_files import SPLITS

if TYPE_CHECKING:
    from kspec.data.index_check import ValueCheck


LISTS = ("array", "list")
"""Kinds of columns with lists; if all have one length, they are arrays."""


@dataclass(slots=True)
class Request:
    """What a source may need to know beside its own setting.

    Args:
        seed: The spec's.
        output_specs: By output, what is known of it.
        for_prediction: Whether the data is only used for predictions, so that targets may be absent.
        values: What the network's layers can take.
        revise: Changes the table of other data after it is read, before new columns are computed.
        examine: Looks at the table of other data with its new columns, before its columns are mapped and gaps filled.
    """

    context: Context
    inputs: Mapping[str, InputSpec]
    outputs: Sequence[str]
    seed: int = 0
    output_specs: Mapping[str, OutputSpec] = field(default_factory=dict)
    for_prediction: bool = False
    values: ValueCheck | None = None
    revise: Callable[[Table, Context], Table] | None = None
    examine: Callable[[Table], None] | None = None


class SourceFile(NamedTuple):
    """A file to read.

    Args:
        file: The file.
        split: 0 train, 1 validation, 2 test; None unless each split has its own file.
        path: The setting that names it.
    """

    file: Path
    split: int | None
    path: SpecPath | None


def source_files(setting: Any, request: Request, *, folder: bool = False) -> list[SourceFile] | None:
    """Finds the files of a source.

    Args:
        setting: A path, a glob, a list, or one of these for each split.
        request: What is read.
        folder: Whether the source reads folders.

    Returns:
        As listed, or training first; None if there are errors.
    """
    context = request.context
    path = context.source_path
    if not isinstance(setting, Mapping):
        files = context.find(setting, path, folder=folder)
        return None if files is None else [SourceFile(file, None, path) for file in files]
    paths = {split: None if path is None else (*path, split) for split in SPLITS if split in setting}
    matches = {split: context.find(setting[split], paths[split], folder=folder) for split in paths}
    if None in matches.values():
        return None
    return [
        SourceFile(file, SPLITS.index(split), paths[split]) for split, files in matches.items() for file in files or ()
    ]


def fingerprint(file: Path, context: Context) -> str:
    """The SHA-256 of a file.

    Raises:
        OSError: If it cannot be read.
    """
    with context.open(file) as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()  # type: ignore[arg-type]


def row_splits(files: Sequence[SourceFile], counts: Sequence[int]) -> Any:
    """The split of each row, shape (rows,); None unless each split has its own file.

    Args:
        files: The files.
        counts: The number of rows of each file.
    """
    import numpy

    if all(file.split is None for file in files):
        return None
    return numpy.repeat(numpy.array([file.split or 0 for file in files], numpy.int8), counts)


def combine(files: Sequence[SourceFile], tables: Sequence[Table | None], context: Context) -> Table | None:
    """Concatenates the tables of several files.

    Args:
        files: The files.
        tables: The table of each file; None for a file with errors.
        context: Receives every problem.

    Returns:
        One table; None if there are errors.
    """
    import numpy

    pieces = [table for table in tables if table is not None]
    if len(pieces) < len(tables):
        return None
    counts = [table.rows for table in pieces]
    combined = Table({}, sum(counts), row_splits=row_splits(files, counts))
    names = [display_name(file.file, context) for file in files]
    combined.unusable = {column: reason for table in pieces for column, reason in table.unusable.items()}
    combined.unusable |= not_in_all([(name, list(table.columns)) for name, table in zip(names, pieces, strict=True)])
    for column in pieces[0].columns:
        if column in combined.unusable:
            continue
        columns = [table.columns[column] for table in pieces]
        first = columns[0]
        for file, name, other in zip(files, names, columns, strict=True):
            if not _fits(other, first):
                message = f"`{column}` has {_kind_text(other)} in `{name}` but {_kind_text(first)} in `{names[0]}`"
                context.error(codes.MALFORMED_DATA_FILE, message, file.path)
                return None
        combined.columns[column] = first if len(columns) == 1 else _concatenated(columns)
    starts = numpy.cumsum([0, *counts]).tolist()
    for number, (file, name) in enumerate(zip(files, names, strict=True)):
        combined.files.append(FileRows(name, starts[number], starts[number + 1]))
        combined.fingerprints[name] = fingerprint(file.file, context)
    return combined


def not_in_all(files: Sequence[tuple[str, Sequence[str]]]) -> dict[str, str]:
    """Columns that some file lacks, with the reason that they cannot be used.

    Args:
        files: The name and columns of each file.
    """
    names = dict.fromkeys(column for _, columns in files for column in columns)
    absent = {}
    for name, columns in files:
        own = set(columns)
        absent.update({column: f"`{name}` lacks it" for column in names if column not in own})
    return absent


def _fits(a: Column, b: Column) -> bool:
    """Whether a column of two files can be one; arrays of other shapes are lists."""
    if a.kind in LISTS and b.kind in LISTS and "list" in (a.kind, b.kind):
        return True
    is_same = a.kind == b.kind or (a.kind in NUMERIC and b.kind in NUMERIC)
    return is_same and a.values.shape[1:] == b.values.shape[1:]


def _kind_text(column: Column) -> str:
    shape = list(column.values.shape[1:])
    return f"arrays of shape {shape}" if shape else column.kind


def _concatenated(pieces: Sequence[Column]) -> Column:
    kinds = {piece.kind for piece in pieces}
    if "list" in kinds:
        rows = [row for piece in pieces for row in piece.values]
        return column_of_lists(pieces[0].name, rows, joined([piece.missing for piece in pieces]))
    kind = pieces[0].kind if len(kinds) == 1 else "float" if "float" in kinds else "integer"
    values = joined([piece.values for piece in pieces])
    return Column(pieces[0].name, kind, values, joined([piece.missing for piece in pieces]))


def open_file(file: Path, context: Context) -> BinaryIO:
    """Opens a file for reading, unpacked within the limits if it is packed.

    Raises:
        OSError: If it may not or cannot be read; reading raises `GrowsTooMuch`, too.
    """
    return open_packed(context.open(file), file, context.limits)


def first_lines(file: Path, context: Context, size: int = 65536) -> bytes:
    """The beginning of a file, unpacked if it is packed.

    Args:
        file: The file.
        context: Opens it.
        size: How many bytes are read.

    Raises:
        OSError: If it may not or cannot be read.
    """
    with open_file(file, context) as stream:
        return stream.read(size)


DELIMITERS = (",", ";", "\t", "|")


def likely_delimiter(file: Path, context: Context) -> str:
    """The delimiter that is most frequent in the first line of a file."""
    try:
        lines = first_lines(file, context).decode("utf-8", errors="replace").splitlines()
    except (OSError, EOFError):
        return DELIMITERS[0]
    counts = {delimiter: lines[0].count(delimiter) if lines else 0 for delimiter in DELIMITERS}
    return max(DELIMITERS, key=counts.__getitem__)


def blocks(file: Path, context: Context, size: int = 1 << 20) -> Iterator[bytes]:
    """The bytes of a file in pieces, unpacked if it is packed.

    Args:
        file: The file.
        context: Opens it.
        size: The length of a piece.

    Raises:
        OSError: If it may not or cannot be read.
    """
    with open_file(file, context) as stream:
        while block := stream.read(size):
            yield block
