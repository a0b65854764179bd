"""What a source is told, and the files that it is given."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from kspec.data.context import Context, shown_name
from kspec.data.table import NUMERIC, PART_NAMES, Column, FileRows, Table
from kspec.data.types import InputSpec, OutputSpec
from kspec.diagnostics import Path as SpecPath
from kspec.diagnostics import codes


@dataclass(slots=True)
class Request:
    """What a source may need to know beside its own setting.

    Args:
        seed: The spec's.
        answers: What is known of each output.
        for_prediction: Whether the examples are only predicted: targets may be absent.
    """

    context: Context
    inputs: Mapping[str, InputSpec]
    outputs: Sequence[str]
    seed: int = 0
    answers: Mapping[str, OutputSpec] = field(default_factory=dict)
    for_prediction: bool = False


class Given(NamedTuple):
    """A file to read.

    Args:
        part: 0 train, 1 validation, 2 test, where there is a file for each split; else None.
        path: The place in the spec that names it.
    """

    file: Path
    part: int | None
    path: SpecPath | None


def given_files(given: Any, request: Request, *, folder: bool = False) -> list[Given] | None:
    """The files of a source's setting: a path, a glob, a list, or one of these for each split.

    Returns:
        In order: as listed, or training first; None with the reasons in the report.
    """
    context = request.context
    at = context.source_path
    if not isinstance(given, Mapping):
        files = context.find(given, folder=folder)
        return None if files is None else [Given(file, None, at) for file in files]
    found: list[Given] = []
    sound = True
    for number, part in enumerate(PART_NAMES):
        if part not in given:
            continue
        path = None if at is None else (*at, part)
        files = context.find(given[part], path=path, folder=folder)
        sound = sound and files is not None
        found += [Given(file, number, path) for file in files or []]
    return found if sound else None


def fingerprint(file: Path) -> str:
    """The sha256 of a file's bytes."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def parts_of(given: Sequence[Given], counts: Sequence[int]) -> Any:
    """The part of each row, shape (rows,), where there is a file for each split; else None."""
    import numpy

    if all(one.part is None for one in given):
        return None
    return numpy.repeat([one.part or 0 for one in given], counts)


def combine(given: Sequence[Given], tables: Sequence[Table], context: Context) -> Table | None:
    """One table of those of several files, below each other; None with the reason in the report."""
    import numpy

    whole = Table({}, sum(table.rows for table in tables), parts=parts_of(given, [table.rows for table in tables]))
    names = [shown_name(one.file, context) for one in given]
    whole.unusable = {key: why for table in tables for key, why in table.unusable.items()}
    whole.unusable |= not_in_all([(name, list(table.columns)) for name, table in zip(names, tables, strict=True)])
    for column in tables[0].columns:
        if column in whole.unusable:
            continue
        pieces: list[Column] = []
        for one, name, table in zip(given, names, tables, strict=True):
            piece = table.columns[column]
            if pieces and (piece.values.shape[1:] != pieces[0].values.shape[1:] or not _alike(piece, pieces[0])):
                context.error(
                    codes.MALFORMED_DATA_FILE,
                    f"`{column}` holds {_shown(piece)} in `{name}`, and {_shown(pieces[0])} in `{names[0]}`",
                    one.path,
                )
                return None
            pieces.append(piece)
        whole.columns[column] = pieces[0] if len(pieces) == 1 else _joined(pieces)
    starts = numpy.cumsum([0, *(table.rows for table in tables)]).tolist()
    for number, (one, name) in enumerate(zip(given, names, strict=True)):
        whole.files.append(FileRows(name, starts[number], starts[number + 1]))
        whole.fingerprints[name] = fingerprint(one.file)
    return whole


def not_in_all(files: Sequence[tuple[str, Sequence[str]]]) -> dict[str, str]:
    """Columns that some file lacks, with the file.

    Args:
        files: Each file's name and columns.
    """
    known = dict.fromkeys(column for _, columns in files for column in columns)
    absent = {}
    for name, columns in files:
        own = set(columns)
        absent.update({column: f"`{name}` does not have it" for column in known if column not in own})
    return absent


def _alike(a: Column, b: Column) -> bool:
    return a.kind == b.kind or (a.kind in NUMERIC and b.kind in NUMERIC)


def _shown(column: Column) -> str:
    shape = list(column.values.shape[1:])
    return f"arrays of the shape {shape}" if shape else column.kind


def _joined(pieces: Sequence[Column]) -> Column:
    import numpy

    kinds = {piece.kind for piece in pieces}
    kind = pieces[0].kind if len(kinds) == 1 else "float" if "float" in kinds else "integer"
    values = numpy.concatenate([piece.values for piece in pieces])
    return Column(pieces[0].name, kind, values, numpy.concatenate([piece.missing for piece in pieces]))


def opened(file: Path) -> BinaryIO:
    """A file's bytes, unpacked where it is gzip."""
    import gzip

    return gzip.open(file, "rb") if file.suffix == ".gz" else file.open("rb")  # type: ignore[return-value]


def first_lines(file: Path, size: int = 65536) -> bytes:
    """The beginning of a file, unpacked where it is gzip."""
    with opened(file) as stream:
        return stream.read(size)


DELIMITERS = (",", ";", "\t", "|")


def likely_delimiter(file: Path) -> str:
    """The delimiter that occurs most often in the first line of a table."""
    try:
        lines = first_lines(file).decode("utf-8", errors="replace").splitlines()
    except (OSError, EOFError):
        return DELIMITERS[0]
    counts = {delimiter: lines[0].count(delimiter) if lines else 0 for delimiter in DELIMITERS}
    return max(DELIMITERS, key=counts.__getitem__)


def blocks(file: Path, size: int = 1 << 20) -> Iterator[bytes]:
    """A file's bytes in pieces, unpacked where it is gzip."""
    with opened(file) as stream:
        while block := stream.read(size):
            yield block
