"""Suggestions for misspelt words."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import islice

from kspec.diagnostics.budget import may_suggest

HABITS = {
    "lr": "learning_rate",
    "alpha": "negative_slope",
    "eps": "epsilon",
    "p": "rate",
    "out_features": "units",
    "hidden_size": "units",
    "out_channels": "filters",
    "nb_epoch": "epochs",
    "num_epochs": "epochs",
    "acc": "accuracy",
    "val_acc": "val_accuracy",
    "val": "validation",
    "dataset": "data",
    "variables": "vars",
    "features": "inputs",
    "input": "from",
    "sep": "delimiter",
    "rows": "examples",
    "BatchNorm": "BatchNormalization",
    "Linear": "Dense",
    "LayerNorm": "LayerNormalization",
    "MaxPool2d": "MaxPooling2D",
    "AvgPool2d": "AveragePooling2D",
    "reduce_mean": "mean",
    "reduce_sum": "sum",
    "reduce_max": "max",
    "reduce_min": "min",
    "reduce_prod": "prod",
    "reduce_all": "all",
    "reduce_any": "any",
    "reduce_std": "std",
    "reduce_variance": "var",
    "reduce_logsumexp": "logsumexp",
    "concat": "concatenate",
    "cat": "concatenate",
    "permute": "transpose",
    "unsqueeze": "expand_dims",
    "gather": "take",
    "pow": "power",
    "mul": "multiply",
    "sub": "subtract",
    "div": "divide",
    "range": "arange",
    "constant": "array",
    "clip_by_value": "clip",
}
"""Words that users know from an older Keras or another framework → the name here, suggested where it is available."""

_LONGEST = 100
"""The longest word that gets a suggestion, in characters; the comparison is quadratic in it."""
_MANY = 500
"""The most candidates that a word is compared with in detail."""
_MARGIN = 0.05
"""How much more similar the best candidate must be than the second, for an edit to be offered."""


def nearest(word: str, candidates: Iterable[str]) -> str | None:
    """The candidate most similar to a word; None if none is similar. Of two spellings, the one in the word's case wins.

    >>> nearest("hiden1", ["visible", "hidden1", "hidden2"])
    'hidden1'
    """
    similar = _similar(word, candidates)
    return similar[0] if similar else None


def _similar(word: str, candidates: Iterable[str]) -> list[str]:
    """The candidates that are similar to a word, the most similar first."""
    from difflib import get_close_matches

    candidates = list(candidates)
    if HABITS.get(word) in candidates:
        return [HABITS[word]]
    candidates = _plausible(word, candidates)
    folded: dict[str, str] = {}
    for candidate in sorted(candidates, key=lambda name: name[:1].isupper() != word[:1].isupper()):
        folded.setdefault(_folded(candidate), candidate)
    return [folded[match] for match in get_close_matches(_folded(word), folded, n=3, cutoff=0.7)]


def _plausible(word: str, candidates: list[str]) -> list[str]:
    """The candidates worth comparing in detail: of many, those of about the word's length and its first letter."""
    short = [name for name in candidates if len(name) <= _LONGEST] if len(word) <= _LONGEST else []
    if len(short) <= _MANY:
        return short
    near = [name for name in short if abs(len(name) - len(word)) <= 2]
    return sorted(near, key=lambda name: name[:1] != word[:1])[:_MANY]


def _folded(word: str) -> str:
    return word.lower().replace("_", "")


def _is_ambiguous(word: str, similar: Sequence[str]) -> bool:
    """Whether a word is about as similar to the second candidate as to the first.

    >>> _is_ambiguous("float", ["float64", "float32"]), _is_ambiguous("flaot32", ["float32", "float64"])
    (True, False)
    """
    from difflib import SequenceMatcher

    if len(similar) < 2 or _folded(word) == _folded(similar[0]):
        return False
    first, second = (SequenceMatcher(None, _folded(word), _folded(candidate)).ratio() for candidate in similar[:2])
    return first - second < _MARGIN or all(_folded(word) in _folded(candidate) for candidate in similar[:2])


class Suggestion(str):
    """The label "did you mean `x`?", with the misspelt word and its replacement.

    Passed as a label, it makes a report add the edit that replaces the word.
    """

    __slots__ = ("replacement", "word")

    word: str
    replacement: str

    def __new__(cls, word: str, replacement: str) -> Suggestion:
        label = super().__new__(cls, f"did you mean `{replacement}`?")
        label.word, label.replacement = word, replacement
        return label


def did_you_mean(word: str, candidates: Iterable[str]) -> str:
    """A label such as "did you mean `x`?"; empty if nothing is similar, without an edit if two candidates are.

    Of a compilation's misspelt words, the first ones get a label; see `kspec.diagnostics.budget`.
    """
    similar = _similar(word, candidates) if may_suggest() else []
    if len(similar) > 1 and _is_ambiguous(word, similar):
        return f"did you mean `{similar[0]}` or `{similar[1]}`?"
    return Suggestion(word, similar[0]) if similar else ""


def available(noun: str, names: Iterable[str]) -> str:
    """The help "available nouns: a, b", which lists the first names; empty if there are none.

    >>> available("blocks", ["stem", "head"])
    'available blocks: stem, head'
    """
    shown = list(islice(names, _SHOWN + 1))
    more = " …" if len(shown) > _SHOWN else ""
    return f"available {noun}: {', '.join(shown[:_SHOWN])}{more}" if shown else ""


_SHOWN = 20
"""How many names a help lists."""

_PLAIN = re.compile(r"[^\W\d](?:[\w.-]| (?=[\w.-]))*")
_CONSTANTS = frozenset({"null", "true", "false"})


def replace_word(text: str, word: str, replacement: str) -> str | None:
    """YAML text with a word replaced, quoted as needed; None if the text is more than that word.

    Args:
        text: The word as the spec has it, perhaps in quotes.
        word: The word itself.
        replacement: What to write instead.

    >>> replace_word("'unts'", "unts", "units"), replace_word("unts", "unts", "a: b"), replace_word("$n", "unts", "n")
    ("'units'", '"a: b"', None)
    """
    quote = text[:1] if text[:1] in ("'", '"') else ""
    if text != f"{quote}{word}{quote}":
        return None
    if _PLAIN.fullmatch(replacement) and (quote or replacement.lower() not in _CONSTANTS):
        return f"{quote}{replacement}{quote}"
    from json import dumps

    return dumps(replacement, ensure_ascii=False)
