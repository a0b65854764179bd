"""Gives an Embedding its initial vectors, read from a file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from kspec.archive.vectors import InvalidVectors, read_vectors
from kspec.diagnostics import Report, codes
from kspec.ir import Node
from kspec.language import Spec


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
    layer, path = layers[node.name], spec.folder / file
    rows = np.array(keras.ops.convert_to_numpy(layer.embeddings))
    try:
        if vocabulary is None:
            matrix = _matrix(path, rows)
            note = f"{len(matrix):,} vectors from {path.name}"
        else:
            words = [str(word) for word in layers[vocabulary].get_vocabulary()]
            own = len(layers[vocabulary].get_vocabulary(include_special_tokens=False))
            matrix, found = _of_words(path, words, rows)
            note = f"{found:,} of {own:,} words found in {path.name}"
    except InvalidVectors as error:
        report.error(codes.MISMATCHED_VECTORS, str(error), spec.positions.value((*node.path, "weights", "file")))
        return []
    layer.embeddings.assign(matrix)
    return [f"{node.name}: {note}"]


def _matrix(path: Path, rows: Any) -> Any:
    """A matrix of the shape and dtype of the Embedding's."""
    try:
        matrix = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise InvalidVectors(f"`{path.name}` cannot be read: {error}") from error
    if matrix.shape != rows.shape:
        raise InvalidVectors(f"`{path.name}` has the shape {matrix.shape}, and the Embedding has {rows.shape}")
    return matrix.astype(rows.dtype)


def _of_words(path: Path, words: list[str], rows: Any) -> tuple[Any, int]:
    """The Embedding's matrix with the vectors of words in their rows, and how many words the file holds.

    Args:
        path: The file.
        words: By index, the vocabulary.
        rows: The Embedding's matrix, shape (indices, length).
    """
    try:
        vectors = read_vectors(path, words)
    except InvalidVectors as error:
        raise InvalidVectors(f"`{path.name}`: {error}") from error
    for index, word in enumerate(words[: len(rows)]):
        if word not in vectors:
            continue
        if len(vectors[word]) != rows.shape[1]:
            raise InvalidVectors(f"the vectors of `{path.name}` have {len(vectors[word])} numbers, not {rows.shape[1]}")
        rows[index] = vectors[word]
    return rows, len(vectors)
