"""A layer that encodes the texts of a target opens no file: Keras would open it wherever it is."""

import pytest

from kspec.compiler.check import check_spec
from kspec.diagnostics import Source

SPEC = """\
kspec: 1
data: {csv: t.csv, inputs: n, targets: {y: {column: y, sep: " ", through: {LAYER: {vocabulary: WORDS}}}}}
inputs: {x: {shape: [1]}}
layers: [{Dense: {units: 10}}, {Reshape: {target_shape: [2, 5]}}, {Activation: {activation: softmax}, name: y}]
task: multiclass_classification
"""


@pytest.mark.parametrize("layer", ["StringLookup", "TextVectorization"])
def test_a_vocabulary_is_a_list(layer):
    for words, is_file in (("../secret.txt", True), ("/etc/passwd", True), ("[a, b]", False)):
        text = SPEC.replace("LAYER", layer).replace("WORDS", words)
        found = [problem for problem in check_spec(Source("spec.yaml", text)).diagnostics if problem.is_error]
        assert is_file == any("must be a list here, not a file" in problem.message for problem in found), found
        assert all(problem.span.line == 2 for problem in found)
