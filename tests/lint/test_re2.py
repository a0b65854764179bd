"""What kspec says of a regular expression is what TensorFlow's RE2 does with it."""

import pytest
import tensorflow as tf

from kspec.lint.re2 import MAX_LENGTH, InvalidPattern, check_pattern, check_replacement

PATTERNS = [
    *(
        r"a(?=b)",
        r"a(?!b)",
        r"(?<=a)b",
        r"(?<!a)b",
        r"(a)\1",
        r"a++",
        r"a*+",
        r"a?+",
        r"a{2}+",
        r"(?>a)",
        r"a\Z",
        r"a\z",
    ),
    *(r"\pL", r"\p{Greek}", r"[\p{L}x]", r"[[:alpha:]]", r"[^[:space:]x]", r"a{1001}", r"a{1000}", r"(?P<n>a)"),
    *(
        r"(?<n>a)",
        r"(?#c)a",
        r"(?x)a",
        r"(?s)a",
        r"b(?i)a",
        r"(?i-s:a)",
        r"(?U)a",
        r"\u0041",
        r"\x41",
        r"\x{41}",
        r"\x4",
    ),
    *(r"\Qa.(\E", r"\Qa.(", r"[^\w]", r"\h", r"[a", "(a", "a)", "a**", "*a", "a*?", "a{2}?", r"\N{DASH}", r"\_", r"\é"),
    *(
        r"\e",
        r"\a",
        r"(?P=n)",
        r"[]a]",
        r"[^]a]",
        r"[a-\d]",
        r"[z-a]",
        r"(?a)x",
        r"(?L)a",
        r"(?u)a",
        r"\b",
        r"[\b]",
        r"\G",
    ),
    *(r"\8", r"\07", r"\0", r"a{2}{3}", r"((a{100}){100}){100}", r"(a{100}){10}", r"(a{1000}|b){2}", r"(?m)^a$", r"\C"),
    *(
        r"\X",
        r"\K",
        r"a|*",
        r"(|a)",
        r"()",
        r"[a&&b]",
        r"[[a]",
        r"\cA",
        r"\R",
        r"a{3,2}",
        "a\\",
        r"<br ?/?>",
        r"[^a-z0-9 ]",
    ),
    *(r"(?i:a)(?P<x>b)", r"(?(1)a)", r"\.\*\[\]", r"[\[\]\\^-]", r"é+", "(?P<n>a)(?P<n>b)"),
]


@pytest.mark.parametrize("pattern", PATTERNS)
def test_patterns_are_judged_as_by_tensorflow(pattern):
    try:
        tf.strings.regex_replace("aab", pattern, "_")
        accepted = True
    except tf.errors.InvalidArgumentError:
        accepted = False
    reason = ""
    try:
        check_pattern(pattern)
    except InvalidPattern as error:
        reason = str(error)
    assert (reason == "") == accepted, reason


def test_a_long_pattern_is_rejected():
    with pytest.raises(InvalidPattern, match="longer than 1,000"):
        check_pattern("a" * (MAX_LENGTH + 1))
    with pytest.raises(InvalidPattern):
        check_pattern("(" * MAX_LENGTH)


@pytest.mark.parametrize(
    ("replacement", "groups", "message"),
    [
        (r"\0 \1", 1, ""),
        ("$1 \\\\ <b>", 0, ""),
        (r"\2", 1, "the pattern has 1 group"),
        (r"\1", 0, "the pattern has no groups"),
        (r"\n", 1, "neither a group"),
        ("a\\", 1, "neither a group"),
    ],
)
def test_replacements_insert_groups(replacement, groups, message):
    if not message:
        check_replacement(replacement, groups)
        return
    with pytest.raises(InvalidPattern, match=message):
        check_replacement(replacement, groups)
