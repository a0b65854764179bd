"""The arithmetic of `expr`."""

import math

import pytest

from kspec.codegen.model.formulas import formula_code
from kspec.syntax.formula import FormulaError, Operation, Reference, in_order, read_formula, references, variables_of


def plain(value):
    """A formula as nested tuples."""
    if isinstance(value, Operation):
        return (value.op, *map(plain, value.operands))
    return value.name if isinstance(value, Reference) else value


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("x0 * h + x", ("add", ("multiply", "x0", "h"), "x")),
        ("a - (b - c) % d", ("subtract", "a", ("mod", ("subtract", "b", "c"), "d"))),
        ("-in ** 2 // 'stage/main-1'", ("floor_divide", ("negative", ("power", "in", 2)), "stage/main-1")),
        ("$a * ${b * 2} * x", ("multiply", 18, "x")),
        ("x * 2 * 3", ("multiply", ("multiply", "x", 2), 3)),
        ("maximum(x, -0.5) >= is", ("greater_equal", ("maximum", "x", -0.5), "is")),
        ("+x != exp(y)", ("not_equal", "x", ("exp", "y"))),
        ("maximum(x, -$inf) + (1 - $inf)", ("add", ("maximum", "x", -math.inf), -math.inf)),
        ("x / ${sqrt(units_of(q))}", ("divide", "x", "${sqrt(units_of(use/q))}")),
    ],
)
def test_operations(text, expected):
    formula = read_formula(text, {"a": 3, "b": 3, "inf": math.inf}, "use/")
    assert plain(formula) == expected
    assert list(in_order(formula))[-1] is formula


@pytest.mark.parametrize(
    ("text", "message", "at"),
    [
        ("x", "the expression has no operation", ""),
        ("2 * $a", "the expression names no node", ""),
        ("x +", "invalid expression `x +`", ""),
        ("x * mean(y)", "unknown function `mean`", "mean(y)"),
        ("x * exp(y, z)", "`exp` takes one argument, not 2", "exp(y, z)"),
        ("x + y.shape", "unsupported syntax in an expression of nodes", "y.shape"),
        ("a < x < b", "unsupported syntax in an expression of nodes", "a < x < b"),
        ("x * $b", "unknown variable `b`", "$b"),
        ("x * ${t}", "arithmetic needs numbers, not text", "${t}"),
        ("x * (1 / 0)", "division by zero", "1 / 0"),
        ("x * 1e400", "the number is too large", "1e400"),
        ("x * (1e300 * 1e300)", "the number is too large", "1e300 * 1e300"),
        ("x + ${1e308 * 10}", "the number is too large", "${1e308 * 10}"),
        ("exp(1) * x", "a part of the expression names no node", "exp(1)"),
        ("lambda: x", "invalid expression `lambda: x`", ""),
    ],
)
def test_mistakes(text, message, at):
    with pytest.raises(FormulaError) as error:
        read_formula(text, {"a": 3, "t": "text"})
    assert str(error.value) == message
    assert text[error.value.start : error.value.end] == at


def test_names_and_variables_with_their_places():
    text = "$scale * 'c-1' + in * ${width * 2} - scale"
    assert [(node.name, text[node.start : node.end]) for node in references(text)] == [
        ("c-1", "c-1"),
        ("in", "in"),
        ("scale", "scale"),
    ]
    assert variables_of(text) == ["$scale", "${width * 2}"]
    assert references("x +") == []


def test_python():
    code = formula_code("-exp('c-1') ** 2 * $a / (in > 2)", lambda name: f"t[{name!r}]", lambda text: "A + 1")
    assert code == "-ops.exp(t['c-1']) ** 2 * (A + 1) / ops.greater(t['in'], 2)"
