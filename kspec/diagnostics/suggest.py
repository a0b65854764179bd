"""What the user may have meant."""

from __future__ import annotations

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


def did_you_mean(word: str, candidates: Iterable[str]) -> str:
    """A label for the underline: "did you mean `x`?", or nothing."""
    match = nearest(word, candidates)
    return f"did you mean `{match}`?" if match else ""
