"""Examples in two splits are counted as by comparing each with each."""

from __future__ import annotations

import numpy as np
import pytest

from kspec.data.profile.repeated_examples import repeated_examples

NUMBERS = np.random.default_rng(0).integers(0, 3, (200, 3))


@pytest.mark.parametrize(
    "arrays",
    [
        [NUMBERS.astype("float32"), NUMBERS[:, 0]],
        [NUMBERS.astype("int8")],
        [NUMBERS[:, :2].astype("float16"), NUMBERS[:, 2] == 1],
        [NUMBERS.astype(str).astype(object)],
        [NUMBERS.astype("<U3"), NUMBERS.astype("float64")],
        [np.zeros((200, 0)), NUMBERS[:, 1]],
        [np.arange(200)],
    ],
)
def test_counts(arrays: list[np.ndarray]) -> None:
    splits = {"train": np.arange(0, 90), "validation": np.arange(90, 120), "test": np.arange(120, 200)}
    examples = [str([array[row].tolist() for array in arrays]) for row in range(200)]
    seen = {examples[row] for row in splits["train"]}
    expected = {name: sum(examples[row] in seen for row in splits[name]) for name in ("validation", "test")}
    assert repeated_examples(splits, arrays) == expected
