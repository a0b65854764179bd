"""KS409: predictions at every position."""

import numpy as np
import pytest

from tests.lint.rules.helpers import check, codes, fixed, spec

IMAGE = "{image: {shape: [64, 64, 1]}}"


CNN = """
Conv2D: {filters: 8, kernel_size: 4, activation: relu}
MaxPooling2D: {pool_size: 2}
Conv2D: {filters: 8, kernel_size: 4, activation: relu}
MaxPooling2D: {pool_size: 2}
Dense: {units: 10, activation: relu}
Dropout: {rate: 0.1}
Dense: {units: 1, activation: sigmoid}
    name: y
"""


SEQUENCE = "{x: {shape: [10, 3]}}"


@pytest.mark.parametrize("data", ["data: {images: pictures}", "data: {csv: t.csv, targets: t}", ""])
def test_the_tutorial_s_network(data):
    after = fixed("KS409", spec(CNN, data, IMAGE))
    assert "  - Flatten\n  - Dense: {units: 10" in after


def test_it_is_intended_with_synthetic_data():
    assert check(spec(CNN, "data: {synthetic: {examples: 10}}", IMAGE)) == []


def test_arrays_may_have_positions():
    assert check(spec(CNN, "data: {npz: t.npz, targets: t}", IMAGE)) == []


@pytest.mark.parametrize(("shape", "expected"), [((), ["KS409"]), ((1,), ["KS409"]), ((13, 13, 1), [])])
def test_by_the_target(shape, expected, tmp_path):
    arrays = {
        "image": np.random.rand(20, 64, 64, 1).astype("f4"),
        "y": np.random.default_rng(0).integers(0, 2, (20, *shape)),
    }
    assert codes(check(spec(CNN, "data: {npz: t.npz}", IMAGE), tmp_path, t=arrays)) == expected


@pytest.mark.parametrize(
    "pooling", ["Flatten", "GlobalAveragePooling2D", "GlobalMaxPooling2D", "Reshape: {target_shape: [1352]}"]
)
def test_one_answer(pooling):
    text = CNN.replace("Dense: {units: 10", f"{pooling}\nDense: {{units: 10")
    assert check(spec(text, "data: {images: pictures}", IMAGE)) == []


def test_pooling_after_dense_is_one_answer_too():
    text = CNN.replace("Dense: {units: 1,", "GlobalAveragePooling2D\nDense: {units: 1,")
    assert check(spec(text, "data: {images: pictures}", IMAGE)) == []


@pytest.mark.parametrize("data", ["data: {csv: t.csv, targets: t}"])
def test_a_recurrent_layer(data):
    text = spec("LSTM: {units: 8, return_sequences: true}\nDense: {units: 1}\n    name: y", data, SEQUENCE)
    assert "return_sequences: false" in fixed("KS409", text)


def test_a_sequence():
    text = spec(
        "Conv1D: {filters: 8, kernel_size: 3}\nDense: {units: 1}\n    name: y",
        "data: {csv: t.csv, targets: t}",
        SEQUENCE,
    )
    assert "  - GlobalAveragePooling1D\n  - Dense" in fixed("KS409", text)


def test_a_list_on_one_line():
    text = (
        f"kspec: 1\ninputs: {SEQUENCE}\nlayers: [{{Conv1D: {{filters: 8, kernel_size: 3}}}}, {{Dense: {{units: 1}}}}]\n"
    )
    assert "GlobalAveragePooling1D, {Dense" in fixed("KS409", text + "data: {csv: t.csv, targets: t}\n")


@pytest.mark.parametrize(
    "layers",
    [
        "LSTM: {units: 8, return_sequences: true}\nDense: {units: 5, activation: softmax}",
        "Conv1D: {filters: 8, kernel_size: 3, padding: same}\nDense: {units: 1, activation: sigmoid}",
        "Dense: {units: 1}",
    ],
)
def test_sequences_without_data_may_be_intended(layers):
    assert check(spec(layers, "", SEQUENCE)) == []


def test_as_large_as_the_input_may_be_intended():
    layers = (
        "Conv2D: {filters: 8, kernel_size: 3, padding: same, activation: relu}\nDense: {units: 1, activation: sigmoid}"
    )
    assert check(spec(layers, "", IMAGE)) == []
    up = "Conv2D: {filters: 8, kernel_size: 3, strides: 4}\nUpSampling2D\nDense: {units: 1, activation: sigmoid}"
    assert check(spec(up, "", IMAGE)) == []


def test_an_output_that_is_only_predicted():
    layers = "LSTM: {units: 8, return_sequences: true}\nDense: {units: 4}\n    name: code\nGlobalMaxPooling1D\nDense: {units: 1}\n    name: y"
    assert check(spec(layers, "outputs: [code, y]\ndata: {csv: t.csv, targets: {y: t}}", SEQUENCE)) == []


def test_no_edit_where_the_node_has_a_from():
    text = CNN.replace(
        "Dense: {units: 10, activation: relu}", "Dense: {units: 10, activation: relu}\n    from: last"
    ).replace("MaxPooling2D: {pool_size: 2}\nDense", "MaxPooling2D: {pool_size: 2}\n    name: last\nDense")
    diagnostics = check(spec(text, "data: {images: pictures}", IMAGE))
    assert codes(diagnostics) == ["KS409"]
    assert not diagnostics[0].edits
