"""KS409 and KS422: answers at every position, and pictures that vanish."""

import numpy as np
import pytest

from tests.lint.rules.helpers import codes, cured, look, spec

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


class TestAnswerPerPosition:
    @pytest.mark.parametrize("data", ["data: {images: pictures}", "data: {csv: t.csv, targets: t}", ""])
    def test_the_tutorial_s_network(self, data):
        after = cured("KS409", spec(CNN, data, IMAGE))
        assert "  - Flatten\n  - Dense: {units: 10" in after

    def test_it_is_meant_with_synthetic_data(self):
        assert look(spec(CNN, "data: {synthetic: {examples: 10}}", IMAGE)) == []

    def test_arrays_may_have_positions(self):
        assert look(spec(CNN, "data: {npz: t.npz, targets: t}", IMAGE)) == []

    @pytest.mark.parametrize(("shape", "expected"), [((), ["KS409"]), ((1,), ["KS409"]), ((13, 13, 1), [])])
    def test_by_the_target(self, shape, expected, tmp_path):
        arrays = {
            "image": np.random.rand(20, 64, 64, 1).astype("f4"),
            "y": np.random.default_rng(0).integers(0, 2, (20, *shape)),
        }
        assert codes(look(spec(CNN, "data: {npz: t.npz}", IMAGE), tmp_path, t=arrays)) == expected

    @pytest.mark.parametrize(
        "pooling", ["Flatten", "GlobalAveragePooling2D", "GlobalMaxPooling2D", "Reshape: {target_shape: [1352]}"]
    )
    def test_one_answer(self, pooling):
        text = CNN.replace("Dense: {units: 10", f"{pooling}\nDense: {{units: 10")
        assert look(spec(text, "data: {images: pictures}", IMAGE)) == []

    def test_pooling_after_dense_is_one_answer_too(self):
        text = CNN.replace("Dense: {units: 1,", "GlobalAveragePooling2D\nDense: {units: 1,")
        assert look(spec(text, "data: {images: pictures}", IMAGE)) == []

    @pytest.mark.parametrize("data", ["data: {csv: t.csv, targets: t}"])
    def test_a_recurrent_layer(self, data):
        text = spec("LSTM: {units: 8, return_sequences: true}\nDense: {units: 1}\n    name: y", data, SEQUENCE)
        assert "return_sequences: false" in cured("KS409", text)

    def test_a_sequence(self):
        text = spec(
            "Conv1D: {filters: 8, kernel_size: 3}\nDense: {units: 1}\n    name: y",
            "data: {csv: t.csv, targets: t}",
            SEQUENCE,
        )
        assert "  - GlobalAveragePooling1D\n  - Dense" in cured("KS409", text)

    def test_a_list_on_one_line(self):
        text = f"kspec: 1\ninputs: {SEQUENCE}\nlayers: [{{Conv1D: {{filters: 8, kernel_size: 3}}}}, {{Dense: {{units: 1}}}}]\n"
        assert "GlobalAveragePooling1D, {Dense" in cured("KS409", text + "data: {csv: t.csv, targets: t}\n")

    @pytest.mark.parametrize(
        "layers",
        [
            "LSTM: {units: 8, return_sequences: true}\nDense: {units: 5, activation: softmax}",
            "Conv1D: {filters: 8, kernel_size: 3, padding: same}\nDense: {units: 1, activation: sigmoid}",
            "Dense: {units: 1}",
        ],
    )
    def test_sequences_without_data_may_be_meant(self, layers):
        assert look(spec(layers, "", SEQUENCE)) == []

    def test_as_large_as_the_input_may_be_meant(self):
        layers = "Conv2D: {filters: 8, kernel_size: 3, padding: same, activation: relu}\nDense: {units: 1, activation: sigmoid}"
        assert look(spec(layers, "", IMAGE)) == []
        up = "Conv2D: {filters: 8, kernel_size: 3, strides: 4}\nUpSampling2D\nDense: {units: 1, activation: sigmoid}"
        assert look(spec(up, "", IMAGE)) == []

    def test_an_output_that_is_only_predicted(self):
        layers = "LSTM: {units: 8, return_sequences: true}\nDense: {units: 4}\n    name: code\nGlobalMaxPooling1D\nDense: {units: 1}\n    name: y"
        assert look(spec(layers, "outputs: [code, y]\ndata: {csv: t.csv, targets: {y: t}}", SEQUENCE)) == []

    def test_no_edit_where_the_node_says_what_it_comes_from(self):
        text = CNN.replace(
            "Dense: {units: 10, activation: relu}", "Dense: {units: 10, activation: relu}\n    from: last"
        ).replace("MaxPooling2D: {pool_size: 2}\nDense", "MaxPooling2D: {pool_size: 2}\n    name: last\nDense")
        found = look(spec(text, "data: {images: pictures}", IMAGE))
        assert codes(found) == ["KS409"]
        assert not found[0].edits


class TestVanishedSize:
    NET = """
Conv2D: {filters: 4, kernel_size: 3, strides: 4, padding: same}
MaxPooling2D: {pool_size: 4}
LAST
GlobalAveragePooling2D
Dense: {units: 3, activation: softmax}
"""

    def codes(self, last, size=16):
        return codes(look(spec(self.NET.replace("LAST", last), "", f"{{image: {{shape: [{size}, {size}, 3]}}}}")))

    @pytest.mark.parametrize("last", ["Conv2D: {filters: 4, kernel_size: 3, padding: same}", "MaxPooling2D: {pool_size: 2, padding: same}",
                                      "SeparableConv2D: {filters: 4, kernel_size: [3, 1], padding: same}",
                                      "DepthwiseConv2D: {kernel_size: 5, padding: same}"])  # fmt: skip
    def test_is_found(self, last):
        assert self.codes(last) == ["KS422"]
        assert self.codes(last, size=32) == []

    def test_once(self):
        conv = "Conv2D: {filters: 4, kernel_size: 3, padding: same}"
        assert self.codes(f"{conv}\n{conv}\n{conv}") == ["KS422"]

    @pytest.mark.parametrize("last", ["Conv2D: {filters: 4, kernel_size: 1}", "Conv2DTranspose: {filters: 4, kernel_size: 4}",
                                      "UpSampling2D: {size: 4}", "Activation: {activation: relu}"])  # fmt: skip
    def test_what_sees_one_point_is_none_of_it(self, last):
        assert self.codes(last) == []

    def test_a_global_pooling_is_meant(self):
        net = "GlobalAveragePooling2D: {keepdims: true}\nConv2D: {filters: 4, kernel_size: 3, padding: same}\nFlatten\nDense: {units: 1}"
        assert look(spec(net, "", "{image: {shape: [16, 16, 3]}}")) == []

    def test_a_single_step_is_meant(self):
        assert (
            look(
                spec(
                    "Conv1D: {filters: 4, kernel_size: 3, padding: same}\nFlatten\nDense: {units: 1}",
                    "",
                    "{x: {shape: [1, 3]}}",
                )
            )
            == []
        )
        assert (
            look(
                spec(
                    "Conv1D: {filters: 4, kernel_size: 3, padding: causal}\nDense: {units: 1}",
                    "",
                    "{x: {shape: [null, 3]}}",
                )
            )
            == []
        )

    def test_a_sequence(self):
        net = "MaxPooling1D: {pool_size: 8}\nConv1D: {filters: 4, kernel_size: 3, padding: same}\nFlatten\nDense: {units: 1}"
        assert codes(look(spec(net, "", "{x: {shape: [8, 3]}}"))) == ["KS422"]
        assert look(spec(net, "", "{x: {shape: [16, 3]}}")) == []
