"""Patterns that match layers by path."""

import pytest

from kspec.ir.layer_patterns import matching, rank

PATHS = ["normalization", "base_0/conv", "base_0/norm", "base_1/conv", "base_1/norm", "base_1/squeeze/conv", "head"]
COPIES = {"base": ("base_0", "base_1")}


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("head", ["head"]),
        ("*", PATHS),
        ("base_1", ["base_1/conv", "base_1/norm", "base_1/squeeze/conv"]),
        ("base", PATHS[1:6]),
        ("base/conv", ["base_0/conv", "base_1/conv"]),
        ("base_*/n*", ["base_0/norm", "base_1/norm"]),
        ("base/*/conv", ["base_1/squeeze/conv"]),
        ("*/conv", ["base_0/conv", "base_1/conv"]),
        ("conv", []),
        ("base_1/conv/more", []),
        ("hea", []),
    ],
)
def test_a_pattern_matches_its_path_and_everything_inside(pattern, found):
    assert matching(pattern, PATHS, COPIES) == found


def test_the_most_specific_pattern_has_the_highest_rank():
    patterns = ["*", "ba*", "base", "base/*", "base/conv"]
    assert sorted(["base", "base/conv", "*", "base/*", "ba*"], key=rank) == patterns
