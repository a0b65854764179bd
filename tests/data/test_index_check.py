"""Vocabularies as kspec counts them, compared with what Keras learns."""

import numpy as np
import pytest

from kspec.data.columns import ColumnMapping
from kspec.data.index_check import ValueCheck
from tests.conftest import network, spec_of

TEXTS = ["Good, good day!", "a_b c-d", "Ärger ÄRGER über", "tab\tline\nend", "", "it's 1.5", "[UNK] x"]


def check_of(layer, inputs):
    from kspec.diagnostics import Report
    from kspec.ir import build

    spec = spec_of(network(f"  - {layer}\n  - Embedding: {{input_dim: 99, output_dim: 1}}", inputs=inputs))
    return ValueCheck(build(spec, Report()), is_training=True)


def test_words_of_a_text_vectorization():
    import keras

    from kspec.data.index_check import _Reporter

    layer = keras.layers.TextVectorization()
    layer.adapt(np.array(TEXTS))
    values = np.array(TEXTS, dtype=object)[:, None]
    check = check_of("TextVectorization", "{x: {shape: [1], dtype: string}}")
    check.learn({"x": values}, np.arange(len(TEXTS)))
    node = check.graph.nodes["text_vectorization"]
    words = _Reporter(check, {"x": values}, None, None, None)._words(node)
    assert words == set(layer.get_vocabulary(include_special_tokens=False))


@pytest.mark.parametrize("arguments", [{}, {"max_tokens": 3}, {"num_oov_indices": 0}, {"mask_token": 7}])
def test_values_of_an_integer_lookup(arguments):
    import keras

    values = np.array([[3], [3], [-1], [7], [7], [7], [2], [5], [5]])
    layer = keras.layers.IntegerLookup(**arguments)
    layer.adapt(values)
    written = ", ".join(f"{name}: {value}" for name, value in arguments.items())
    check = check_of(f"IntegerLookup: {{{written}}}" if written else "IntegerLookup", "{x: {shape: [1], dtype: int64}}")
    check.learn({"x": values}, np.arange(len(values)))
    assert check.vocabularies["integer_lookup"] == [int(value) for value in layer.get_vocabulary(False)]


def test_data_without_other_splits():
    check = check_of("IntegerLookup", "{x: {shape: [1], dtype: int64}}")
    values = {"x": np.array([[1], [2]])}
    check.learn(values, np.arange(2))
    assert check.run(values, None, ColumnMapping({"x": ["x"]}), None, rows=np.zeros(0, int)) == []
    assert check.run({"x": np.array([[1], [4], [4]])}, None, ColumnMapping({"x": ["x"]}), None) == [
        "2 rows hold a `x` not seen in training: 4"
    ]
