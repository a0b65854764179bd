"""Files of word vectors: GloVe and word2vec texts, and NumPy matrices."""

from __future__ import annotations

import io
import zlib
from collections.abc import Collection, Iterator
from typing import BinaryIO

from kspec.syntax.gzip_stream import unpacked
from kspec.syntax.numpy_files import InvalidArray, read_header

SUFFIXES = (".txt", ".vec", ".npy", ".txt.gz", ".vec.gz")
MAX_LINE = 1 << 20
"""The longest line, in characters; a vector of 10,000 numbers takes a tenth of it."""
_SHOWN = 40


class InvalidVectors(ValueError):
    """A file that holds no vectors; the message, which begins with the fault, is for the user."""


def shape_of_vectors(file: BinaryIO, name: str) -> tuple[int | None, int]:
    """The number of rows, None for a text, and the length of each vector; read without NumPy.

    Args:
        file: The open file.
        name: Its name, whose ending tells what it is.

    Raises:
        InvalidVectors: If the file holds no vectors.
    """
    if name.endswith(".npy"):
        return _shape_of_matrix(file)
    for _, vector in _lines(file, name):
        return None, len(vector)
    raise InvalidVectors("it holds no vectors")


def read_vectors(file: BinaryIO, name: str, words: Collection[str]) -> dict[str, list[float]]:
    """The vectors of some words; of two lines with one word, the first counts.

    Args:
        file: An open text with a word and its vector in each line.
        name: Its name, whose ending tells whether it is packed.
        words: The words; others are skipped.

    Raises:
        InvalidVectors: If a line of one of the words is malformed.
    """
    wanted, vectors, length = set(words), {}, 0
    for number, (word, vector) in enumerate(_lines(file, name), 1):
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


def _lines(file: BinaryIO, name: str) -> Iterator[tuple[str, list[str]]]:
    """Each word with the numbers after it. Words may hold spaces; the first line may count words and dimensions."""
    try:
        with io.TextIOWrapper(unpacked(file) if name.endswith(".gz") else file, "utf-8", newline="\n") as text:
            length = 0
            for line in iter(lambda: text.readline(MAX_LINE), ""):
                if len(line) >= MAX_LINE:
                    raise InvalidVectors(f"a line is longer than {MAX_LINE:,} characters")
                parts = line.rstrip().split(" ")
                if not length and len(parts) == 2 and all(part.isdigit() for part in parts):
                    length = int(parts[1])
                    continue
                length = length or len(parts) - 1
                if length < 1:
                    raise InvalidVectors(f"its first line has no vector: `{line.strip()[:_SHOWN]}`")
                start = max(len(parts) - length, 1)
                yield " ".join(parts[:start]), parts[start:]
    except (OSError, UnicodeDecodeError, EOFError, zlib.error) as error:
        raise InvalidVectors(f"it cannot be read: {error}") from error


def _not_a_number(vector: list[str]) -> str:
    for value in vector:
        try:
            float(value)
        except ValueError:
            return value
    return ""


def _shape_of_matrix(file: BinaryIO) -> tuple[int, int]:
    """The shape in the header of a `.npy` file."""
    try:
        dtype, _, shape = read_header(file)
    except (OSError, InvalidArray) as error:
        raise InvalidVectors(str(error)) from error
    if len(shape) != 2 or dtype[1:2] not in ("f", "i", "u"):
        raise InvalidVectors("it holds no matrix of numbers")
    return shape[0], shape[1]
