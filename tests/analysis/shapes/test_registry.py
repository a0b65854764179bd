"""Every layer of the catalog has exactly one rule."""

from importlib import import_module

from kspec.analysis.shapes.layers import HOMES
from kspec.catalog import internal, names


def test_every_rule_is_found():
    for module in set(HOMES.values()):
        rules = import_module(f"kspec.analysis.shapes.layers.{module}").RULES
        assert {name for name, home in HOMES.items() if home == module} == set(rules), module


def test_every_layer_has_a_rule():
    assert {*names("layer"), *internal("layer")} == set(HOMES)
