"""The size of a vocabulary that the spec lists is known without data, and is Keras's."""

import keras
import pytest
import yaml

from kspec.compiler.passes import analyse
from kspec.diagnostics import Report
from tests.conftest import spec_of


@pytest.mark.parametrize(
    ("layer", "arguments"),
    [
        ("StringLookup", "vocabulary: [a, b, c]"),
        ("StringLookup", "vocabulary: [a, b], num_oov_indices: 3, mask_token: m"),
        ("StringLookup", "vocabulary: [a, b], num_oov_indices: 0"),
        ("TextVectorization", "vocabulary: [a, b, c]"),
        ("IntegerLookup", "vocabulary: [5, 6], mask_token: 0"),
    ],
)
def test_as_keras(layer, arguments):
    dtype = "int64" if layer == "IntegerLookup" else "string"
    text = (
        f"kspec: 1\ntask: regression\ninputs: {{m: {{shape: [1], dtype: {dtype}}}}}\nlayers:\n"
        f"  - {layer}: {{{arguments}}}\n    name: index\n"
        "  - Embedding: {input_dim: {vocabulary_of: index}, output_dim: 4}\n    name: table\n"
    )
    built = getattr(keras.layers, layer)(**yaml.safe_load(f"{{{arguments}}}"))
    (weight,) = analyse(spec_of(text), Report()).types.calls["table"].weights
    assert weight.shape == (built.vocabulary_size(), 4)
