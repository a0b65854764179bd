"""Sizes of nodes (`{vocabulary_of: words}`) in blocks: as written in the block, and handed in by `with:`."""

import pytest

from tests.conftest import diagnostics_of, spec_of

HEAD = "kspec: 1\ntask: regression\ninputs: {text: {shape: [1], dtype: string}}\n"
WORDS = "  - TextVectorization: {vocabulary: [good, bad], output_sequence_length: 3}\n    name: words\n"
TAIL = "  - Flatten:\n  - Dense: {units: 1}\n"


def sizes(blocks, use):
    """The `input_dim` of each Embedding of a spec without errors."""
    from kspec.diagnostics import Report
    from kspec.ir import build

    text = f"{HEAD}blocks:\n{blocks}layers:\n{WORDS}{use}{TAIL}"
    assert [d.message for d in diagnostics_of(text) if d.is_error] == []
    graph = build(spec_of(text), Report())
    return [node.arguments["input_dim"] for node in graph.calls if node.head == "Embedding"]


BRANCH = "  branch:\n    params: [size]\n    layers:\n      - Embedding: {input_dim: $size, output_dim: 4}\n"


def test_a_size_handed_in():
    use = "  - block: branch\n    with: {size: {vocabulary_of: words}}\n"
    assert sizes(BRANCH, use) == [{"vocabulary_of": "words"}]


def test_a_node_handed_in():
    block = BRANCH.replace("$size", "{vocabulary_of: $size}")
    assert sizes(block, "  - block: branch\n    with: {size: words}\n") == [{"vocabulary_of": "words"}]


def test_a_size_handed_on_through_two_blocks():
    outer = BRANCH.replace("branch", "inner") + (
        "  branch:\n    params: [n]\n    layers:\n      - block: inner\n        with: {size: $n}\n"
    )
    use = "  - block: branch\n    with: {n: {vocabulary_of: words}}\n"
    assert sizes(outer, use) == [{"vocabulary_of": "words"}]


def test_a_node_of_the_block_around_it():
    outer = BRANCH.replace("branch", "inner") + (
        "  branch:\n    layers:\n      - StringLookup: {vocabulary: [a]}\n        name: letters\n"
        "      - block: inner\n        with: {size: {vocabulary_of: letters}}\n"
    )
    use = "  - block: branch\n    name: use\n    from: text\n"
    assert sizes(outer, use) == [{"vocabulary_of": "use/letters"}]


def test_a_default_is_of_the_block():
    block = (
        "  branch:\n    params: [{size: {vocabulary_of: letters}}]\n    layers:\n"
        "      - StringLookup: {vocabulary: [a]}\n        name: letters\n"
        "      - Embedding: {input_dim: $size, output_dim: 4}\n"
    )
    assert sizes(block, "  - block: branch\n    name: use\n    from: text\n") == [{"vocabulary_of": "use/letters"}]


@pytest.mark.parametrize(
    ("written", "message", "help"),
    [
        (
            "words",
            "unknown node `words` in this block",
            "a block sees only its own nodes: hand it `words` as an input, or a size of it as a parameter",
        ),
        ("wrods", "unknown node `wrods` in this block", "available nodes: in"),
    ],
)
def test_a_node_outside_the_block(written, message, help):
    block = BRANCH.replace("    params: [size]\n", "").replace("$size", f"{{vocabulary_of: {written}}}")
    (found,) = diagnostics_of(f"{HEAD}blocks:\n{block}layers:\n{WORDS}  - block: branch\n{TAIL}")
    assert (found.code, found.message) == ("KS201", message)
    assert found.help == help


def test_a_node_outside_the_sub_model():
    inner = "{inputs: {i: {shape: [3]}}, layers: [{Embedding: {input_dim: {vocabulary_of: words}, output_dim: 4}}]}"
    (found,) = diagnostics_of(f"{HEAD}models: {{inner: {inner}}}\nlayers:\n{WORDS}  - model: inner\n{TAIL}")
    assert found.code == "KS201"
    assert found.help == "a sub-model sees only its own nodes: hand it `words` as an input; write a size as a number"
