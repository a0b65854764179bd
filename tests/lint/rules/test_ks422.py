"""KS422: inputs that have shrunk to one position."""

import pytest

from tests.lint.rules.helpers import check, codes, spec


class TestVanishedSize:
    NET = """
Conv2D: {filters: 4, kernel_size: 3, strides: 4, padding: same}
MaxPooling2D: {pool_size: 4}
LAST
GlobalAveragePooling2D
Dense: {units: 3, activation: softmax}
"""

    def codes(self, last, size=16):
        return codes(check(spec(self.NET.replace("LAST", last), "", f"{{image: {{shape: [{size}, {size}, 3]}}}}")))

    @pytest.mark.parametrize("last", ["Conv2D: {filters: 4, kernel_size: 3, padding: same}", "MaxPooling2D: {pool_size: 2, padding: same}",
                                      "SeparableConv2D: {filters: 4, kernel_size: [3, 1], padding: same}",
                                      "DepthwiseConv2D: {kernel_size: 5, padding: same}"])  # fmt: skip
    def test_is_reported(self, last):
        assert self.codes(last) == ["KS422"]
        assert self.codes(last, size=32) == []

    def test_once(self):
        conv = "Conv2D: {filters: 4, kernel_size: 3, padding: same}"
        assert self.codes(f"{conv}\n{conv}\n{conv}") == ["KS422"]

    @pytest.mark.parametrize("last", ["Conv2D: {filters: 4, kernel_size: 1}", "Conv2DTranspose: {filters: 4, kernel_size: 4}",
                                      "UpSampling2D: {size: 4}", "Activation: {activation: relu}"])  # fmt: skip
    def test_layers_that_see_one_position_are_not_reported(self, last):
        assert self.codes(last) == []

    def test_a_global_pooling_is_intended(self):
        net = "GlobalAveragePooling2D: {keepdims: true}\nConv2D: {filters: 4, kernel_size: 3, padding: same}\nFlatten\nDense: {units: 1}"
        assert check(spec(net, "", "{image: {shape: [16, 16, 3]}}")) == []

    def test_a_single_step_is_intended(self):
        assert (
            check(
                spec(
                    "Conv1D: {filters: 4, kernel_size: 3, padding: same}\nFlatten\nDense: {units: 1}",
                    "",
                    "{x: {shape: [1, 3]}}",
                )
            )
            == []
        )
        assert (
            check(
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
        assert codes(check(spec(net, "", "{x: {shape: [8, 3]}}"))) == ["KS422"]
        assert check(spec(net, "", "{x: {shape: [16, 3]}}")) == []
