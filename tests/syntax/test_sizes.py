"""Expressions over sizes of nodes: what is known is computed, the rest stays."""

import copy

import pytest

from kspec.syntax.evaluation import compute_size, with_numbers
from kspec.syntax.expressions import ExpressionError, names_in, sizes_in_text, substitute
from kspec.syntax.sizes import Size, SizeExpression, is_size, read_size, renamed, sizes_in

HALF = substitute("${units_of(h) // 2}", {})
VARIABLES = {"factor": 3, "wide": False, "half": HALF, "axis": 1, "rows": {"shape_of": "x", "axis": 1}}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("${units_of(h) * factor}", "${units_of(use/h) * 3}"),
        ("${units_of(in) // (factor - 1)}", "${units_of(use/in) // 2}"),
        ("${int(sqrt(vocabulary_of(a-b/c)))}", "${int(sqrt(vocabulary_of(use/a-b/c)))}"),
        ("${shape_of(h, axis)}", "${shape_of(use/h, 1)}"),
        ("${classes_of(y)}", "${classes_of(y)}"),  # an output is one of the spec's
        ("$half", "${units_of(h) // 2}"),  # a variable refers to nodes outside the block
        ("${half * 2 + units_of(h)}", "${units_of(h) // 2 * 2 + units_of(use/h)}"),
        ("${rows + 1}", "${shape_of(x, 1) + 1}"),
        ("${units_of('h')}", "${units_of(use/h)}"),
    ],
)
def test_variables_are_replaced_and_nodes_get_their_full_names(text, expected):
    value = substitute(text, VARIABLES, "use/")
    assert isinstance(value, SizeExpression)
    assert isinstance(copy.deepcopy(value), SizeExpression)
    assert value == expected


def test_a_branch_that_is_not_taken_leaves_no_size():
    assert substitute("${units_of(h) if wide else 8}", VARIABLES) == 8


@pytest.mark.parametrize(
    ("value", "number"),
    [
        (substitute("${int(sqrt(vocabulary_of(words)))}", {}), 10),
        (substitute("${ceil(units_of(h) / 3) + floor(2.9) + int(log2(units_of(h)))}", {}), 3 + 2 + 2),
        (substitute("${shape_of(x, -2) ** -0.5}", {}), 0.2),
        ({"shape_of": "x", "axis": -2}, 25),
        ({"units_of": "unknown"}, None),
        (substitute("${units_of(h) + units_of(unknown)}", {}), None),
    ],
)
def test_a_number_is_computed_once_the_sizes_are_known(value, number):
    sizes = {
        Size("vocabulary_of", "words"): 101,
        Size("units_of", "h"): 7,
        Size("shape_of", "x", -2): 25,
    }
    assert is_size(value)
    assert compute_size(value, sizes.get) == number
    assert with_numbers({"a": [value, 1]}, sizes.get) == {"a": [number, 1]}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("${units_of(2)}", "`units_of` takes the name of a node, not an expression"),
        ("${units_of(a, 1)}", "`units_of` takes the name of a node"),
        ("${classes_of()}", "`classes_of` takes the name of an output"),
        ("${shape_of(x)}", "`shape_of` takes the name of a node and an axis"),
        ("${shape_of(x, 1.5)}", "the axis of `shape_of` must be an integer"),
        ("${units_of(h).real}", "unsupported syntax in an expression over sizes"),
        ("${abs(units_of(h))}", "only min, max, round, int, len, sqrt, log2, ceil and floor can be called"),
        ("n${units_of(h)}", "a size cannot be part of a text"),
        ("${sqrt(-1)}", "`sqrt` cannot be called with a number"),
    ],
)
def test_mistakes(text, message):
    with pytest.raises(ExpressionError) as error:
        substitute(text, VARIABLES)
    assert str(error.value) == message


def test_names_of_nodes_are_not_variables():
    text = "${units_of(h) * factor + shape_of(factor-2, axis)}"
    assert names_in(text) == ("factor", "axis")
    found = sizes_in_text("${units_of(h) * factor + shape_of(factor-2, 1)}")
    assert sorted(size.name for size in found) == ["factor-2", "h"]


def test_a_resolved_spec_reads_back_with_the_same_sizes_and_expressions():
    from kspec.diagnostics import Report
    from kspec.ir import build
    from kspec.syntax.dump import dump
    from tests.conftest import spec_of

    text = """\
kspec: 1
vars: {scale: 0.5}
inputs: {x: {shape: [7]}}
layers:
  - Dense: {units: "${units_of(x) // 2}"}
    name: h
  - expr: $scale * h + ${scale * 2}
  - Dense: {units: {shape_of: h, axis: -1}}
"""
    spec = spec_of(text)
    again = spec_of(dump(spec.standalone_values()))
    one, two = (build(each, Report()) for each in (spec, again))
    assert [(n.name, n.arguments, n.constants) for n in one.calls] == [
        (n.name, n.arguments, n.constants) for n in two.calls
    ]


def test_mappings():
    assert read_size({"shape_of": "x", "axis": 1}) == Size("shape_of", "x", 1)
    others = [
        {"shape_of": "x"},
        {"units_of": "x", "axis": 1},
        {"units_of": 3},
        {"units_of": "x", "classes_of": "y"},
        {},
    ]
    assert [read_size(other) for other in others] == [None] * 5
    nested = {"layer": {"LSTM": {"units": {"units_of": "x"}}}, "n": [HALF]}
    assert list(sizes_in(nested)) == [Size("units_of", "x"), Size("units_of", "h")]
    assert renamed({"units_of": "x"}, lambda size: "use/" + size.name) == {"units_of": "use/x"}
