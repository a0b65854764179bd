"""Every layer of the catalog has a rule, and none is there twice."""

from importlib import import_module

from kspec.analysis.shapes.layers import HOMES
from kspec.catalog import internal, names


def test_each_rule_is_found_where_it_lives():
    for module in set(HOMES.values()):
        rules = import_module(f"kspec.analysis.shapes.layers.{module}").RULES
        assert {name for name, home in HOMES.items() if home == module} == set(rules), module


def test_no_layer_is_without_a_rule():
    assert {*names("layer"), *internal("layer")} == set(HOMES)
