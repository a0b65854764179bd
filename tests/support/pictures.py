"""Runs without pictures, for rooms whose tests look at none."""

from collections.abc import Iterator

import pytest


@pytest.fixture(scope="module", autouse=True)
def no_pictures() -> Iterator[None]:
    """Draws nothing at the end of a run, which takes as long as the training of a small network.

    A module that imports it has none, nor has a room whose `conftest.py` does. Pictures are drawn in `tests/runs` and
    `tests/end_to_end`.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("kspec.runs.execute.draw_pictures", lambda *_: None)
        yield
