"""Work and memory of a check stay bounded for specs that grow."""

import pytest

from tests.proofs.growth import grow


@pytest.mark.slow
def test_specs_grow_until_the_budget_speaks():
    failures, steps, _ = grow(60, 1, slack=10)
    assert failures == []
    assert steps > 20
