"""How far predicted lists are from the actual ones."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple


class ListScores(NamedTuple):
    """The scores of predicted lists.

    Args:
        whole: The share of examples whose list is right in all.
        items: The share of right items, where both lists have the same positions; NaN where they do not.
        error_rate: Insertions, deletions and substitutions that make the predictions right, for each actual item.
    """

    whole: float
    items: float
    error_rate: float


def list_scores(
    actual: Sequence[Sequence[str]], predicted: Sequence[Sequence[str]], *, by_position: bool
) -> ListScores:
    """The scores of predicted lists.

    Args:
        actual: The items of each list, at least one list.
        predicted: Likewise.
        by_position: Whether the items of both stand for the same positions.
    """
    pairs = list(zip(actual, predicted, strict=True))
    total = sum(map(len, actual))
    right = sum(a == p for own, other in pairs for a, p in zip(own, other, strict=False))
    edits = sum(edit_distance(own, other) for own, other in pairs)
    whole = sum(list(own) == list(other) for own, other in pairs) / len(pairs)
    return ListScores(whole, right / total if by_position and total else float("nan"), edits / max(1, total))


def edit_distance(one: Sequence[str], other: Sequence[str]) -> int:
    """The fewest insertions, deletions and substitutions that turn one list into the other.

    >>> edit_distance("kitten", "sitting")
    3
    """
    row = list(range(len(other) + 1))
    for at, item in enumerate(one, 1):
        before, row[0] = row[0], at
        for place, mine in enumerate(other, 1):
            before, row[place] = row[place], min(row[place] + 1, row[place - 1] + 1, before + (item != mine))
    return row[-1]
