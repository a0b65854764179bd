"""Gives an Embedding its initial vectors, read from a file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePath
from typing import Any, BinaryIO

import numpy as np

from kspec.archive.vectors import InvalidVectors, read_vectors
from kspec.diagnostics import Report, codes
from kspec.ir import Node
from kspec.language import Spec
from kspec.syntax.numpy_files import read_header
from kspec.syntax.path_policy import PathProblem


def load_vectors(spec: Spec, node: Node, layers: Mapping[str, Any], report: Report) -> list[str]:
    """Sets the rows of a built Embedding; words that the file lacks keep what the initializer gave them.

    Args:
        spec: The spec, which has checked the file.
        node: The node of the Embedding.
        layers: By node, the Keras layers.
        report: Receives a file that does not fit.

    Returns:
        A line for the user: how many rows were set; none after an error.
    """
    import keras

    assert node.vectors is not None
    file, vocabulary = node.vectors
    layer, name = layers[node.name], PurePath(file).name
    place = spec.positions.value((*node.path, "weights", "file"))
    rows = np.array(keras.ops.convert_to_numpy(layer.embeddings))
    try:
        with spec.paths.open(file) as stream:
            if vocabulary is None:
                matrix = _matrix(stream, name, rows)
                note = f"{len(matrix):,} vectors from {name}"
            else:
                words = [str(word) for word in layers[vocabulary].get_vocabulary()]
                own = len(layers[vocabulary].get_vocabulary(include_special_tokens=False))
                matrix, found = _of_words(stream, name, words, rows)
                note = f"{found:,} of {own:,} words found in {name}"
    except InvalidVectors as error:
        report.error(codes.MISMATCHED_VECTORS, str(error), place)
        return []
    except OSError as error:
        PathProblem.of(error, file).report(report, place)
        return []
    layer.embeddings.assign(matrix)
    return [f"{node.name}: {note}"]


def _matrix(file: BinaryIO, name: str, rows: Any) -> Any:
    """A matrix of the shape and dtype of the Embedding's.

    Args:
        file: The open file.
        name: Its name.
        rows: The Embedding's matrix, shape (indices, length).
    """
    try:
        _, _, shape = read_header(file)
        if shape != rows.shape:  # seen before memory is taken for it
            raise InvalidVectors(f"`{name}` has the shape {shape}, and the Embedding has {rows.shape}")
        file.seek(0)
        return np.load(file, allow_pickle=False).astype(rows.dtype)
    except (OSError, ValueError, EOFError) as error:
        if isinstance(error, InvalidVectors):
            raise
        raise InvalidVectors(f"`{name}` cannot be read: {error}") from error


def _of_words(file: BinaryIO, name: str, words: list[str], rows: Any) -> tuple[Any, int]:
    """The Embedding's matrix with the vectors of words in their rows, and how many words the file holds.

    Args:
        file: The open file.
        name: Its name.
        words: By index, the vocabulary.
        rows: The Embedding's matrix, shape (indices, length).
    """
    try:
        vectors = read_vectors(file, name, words)
    except InvalidVectors as error:
        raise InvalidVectors(f"`{name}`: {error}") from error
    for index, word in enumerate(words[: len(rows)]):
        if word not in vectors:
            continue
        if len(vectors[word]) != rows.shape[1]:
            raise InvalidVectors(f"the vectors of `{name}` have {len(vectors[word])} numbers, not {rows.shape[1]}")
        rows[index] = vectors[word]
    return rows, len(vectors)
