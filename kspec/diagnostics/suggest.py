"""What the user may have meant."""

from __future__ import annotations

import re
from collections.abc import Iterable


def nearest(word: str, candidates: Iterable[str]) -> str | None:
    """The candidate most like `word`, or None when none is like it; of two spellings, the one in the word's case.

    >>> nearest("hiden1", ["visible", "hidden1", "hidden2"])
    'hidden1'
    """
    from difflib import get_close_matches

    folded: dict[str, str] = {}
    for candidate in sorted(candidates, key=lambda name: name[:1].isupper() != word[:1].isupper()):
        folded.setdefault(candidate.lower().replace("_", ""), candidate)
    matches = get_close_matches(word.lower().replace("_", ""), folded, n=1, cutoff=0.7)
    return folded[matches[0]] if matches else None


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
    """A label for the underline: "did you mean `x`?", or nothing."""
    match = nearest(word, candidates)
    return Suggestion(word, match) if match else ""


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
