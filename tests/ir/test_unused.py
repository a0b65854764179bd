"""KS207 and KS208: nodes and inputs that no output depends on, also among the copies of an entry."""

import pytest

from tests.conftest import diagnostics_of

HEAD = "kspec: 1\ntask: regression\ninputs: {a: {shape: [1]}, b: {shape: [1]}, c: {shape: [1]}}\n"


def found(text):
    return [(d.code, d.message) for d in diagnostics_of(HEAD + text) if d.code in ("KS207", "KS208")]


def test_copies_of_each():
    text = "layers:\n  - Dense: {units: 2}\n    each: [a, b, c]\n    name: d\n  - Dense: {units: 1}\n    from: d_a\n"
    assert found(text) == [
        ("KS208", "no output depends on the input `b`"),
        ("KS208", "no output depends on the input `c`"),
        ("KS207", "`d_b`, `d_c` reach no output"),
    ]


BLOCK = """blocks:
  two:
    layers:
      - Dense: {units: 2}
        name: left
      - Dense: {units: 3}
        from: in
        name: right
    outputs: [left, right]
"""


@pytest.mark.parametrize(
    ("uses", "messages"),
    [
        ("  - block: two\n    from: b\n    name: second\n", ["`second/left` reaches no output", "`second/right` reaches no output"]),
        ("  - block: two\n    from: b\n    name: second\n    as: [one, other]\n", ["`second/left` reaches no output", "`second/right` reaches no output"]),
    ],
)  # fmt: skip
def test_a_use_of_a_block(uses, messages):
    text = (
        f"{BLOCK}layers:\n  - block: two\n    from: a\n    name: first\n    as: [p, q]\n{uses}"
        "  - Concatenate:\n    from: [p, q, c]\n  - Dense: {units: 1}\n"
    )
    assert found(text) == [
        ("KS208", "no output depends on the input `b`"),
        *(("KS207", message) for message in messages),
    ]


def test_an_output_of_a_block_that_only_one_use_needs():
    text = (
        f"{BLOCK}layers:\n  - block: two\n    from: a\n    name: first\n    as: [p, q]\n"
        "  - block: two\n    from: b\n    name: second\n    as: [r, _]\n"
        "  - Concatenate:\n    from: [p, q, r, c]\n  - Dense: {units: 1}\n"
    )
    assert found(text) == []


def test_many_copies():
    text = (
        "layers:\n  - Dense: {units: 2}\n    from: a\n    repeat: 6\n    name: d\n"
        "  - Dense: {units: 1}\n    from: [b]\n    name: e\n  - Concatenate:\n    from: [e, c]\n  - Dense: {units: 1}\n"
    )
    assert found(text) == [("KS208", "no output depends on the input `a`"), ("KS207", "`d_5` reaches no output")]
