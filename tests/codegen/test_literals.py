"""Expressions of a spec in Python."""

from kspec.codegen.text.literals import expression
from kspec.syntax.expressions import evaluate


def test_writing_an_expression_leaves_the_shared_syntax_tree_as_it_was() -> None:
    assert expression("${width * 2 + depth}", {"width": "WIDTH", "depth": "DEPTH"}) == "WIDTH * 2 + DEPTH"
    assert evaluate("width * 2 + depth", {"width": 4, "depth": 1}) == 9
    assert expression("${width * 2 + depth}", {"width": "w", "depth": "d"}) == "w * 2 + d"
