"""Text → values with positions; invalid text → one diagnostic at its place."""

import time

import pytest

from kspec.diagnostics import Report, Source
from kspec.syntax import parse


def problems(text):
    report = Report()
    tree = parse(Source("spec.yaml", text), report)
    return tree, [(d.code, d.span.line, d.span.column) for d in report.sorted()]


def test_values_and_their_positions():
    tree, found = problems("a: 1\nb:\n  - x: {y: [2, three]}\n")
    assert not found
    assert tree.value == {"a": 1, "b": [{"x": {"y": [2, "three"]}}]}
    span = tree.positions.value(("b", 0, "x", "y", 1))
    assert span[1:] == (3, 16, 3, 21)
    assert tree.positions.key(("b", 0, "x"))[1:] == (3, 5, 3, 6)


def test_a_missing_position_is_that_of_its_parent():
    tree, _ = problems("a: {b: 1}\n")
    assert tree.positions.value(("a", "z", 3)) == tree.positions.value(("a",))


def test_columns_are_counted_in_characters():
    tree, _ = problems('{"ä😀": 1}')
    assert tree.positions.value(("ä😀",))[1:] == (1, 8, 1, 9)


def test_crlf_and_byte_order_mark():
    tree, found = problems("a: 1\r\nb: two\r\n")
    assert not found
    assert tree.value == {"a": 1, "b": "two"}


def test_quoted_words_are_text():
    tree, _ = problems("a: '1'\nb: \"true\"\nc: !!str 5\nd: |\n  7\n")
    assert tree.value == {"a": "1", "b": "true", "c": "5", "d": "7\n"}


def test_keys_are_text():
    tree, found = problems("{0: a, true: b, 1.5: c}")
    assert not found
    assert tree.value == {"0": "a", "true": "b", "1.5": "c"}


def test_aliases_repeat_values_without_sharing_them():
    tree, found = problems("a: &x {k: [1]}\nb: *x\n")
    assert not found
    tree.value["b"]["k"].append(2)
    assert tree.value["a"] == {"k": [1]}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a:\n\tb: 1", ("KS001", 2, 1)),
        ("a: b: c", ("KS002", 1, 5)),
        ("a: 'x", ("KS002", 1, 4)),
        ("a: {b: 1}}\n", ("KS002", 1, 10)),
        ("a: [1,\nb: 2", ("KS002", 2, 1)),
        ("x: @foo", ("KS002", 1, 4)),
        ("a: \x01", ("KS002", 1, 4)),
        ("a: 1\na: 2", ("KS003", 2, 1)),
        ("a: *nope", ("KS004", 1, 4)),
        ("a: &x [*x]", ("KS004", 1, 8)),
        ("inputs: [*_mean]", ("KS004", 1, 10)),
        ("{*: false}", ("KS004", 1, 2)),
        ("{[1]: 2}", ("KS005", 1, 2)),
        ("a: " + "9" * 5000, ("KS006", 1, 4)),
        ("a: !!python/object:os.system x", ("KS007", 1, 4)),
        ("<<: {a: 1}", ("KS007", 1, 1)),
        ("---\na: 1\n---\nb: 2", ("KS008", 3, 1)),
        ("a: {b: ${w * 2}}", ("KS009", 1, 8)),
    ],
)
def test_invalid_text_has_one_diagnostic(text, expected):
    _, found = problems(text)
    assert found == [expected]


@pytest.mark.parametrize(
    ("text", "help"),
    [
        ("{*: false, a: 1}", 'write "*": false'),
        ("a:\n  *:\n    b: 1", 'write "*":'),
        ("a: [*.csv, b]", 'write "*.csv"'),
        ("{*_a: false}", 'quote it: "*_a"'),
    ],
)
def test_a_bare_star_is_to_be_quoted_and_in_a_key_only_the_key(text, help):
    report = Report()
    assert parse(Source("spec.yaml", text), report) is None
    assert [d.help for d in report] == [help]


def test_every_duplicate_key_is_reported():
    _, found = problems("a: 1\nb: {c: 1, c: 2}\na: 3\n")
    assert found == [("KS003", 2, 11), ("KS003", 3, 1)]


@pytest.mark.parametrize("text", ["[" * 100_000, "{a: " * 100_000, "- " * 100_000, "a:\n" + " [" * 100_000])
def test_deep_nesting_ends_at_once(text):
    start = time.perf_counter()
    _, found = problems(text)
    assert [code for code, *_ in found] == ["KS006"]
    assert time.perf_counter() - start < 5


def test_an_alias_bomb_is_rejected():
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]" for i in range(1, 12)]
    _, found = problems("\n".join(lines))
    assert [code for code, *_ in found] == ["KS006"]
