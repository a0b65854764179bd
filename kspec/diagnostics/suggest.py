"""What the user may have meant."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

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
}
"""What people write out of habit (an older Keras, another framework), and its name here, where there is such a one."""

_MARGIN = 0.05
"""By how much a misspelt word is more like the one that was meant than like any other."""


def nearest(word: str, candidates: Iterable[str]) -> str | None:
    """The candidate most like `word`, or None when none is like it; of two spellings, the one in the word's case.

    >>> nearest("hiden1", ["visible", "hidden1", "hidden2"])
    'hidden1'
    """
    found = _like(word, candidates)
    return found[0] if found else None


def _like(word: str, candidates: Iterable[str]) -> list[str]:
    """The candidates that are like a word, the most like first."""
    from difflib import get_close_matches

    candidates = list(candidates)
    if HABITS.get(word) in candidates:
        return [HABITS[word]]
    folded: dict[str, str] = {}
    for candidate in sorted(candidates, key=lambda name: name[:1].isupper() != word[:1].isupper()):
        folded.setdefault(_folded(candidate), candidate)
    return [folded[match] for match in get_close_matches(_folded(word), folded, n=3, cutoff=0.7)]


def _folded(word: str) -> str:
    return word.lower().replace("_", "")


def _is_guess(word: str, like: Sequence[str]) -> bool:
    """Whether a word is as near to the second of two candidates, so that only its author knows which was meant.

    >>> _is_guess("float", ["float64", "float32"]), _is_guess("flaot32", ["float32", "float64"])
    (True, False)
    """
    from difflib import SequenceMatcher

    if len(like) < 2 or _folded(word) == _folded(like[0]):
        return False
    one, other = (SequenceMatcher(None, _folded(word), _folded(candidate)).ratio() for candidate in like[:2])
    return one - other < _MARGIN or all(_folded(word) in _folded(candidate) for candidate in like[:2])


class Suggestion(str):
    """The label "did you mean `x`?", with the word it is about and the one that may have been meant.

    A report that is given one as a label adds the edit that replaces the word, where the span is the word itself.
    """

    __slots__ = ("meant", "word")

    word: str
    meant: str

    def __new__(cls, word: str, meant: str) -> Suggestion:
        label = super().__new__(cls, f"did you mean `{meant}`?")
        label.word, label.meant = word, meant
        return label


def did_you_mean(word: str, candidates: Iterable[str]) -> str:
    """A label for the underline: "did you mean `x`?", or nothing; plain text, without an edit, for a mere guess."""
    like = _like(word, candidates)
    if len(like) > 1 and _is_guess(word, like):
        return f"did you mean `{like[0]}` or `{like[1]}`?"
    return Suggestion(word, like[0]) if like else ""


_PLAIN = re.compile(r"[^\W\d](?:[\w.-]| (?=[\w.-]))*")
_NO_TEXT = frozenset({"null", "true", "false"})


def rewritten(written: str, word: str, meant: str) -> str | None:
    """How `meant` is written in place of `word`; None where what is written is not that word alone.

    >>> rewritten("'unts'", "unts", "units"), rewritten("unts", "unts", "a: b"), rewritten("$n", "unts", "units")
    ("'units'", '"a: b"', None)
    """
    quote = written[:1] if written[:1] in ("'", '"') else ""
    if written != f"{quote}{word}{quote}":
        return None
    if _PLAIN.fullmatch(meant) and (quote or meant.lower() not in _NO_TEXT):
        return f"{quote}{meant}{quote}"
    from json import dumps

    return dumps(meant, ensure_ascii=False)
