"""`$name` and `${...}`: their values, and what is rejected."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kspec.syntax.expressions import ExpressionError, evaluate, names_in, substitute

VARIABLES = {"width": 10, "rate": 0.5, "sizes": [8, 16], "name": "a", "flag": True, "table": {"k": 3}}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("$width", 10),
        ("${width * 2}", 20),
        ("${width // 3}", 3),
        ("${width / 4}", 2.5),
        ("${2 ** 10}", 1024),
        ("${-width % 3}", 2),
        ("${max(width, 12)}", 12),
        ("${round(2.6)}", 3),
        ("${len(sizes)}", 2),
        ("${sizes[1]}", 16),
        ("${table['k']}", 3),
        ("${1 if flag else 2}", 1),
        ("${width > 5 and not flag}", False),
        ("${1 < width <= 10}", True),
        ("${null}", None),
        ("${[width, 1]}", [10, 1]),
        ("data/${name}.csv", "data/a.csv"),
        ("${name}-${width}", "a-10"),
        ("$$width", "$width"),
        ("cost: $5", "cost: $5"),
        ("${'}'}", "}"),
    ],
)
def test_values(text, value):
    result = substitute(text, VARIABLES)
    assert result == value
    assert type(result) is type(value)


@pytest.mark.parametrize(
    "expression",
    [
        "9 ** 9 ** 9",
        "2 ** 63",
        "1 / 0",
        "'a' * 3",
        "'a' + 'b'",
        "().__class__",
        "name.upper()",
        "open('x')",
        "[x for x in sizes]",
        "lambda: 1",
        "width if",
        "sizes[5]",
        "sizes[0:1]",
        "(-8) ** 0.5",
        "f'{width}'",
        "__import__('os')",
        "width := 3",
        "",
        "1" * 600,
        "(" * 300,
        "1j",
        "~width",
        "width & 1",
        "max(*sizes)",
        "int('9' * 5000)",
        "1e308 * 10 ** 62 * 1e308 // 1",
    ],
)
def test_invalid_expressions(expression):
    with pytest.raises(ExpressionError):
        evaluate(expression, VARIABLES)


def test_names():
    assert names_in("${width + max(rate, 1)}") == ("width", "rate")
    assert names_in("$width") == ("width",)


@given(st.text(max_size=60))
def test_arbitrary_text_raises_only_expression_errors(text):
    with contextlib.suppress(ExpressionError):
        substitute("${" + text + "}", VARIABLES)
