"""Vocabularies that layers have learned: which words are theirs, and long ones in files of their own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

SHORT = 20
"""Words that stand in the spec itself."""


class Learned(NamedTuple):
    """What a layer has learned.

    Args:
        words: With those that stand for masked and unknown words.
        weights: Of a layer that weighs words (`output_mode: tf_idf`), the weight of each.
    """

    words: Sequence[Any]
    weights: Sequence[float] | None = None

    def arguments(self, config: Mapping[str, Any]) -> dict[str, Any]:
        """As arguments of the layer."""
        own = own_words(self.words, config)
        if self.weights is None:
            return {"vocabulary": own}
        start = len(self.words) - len(own)
        return {"vocabulary": own, "idf_weights": list(self.weights[start : start + len(own)])}


def own_words(words: Sequence[Any], config: Mapping[str, Any]) -> list[Any]:
    """A vocabulary without what stands for masked and unknown words, which the layer adds itself.

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


def as_written(weights: Any) -> list[float]:
    """The numbers of an array of NumPy's, as short as they can be written to become the same again."""
    return [float(str(weight)) for weight in weights]


def with_files(value: Any, files: dict[str, list[str]], stem: str) -> Any:
    """Values with their long vocabularies as files' names; those come to `files`.

    A word that a line cannot hold as it is stays in the spec, with all of its vocabulary, and so do words with weights,
    which Keras wants beside each other.
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
