"""Files of word vectors: GloVe and word2vec texts, and NumPy matrices."""

from __future__ import annotations

import gzip
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import TextIO

from kspec.syntax.numpy_files import InvalidArray, read_header

SUFFIXES = (".txt", ".vec", ".npy", ".txt.gz", ".vec.gz")
_SHOWN = 40


class InvalidVectors(ValueError):
    """A file that holds no vectors; the message, which begins with the fault, is for the user."""


def shape_of_vectors(path: Path) -> tuple[int | None, int]:
    """The number of rows, None for a text, and the length of each vector; read without NumPy.

    Raises:
        InvalidVectors: If the file holds no vectors.
    """
    if path.suffix == ".npy":
        return _shape_of_matrix(path)
    for _, vector in _lines(path):
        return None, len(vector)
    raise InvalidVectors("it holds no vectors")


def read_vectors(path: Path, words: Collection[str]) -> dict[str, list[float]]:
    """The vectors of some words; of two lines with one word, the first counts.

    Args:
        path: A text with a word and its vector in each line.
        words: The words; others are skipped.

    Raises:
        InvalidVectors: If a line of one of the words is malformed.
    """
    wanted, vectors, length = set(words), {}, 0
    for number, (word, vector) in enumerate(_lines(path), 1):
        length = length or len(vector)
        if word not in wanted or word in vectors:
            continue
        try:
            vectors[word] = [float(value) for value in vector]
        except ValueError as error:
            raise InvalidVectors(f"the vector of `{word[:_SHOWN]}` holds `{_not_a_number(vector)[:_SHOWN]}`") from error
        if len(vector) != length:
            raise InvalidVectors(f"vector {number:,}, of `{word[:_SHOWN]}`, has {len(vector)} numbers, not {length}")
    return vectors


def _lines(path: Path) -> Iterator[tuple[str, list[str]]]:
    """Each word with the numbers after it. Words may hold spaces; the first line may count words and dimensions."""
    try:
        with _opened(path) as file:
            length = 0
            for line in file:
                parts = line.rstrip().split(" ")
                if not length and len(parts) == 2 and all(part.isdigit() for part in parts):
                    length = int(parts[1])
                    continue
                length = length or len(parts) - 1
                if length < 1:
                    raise InvalidVectors(f"its first line has no vector: `{line.strip()[:_SHOWN]}`")
                start = max(len(parts) - length, 1)
                yield " ".join(parts[:start]), parts[start:]
    except (OSError, UnicodeDecodeError, EOFError) as error:
        raise InvalidVectors(f"it cannot be read: {error}") from error


def _opened(path: Path) -> TextIO:
    if path.suffix == ".gz":
        return gzip.open(path, "rt", encoding="utf-8", newline="\n")
    return path.open(encoding="utf-8", newline="\n")


def _not_a_number(vector: list[str]) -> str:
    for value in vector:
        try:
            float(value)
        except ValueError:
            return value
    return ""


def _shape_of_matrix(path: Path) -> tuple[int, int]:
    """The shape in the header of a `.npy` file."""
    try:
        with path.open("rb") as file:
            dtype, _, shape = read_header(file)
    except (OSError, InvalidArray) as error:
        raise InvalidVectors(str(error)) from error
    if len(shape) != 2 or dtype[1:2] not in ("f", "i", "u"):
        raise InvalidVectors("it holds no matrix of numbers")
    return shape[0], shape[1]
