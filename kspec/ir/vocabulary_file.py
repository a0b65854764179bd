"""Vocabularies that stand in a file, with an entry on each line: `vocabulary: words.txt`."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import BinaryIO

from kspec.language import Spec
from kspec.syntax.path_policy import PathPolicy

MAX_BYTES = 100_000_000
"""Of larger files the entries are not counted."""


class VocabularyFile(str):
    """The path of a vocabulary in a spec, with what its file holds.

    Args:
        path: The path in the spec.
        entries: The number of its entries; None if it is not known.
        problem: What is wrong with the file, as the predicate of a sentence; empty if nothing is.
    """

    entries: int | None
    problem: str

    @classmethod
    def read(cls, path: str, spec: Spec) -> VocabularyFile:
        """Reads the file if the spec may and it exists; what is missing is reported with the arguments."""
        vocabulary = cls(path)
        vocabulary.entries, vocabulary.problem = None, ""
        if spec.paths.file_problem(path) is None:
            file = spec.folder / path
            status = file.stat()
            if status.st_size <= MAX_BYTES:
                key = (str(file), status.st_mtime_ns, status.st_size)
                vocabulary.entries, vocabulary.problem = _read(path, spec.paths, *key)
        return vocabulary


@lru_cache(maxsize=32)
def _read(path: str, policy: PathPolicy, *_state: object) -> tuple[int | None, str]:
    """The number of entries of a file, or what is wrong with it, as TensorFlow reads it."""
    try:
        with policy.open(path) as file:
            data = file.read(MAX_BYTES + 1)
    except OSError:
        return None, ""
    if len(data) > MAX_BYTES:
        return None, ""
    entries = _lines(data)
    if not entries:
        return None, "is empty"
    first: dict[bytes, int] = {}
    for number, entry in enumerate(entries, 1):
        if not entry:
            return None, f"has an empty line {number}"
        if first.setdefault(entry, number) != number:
            text = entry[:40].decode("utf-8", "replace")
            return None, f"has `{text}` twice, on lines {first[entry]} and {number}"
    return len(entries), ""


def _lines(data: bytes) -> list[bytes]:
    """The lines of a file as TensorFlow splits them."""
    lines = data.split(b"\n")
    return [line.removesuffix(b"\r") for line in (lines[:-1] if lines[-1] == b"" else lines)]


def vocabulary_entries(path: str, opener: Callable[[str], BinaryIO]) -> list[bytes]:
    """The entries of a vocabulary, as bytes of UTF-8.

    Args:
        path: The path in the spec.
        opener: Opens it.

    Raises:
        OSError: If it cannot be opened.
    """
    with opener(path) as file:
        return _lines(file.read())
