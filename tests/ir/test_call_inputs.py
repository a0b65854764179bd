"""How tensors are assigned to the arguments of a call."""

import pytest

from kspec.catalog import Tensor as Parameter
from kspec.ir.call_inputs import implied_argument, spread

QUERY, VALUE = Parameter("query", "one", True), Parameter("value", "one", True)
STATES = Parameter("initial_state", "list", False)


@pytest.mark.parametrize(
    ("tensors", "signature", "constants", "inputs", "rest"),
    [
        (["a", "b"], [QUERY, VALUE], (), {"query": ["a"], "value": ["b"]}, []),
        (["a", "b", "c"], [QUERY, STATES], (), {"query": ["a"], "initial_state": ["b", "c"]}, []),
        (["a"], [QUERY, VALUE], ("query",), {"value": ["a"]}, []),
        (["a", "b"], [QUERY], (), {"query": ["a"]}, ["b"]),
        (["a", "b"], None, (), {"inputs": ["a", "b"]}, []),
        ([], None, (), {}, []),
    ],
)
def test_tensors_are_spread_over_the_arguments_in_order(tensors, signature, constants, inputs, rest):
    assert spread(tensors, signature, constants) == (inputs, rest)


def test_the_first_argument_is_implied_unless_it_is_given():
    assert implied_argument([QUERY, VALUE], {"value": "a"}) == "query"
    assert implied_argument([QUERY, VALUE], {"query": "a"}) is None
    assert implied_argument([QUERY, VALUE], {"value": "a"}, {"query": 1}) is None
    assert implied_argument(None, {}) is None
