"""Aligns two sequences: which items stand for each other, in a time that hardly grows faster than their lengths."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from itertools import pairwise
from typing import NamedTuple

MAX_PAIRS = 4_000_000
"""How many pairs of items are compared at most; longer sequences are aligned at the items that occur once in each."""
MAX_PAIRS_BETWEEN = 100_000
"""The same between two such items."""


class Block(NamedTuple):
    """Items of one sequence, and those of the other in their place.

    Args:
        is_equal: Whether they are equal, each to each.
        before: The items of the first sequence.
        after: The items of the second.
    """

    is_equal: bool
    before: slice
    after: slice


def align(before: Sequence[str], after: Sequence[str]) -> Iterator[Block]:
    """Two sequences as blocks, equal ones and others in turns.

    >>> [(block.is_equal, "abxd"[block.before], "abcd"[block.after]) for block in align("abxd", "abcd")]
    [(True, 'ab', 'ab'), (False, 'x', 'c'), (True, 'd', 'd')]
    """
    i = k = 0
    for start, other, size in [*_matches(before, after, MAX_PAIRS), (len(before), len(after), 0)]:
        if i < start or k < other:
            yield Block(False, slice(i, start), slice(k, other))
        if size:
            yield Block(True, slice(start, start + size), slice(other, other + size))
        i, k = start + size, other + size


def _matches(before: Sequence[str], after: Sequence[str], pairs: int) -> Iterator[tuple[int, int, int]]:
    """Equal runs, in order: where each begins in both sequences, and its length.

    Args:
        before: The first sequence.
        after: The second.
        pairs: How many pairs may be compared.
    """
    shorter = min(len(before), len(after))
    first = next((n for n in range(shorter) if before[n] != after[n]), shorter)
    last = next((n for n in range(shorter - first) if before[-1 - n] != after[-1 - n]), shorter - first)
    if first:
        yield 0, 0, first
    inner, other = before[first : len(before) - last], after[first : len(after) - last]
    if len(inner) * len(other) <= pairs:
        found = SequenceMatcher(None, inner, other, autojunk=False).get_matching_blocks()[:-1]
        yield from ((first + i, first + k, size) for i, k, size in found)
    elif pairs > MAX_PAIRS_BETWEEN:
        for (i, k), (j, m) in pairwise([(-1, -1), *_anchors(inner, other), (len(inner), len(other))]):
            for start, start_after, size in _matches(inner[i + 1 : j], other[k + 1 : m], MAX_PAIRS_BETWEEN):
                yield first + i + 1 + start, first + k + 1 + start_after, size
            if j < len(inner):
                yield first + j, first + m, 1
    if last:
        yield len(before) - last, len(after) - last, last


def _anchors(before: Sequence[str], after: Sequence[str]) -> list[tuple[int, int]]:
    """The most items that occur once in each sequence and in the same order, by their places (a patience diff)."""
    counts, others = Counter(before), Counter(after)
    places = {item: k for k, item in enumerate(after) if others[item] == 1}
    ends: list[int] = []
    chains: list[tuple[int, int, int]] = []  # the places of an item, and the item before it in the longest chain
    heads: list[int] = []
    for i, item in enumerate(before):
        if counts[item] == 1 and (k := places.get(item)) is not None:
            length = bisect_left(ends, k)
            chains.append((i, k, heads[length - 1] if length else -1))
            ends[length : length + 1] = [k]
            heads[length : length + 1] = [len(chains) - 1]
    found = []
    at = heads[-1] if heads else -1
    while at >= 0:
        i, k, at = chains[at]
        found.append((i, k))
    return found[::-1]
