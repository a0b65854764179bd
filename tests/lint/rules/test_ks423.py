"""KS423: indices outside an Embedding's rows."""

import numpy as np
import pytest

from tests.lint.rules.helpers import check, codes, fixed, spec

SHAPE = "{x: {shape: [2]}}"


def net(layers="Dense: {units: 8, activation: relu}\nDense: {units: 1, activation: sigmoid}", inputs=SHAPE):
    return spec(layers, "data: {csv: t.csv, targets: y}", inputs)


class TestEmbeddingRange:
    INPUTS = "{x: {shape: [1], dtype: int32}}"

    def net(self, rows, before="", after="Flatten"):
        return net(
            f"{before}Embedding: {{input_dim: {rows}, output_dim: 4}}\n{after}\nDense: {{units: 1, activation: sigmoid}}",
            self.INPUTS,
        )

    def words(self, *numbers):
        return "\n".join(
            ["x,y", *(f"{number},{'yes' if i % 2 else 'no'}" for i, number in enumerate(list(numbers) * 8))]
        )

    def test_is_reported_and_fixed(self, tmp_path):
        diagnostics = check(self.net(9), tmp_path, t=self.words(0, 3, 9, 4, 1))
        assert codes(diagnostics) == ["KS423"]
        assert "input_dim: 10" in fixed("KS423", self.net(9), tmp_path, t=self.words(0, 3, 9, 4, 1))

    def test_enough_rows(self, tmp_path):
        assert check(self.net(10), tmp_path, t=self.words(0, 3, 9, 4, 1)) == []

    def test_below_zero(self, tmp_path):
        diagnostics = check(self.net(10), tmp_path, t=self.words(0, 3, -1, 4, 1))
        assert codes(diagnostics) == ["KS423"]
        assert "goes down to -1" in diagnostics[0].message

    @pytest.mark.parametrize(
        "before", ["Flatten\n", "Reshape: {target_shape: [1]}\n", "op: cast\n    call: {dtype: int32}\n"]
    )
    def test_through_what_keeps_values(self, before, tmp_path):
        assert codes(check(self.net(9, before), tmp_path, t=self.words(0, 3, 9, 4, 1))) == ["KS423"]

    @pytest.mark.parametrize("before", ["IntegerLookup\n", "Hashing: {num_bins: 5}\n"])
    def test_through_what_makes_indices(self, before, tmp_path):
        assert check(self.net(5, before), tmp_path, t=self.words(0, 3, 900, 4, 1)) == []

    def test_more_bins_than_rows(self):
        text = self.net(5, "Hashing: {num_bins: 8}\n")
        assert "input_dim: 8" in fixed("KS423", text)

    def test_a_size_that_the_data_decides(self, tmp_path):
        text = self.net("{vocabulary_of: known}", "IntegerLookup:\n    name: known\n")
        assert check(text, tmp_path, t=self.words(0, 3, 900, 4, 1)) == []

    def test_arrays(self, tmp_path):
        arrays = {"x": np.random.default_rng(0).integers(0, 30, (40, 6)), "y": np.tile([0, 1], 20)}
        text = spec("Embedding: {input_dim: 29, output_dim: 4}\nGlobalAveragePooling1D\nDense: {units: 1, activation: sigmoid}",
                    "data: {npz: t.npz, targets: y}", "{x: {shape: [6], dtype: int32}}")  # fmt: skip
        assert codes(check(text, tmp_path, t=arrays)) == ["KS423"]
        assert check(text.replace("29", "30"), tmp_path, t=arrays) == []

    def test_nothing_is_reported_without_the_data(self):
        assert check(self.net(1)) == []
