"""What is imported builds the same model: configuration, parameters, answers to the bit."""

import pytest

from .models import MODELS
from .round_trip import assert_same


@pytest.mark.parametrize("name", MODELS)
def test_a_model_comes_back(name):
    assert_same(MODELS[name]())
