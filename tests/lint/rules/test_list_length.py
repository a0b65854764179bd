"""KS577: lists whose length is not that of the input or output that takes them."""

import pytest

import kspec

SPEC = """\
kspec: 1
data:
  csv: table.csv
  inputs: {words: {column: tokens, sep: " ", length: LENGTH}}
  targets: {tag: {column: tags, sep: " "TARGET}}
inputs: {words: {shape: SHAPE}}
layers:
  - Embedding: {input_dim: 10, output_dim: 4}
  - LSTM: {units: 4, return_sequences: RETURN}
  - Dense: {units: 3, activation: softmax}
    name: tag
compile: {loss: sparse_categorical_crossentropy}
"""


@pytest.mark.parametrize(
    ("length", "shape", "target", "sequences", "message"),
    [
        ("8", "[9]", "", "true", "the lists of `words` get 8 items, and `words` has 9"),
        ("8", "[8]", ", length: 7", "true", "the lists of `tag` get 7 items, and `tag` has 8"),
        ("8", "[8]", "", "false", "`tag` predicts (3,) for each example, and its target is a list"),
        ("8", "[8]", ", length: 8", "true", ""),
        ("8", "[null]", "", "true", ""),
    ],
)
def test_lengths_and_shapes(tmp_path, length, shape, target, sequences, message):
    text = SPEC.replace("LENGTH", length).replace("SHAPE", shape).replace("TARGET", target)
    path = tmp_path / "spec.yaml"
    path.write_text(text.replace("RETURN", sequences))
    (tmp_path / "table.csv").write_text("tokens,tags\n1 2,a b\n")
    found = [problem.message for problem in kspec.check(path) if problem.code == "KS577"]
    assert found == ([message] if message else [])
