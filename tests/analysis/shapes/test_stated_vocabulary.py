"""The size of a vocabulary that the spec lists is known without data, and is Keras's."""

import keras
import pytest
import yaml

import kspec
from kspec.compiler.compile import compile_spec
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
        ("StringLookup", "vocabulary: [m, '[UNK]', a, b], mask_token: m"),
        ("StringLookup", "vocabulary: [a, '[UNK]', b]"),
        ("TextVectorization", "vocabulary: ['', '[UNK]', a]"),
        ("IntegerLookup", "vocabulary: [-1, 5]"),
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


@pytest.mark.parametrize(
    ("layer", "content", "arguments"),
    [
        ("StringLookup", "a\nb\nc", ""),
        ("StringLookup", "a\r\nb\r\n", ", num_oov_indices: 0"),
        ("StringLookup", "m\na\nb\n", ", mask_token: m, num_oov_indices: 3"),
        ("TextVectorization", "a\nb\n", ""),
        ("IntegerLookup", "5\n6\n", ", mask_token: 0"),
    ],
)
def test_the_vocabulary_of_a_file(tmp_path, layer, content, arguments):
    dtype = "int64" if layer == "IntegerLookup" else "string"
    (tmp_path / "words.txt").write_bytes(content.encode())
    (tmp_path / "spec.yaml").write_text(
        f"kspec: 1\ntask: regression\ninputs: {{m: {{shape: [1], dtype: {dtype}}}}}\nlayers:\n"
        f"  - {layer}: {{vocabulary: words.txt{arguments}}}\n    name: index\n"
        "  - Embedding: {input_dim: {vocabulary_of: index}, output_dim: 4}\n    name: table\n"
    )
    spec, analysis = compile_spec(tmp_path / "spec.yaml").unwrap()
    assert not analysis.needs_data
    (weight,) = analysis.types.calls["table"].weights
    assert weight.shape == tuple(kspec.build(spec).get_layer("table").embeddings.shape)


def test_the_rows_of_a_vocabulary_in_a_file(tmp_path):
    (tmp_path / "words.txt").write_text("a\nb\nc\n")
    (tmp_path / "spec.yaml").write_text(
        "kspec: 1\ntask: regression\ninputs: {m: {shape: [1], dtype: string}}\nlayers:\n"
        "  - StringLookup: {vocabulary: words.txt, output_mode: multi_hot}\n  - Dense: {units: 2}\n    name: d\n"
    )
    spec, analysis = compile_spec(tmp_path / "spec.yaml").unwrap()
    assert analysis.types.calls["d"].weights[0].shape == tuple(kspec.build(spec).get_layer("d").kernel.shape)


@pytest.mark.parametrize(
    ("content", "problem"),
    [("", "is empty"), ("a\n\nb\n", "has an empty line 2"), ("a\nb\na\n", "has `a` twice, on lines 1 and 3")],
)
def test_a_file_that_keras_cannot_read(tmp_path, content, problem):
    (tmp_path / "words.txt").write_text(content)
    (tmp_path / "spec.yaml").write_text(
        "kspec: 1\ntask: regression\ninputs: {m: {shape: [1], dtype: string}}\nlayers:\n"
        "  - StringLookup: {vocabulary: words.txt}\n    name: index\n"
        "  - Embedding: {input_dim: {vocabulary_of: index}, output_dim: 4}\n"
    )
    (found,) = [each for each in kspec.check(tmp_path / "spec.yaml") if each.is_error]
    assert (found.code, found.span.line) == ("KS504", 5)
    assert found.message == f"`index` has a vocabulary that Keras cannot read: `words.txt` {problem}"
