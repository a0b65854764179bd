"""Vocabularies that layers have learned: which words are theirs, and long ones in files of their own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

SHORT = 20
"""Words that stand in the spec itself."""


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


def with_files(value: Any, files: dict[str, list[str]], stem: str) -> Any:
    """Values with their long vocabularies as files' names; those come to `files`.

    A word that a line cannot hold as it is stays in the spec, with all of its vocabulary.
    """
    if isinstance(value, list):
        return [with_files(item, files, stem) for item in value]
    if not isinstance(value, dict):
        return value
    found = {}
    for key, item in value.items():
        if key == "vocabulary" and isinstance(item, list) and len(item) > SHORT and all(map(_fits_a_line, item)):
            found[key] = _file_of([str(word) for word in item], files, stem)
        else:
            found[key] = with_files(item, files, stem)
    return found


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
