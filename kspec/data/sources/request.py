"""What a source is told, and the files that it is given."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from kspec.data.context import Context
from kspec.data.table import PART_NAMES
from kspec.data.types import InputSpec, OutputSpec
from kspec.diagnostics import Path as SpecPath


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


def first_lines(file: Path, size: int = 65536) -> bytes:
    """The beginning of a file, unpacked where it is gzip."""
    import gzip

    with gzip.open(file, "rb") if file.suffix == ".gz" else file.open("rb") as stream:
        return stream.read(size)


def blocks(file: Path, size: int = 1 << 20) -> Iterator[bytes]:
    """A file's bytes, unpacked where it is gzip."""
    import gzip

    with gzip.open(file, "rb") if file.suffix == ".gz" else file.open("rb") as stream:
        while block := stream.read(size):
            yield block
