"""Values as YAML on one line."""

from hypothesis import given
from hypothesis import strategies as st

from kspec.diagnostics import Report, Source
from kspec.syntax import parse
from kspec.syntax.yaml_flow import abbreviate, to_yaml

SCALARS = st.none() | st.booleans() | st.integers(-(10**9), 10**9) | st.floats(allow_nan=False) | st.text(max_size=20)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
)


@given(VALUES)
def test_parsing_gives_the_value_back(value):
    report = Report()
    tree = parse(Source("spec.yaml", f"value: {to_yaml(value)}"), report)
    assert not report.has_errors
    assert tree.value == {"value": value}


def test_long_values_are_abbreviated():
    assert abbreviate({"filters": [3] * 40}) == "..."
