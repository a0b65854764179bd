"""Alignments are sound, keep what is unique, and need no time that grows with the square of the length."""

import random
from difflib import SequenceMatcher

import pytest

from kspec.diff import alignment
from kspec.diff.alignment import align


def equal_items(before, after):
    """The number of items that are aligned with equal ones; the blocks must make up both sequences."""
    blocks = list(align(before, after))
    assert [item for block in blocks for item in before[block.before]] == list(before)
    assert [item for block in blocks for item in after[block.after]] == list(after)
    for block in blocks:
        assert (before[block.before] == after[block.after]) == block.is_equal
    return sum(len(before[block.before]) for block in blocks if block.is_equal)


@pytest.mark.parametrize("seed", range(20))
def test_short_sequences_are_aligned_as_by_difflib(seed):
    chance = random.Random(seed)
    before, after = (["abcdef"[chance.randrange(2 + seed % 4)] for _ in range(chance.randrange(30))] for _ in range(2))
    found = SequenceMatcher(None, before, after, autojunk=False).get_matching_blocks()
    assert equal_items(before, after) >= sum(block.size for block in found) * 0.7


@pytest.mark.parametrize("seed", range(20))
def test_long_sequences_are_aligned_at_items_that_occur_once(seed, monkeypatch):
    monkeypatch.setattr(alignment, "MAX_PAIRS", 60)
    monkeypatch.setattr(alignment, "MAX_PAIRS_BETWEEN", 10)
    chance = random.Random(seed)
    names = [f"n{number}" for number in range(40)]
    before = [item for name in names for item in (name, *["dense"] * chance.randrange(3))]
    after = [item for item in before if chance.random() > 0.2] + ["x"]
    assert equal_items(before, after) >= len(set(before) & set(after)) - 1  # all but `dense`
    shuffled = chance.sample(before, len(before))
    assert equal_items(before, shuffled) >= 1


def test_work_does_not_grow_with_the_square_of_the_length():
    count = 12_000
    dense, named = ["dense"] * count, [f"n{number}" for number in range(count)]
    every_second = [name if number % 2 else "x" for number, name in enumerate(named)]
    assert equal_items(dense, ["flatten", *dense]) == count
    assert equal_items(named, ["flatten", *named]) == count
    assert equal_items(named, every_second) == count // 2
    assert equal_items(named, named[::-1]) == 1
    assert equal_items(["a", *dense, "b"], ["c", *dense, "dense", "d"]) == 0  # no item occurs once in both
