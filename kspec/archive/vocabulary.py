"""Vocabularies that layers have adapted: their words without special ones, and files for long vocabularies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

SHORT = 20
"""The longest vocabulary that is part of the spec itself."""


class LearnedVocabulary(NamedTuple):
    """The vocabulary that a layer has adapted.

    Args:
        words: The words, including those for masked and unknown words.
        weights: The weight of each word, for a layer with `output_mode: tf_idf`.
    """

    words: Sequence[Any]
    weights: Sequence[float] | None = None

    def arguments(self, config: Mapping[str, Any]) -> dict[str, Any]:
        """The arguments of the layer."""
        own = own_words(self.words, config)
        if self.weights is None:
            return {"vocabulary": own}
        start = len(self.words) - len(own)
        return {"vocabulary": own, "idf_weights": list(self.weights[start : start + len(own)])}


def own_words(words: Sequence[Any], config: Mapping[str, Any]) -> list[Any]:
    """A vocabulary without the words for masked and unknown words, which the layer adds itself.

    >>> own_words(["", "[UNK]", "a"], {}), own_words(["-1", "6"], {"oov_token": -1, "vocabulary_dtype": "int64"})
    (['a'], [6])
    """
    is_text = not str(config.get("vocabulary_dtype", "string")).startswith("int") and not isinstance(
        config.get("oov_token"), int
    )
    found = list(words) if is_text else [int(word) for word in words]
    special = {config.get("mask_token"), config.get("oov_token", "[UNK]"), "" if is_text else None}
    most = 1 + int(config.get("num_oov_indices", 1))
    start = 0
    while start < min(most, len(found)) and found[start] in special:
        start += 1
    return found[start:]


def shortest_floats(weights: Any) -> list[float]:
    """The numbers of a NumPy array, as the shortest floats that round to the same values."""
    return [float(str(weight)) for weight in weights]


def with_files(value: Any, files: dict[str, list[str]], stem: str) -> Any:
    """Move long vocabularies into files.

    A vocabulary stays in the spec if a word does not fit on a line, or if its words have weights, which Keras takes
    only together.

    Args:
        value: Plain values of a spec.
        files: Receives the words of each new file.
        stem: The start of the file names.

    Returns:
        The values with file names in place of long vocabularies.
    """
    if isinstance(value, list):
        return [with_files(item, files, stem) for item in value]
    if not isinstance(value, dict):
        return value
    found = {}
    for key, item in value.items():
        if key == "vocabulary" and isinstance(item, list) and _is_long(item) and "idf_weights" not in value:
            found[key] = _file_of([str(word) for word in item], files, stem)
        else:
            found[key] = with_files(item, files, stem)
    return found


def _is_long(words: list[Any]) -> bool:
    return len(words) > SHORT and all(map(_fits_a_line, words))


def _fits_a_line(word: Any) -> bool:
    text = str(word)
    return bool(text) and text == text.strip() and text.splitlines() == [text]


def _file_of(words: list[str], files: dict[str, list[str]], stem: str) -> str:
    name, count = f"{stem}.vocabulary.txt", 1
    while name in files and files[name] != words:
        count += 1
        name = f"{stem}.vocabulary_{count}.txt"
    files[name] = words
    return name
