"""KS419 and KS423: what the columns of an input look like."""

import random

import numpy as np
import pytest

from tests.lint.rules.helpers import codes, cured, look, spec

SHAPE = "{x: {shape: [2]}}"


def table(**columns):
    """Columns of uniform numbers between two bounds, and a target."""
    chance = random.Random(1)
    rows = [
        ",".join([*(f"{chance.uniform(low, high):.6g}" for low, high in columns.values()), "yes" if i % 2 else "no"])
        for i in range(40)
    ]
    return "\n".join([",".join([*columns, "y"]), *rows])


def net(layers="Dense: {units: 8, activation: relu}\nDense: {units: 1, activation: sigmoid}", inputs=SHAPE):
    return spec(layers, "data: {csv: t.csv, targets: y}", inputs)


class TestScales:
    WIDE = table(size=(0.1, 1), income=(20000, 80000))

    def test_is_found_and_cured(self, tmp_path):
        assert "layers:\n  - Normalization\n  - Dense" in cured("KS419", net(), tmp_path, t=self.WIDE)

    @pytest.mark.parametrize("before", ["Flatten", "Dropout: {rate: 0.1}", "Reshape: {target_shape: [1, 2]}\nFlatten"])
    def test_through_what_passes_numbers_on(self, before, tmp_path):
        assert codes(look(net(f"{before}\nDense: {{units: 1, activation: sigmoid}}"), tmp_path, t=self.WIDE)) == [
            "KS419"
        ]

    @pytest.mark.parametrize("before", ["Normalization", "BatchNormalization", "LayerNormalization", "Rescaling: {scale: 0.01}",
                                        "Discretization: {bin_boundaries: [1, 10, 100]}", "Reshape: {target_shape: [2, 1]}\nLSTM: {units: 4}"])  # fmt: skip
    def test_through_what_changes_them(self, before, tmp_path):
        assert look(net(f"{before}\nDense: {{units: 1, activation: sigmoid}}"), tmp_path, t=self.WIDE) == []

    @pytest.mark.parametrize(
        "columns",
        [
            {"age": (18, 80), "member": (0, 1)},
            {"a": (0.001, 0.002), "b": (0, 1)},
            {"height": (150, 200), "weight": (40, 120)},
            {"a": (-1, 1), "b": (-3, 3)},
            {"constant": (5000, 5000), "b": (0, 1)},
        ],
    )
    def test_columns_that_go_together(self, columns, tmp_path):
        assert look(net(), tmp_path, t=table(**columns)) == []

    def test_each_input_by_itself(self, tmp_path):
        layers = "Dense: {units: 8}\n    from: p\n    name: a\nDense: {units: 8}\n    from: q\n    name: b\nAdd:\n    from: [a, b]\nReLU\nDense: {units: 1, activation: sigmoid}"
        text = spec(
            layers, "data: {csv: t.csv, inputs: {p: size, q: income}, targets: y}", "{p: {shape: [1]}, q: {shape: [1]}}"
        )
        assert look(text, tmp_path, t=self.WIDE) == []

    def test_no_edit_where_two_take_the_input(self, tmp_path):
        layers = "Dense: {units: 8}\n    name: a\nDense: {units: 8}\n    from: x\n    name: b\nAdd:\n    from: [a, b]\nDense: {units: 1, activation: sigmoid}"
        found = look(net(layers), tmp_path, t=self.WIDE)
        assert codes(found) == ["KS419"]
        assert not found[0].edits


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

    def test_is_found_and_cured(self, tmp_path):
        found = look(self.net(9), tmp_path, t=self.words(0, 3, 9, 4, 1))
        assert codes(found) == ["KS423"]
        assert "input_dim: 10" in cured("KS423", self.net(9), tmp_path, t=self.words(0, 3, 9, 4, 1))

    def test_enough_rows(self, tmp_path):
        assert look(self.net(10), tmp_path, t=self.words(0, 3, 9, 4, 1)) == []

    def test_below_zero(self, tmp_path):
        found = look(self.net(10), tmp_path, t=self.words(0, 3, -1, 4, 1))
        assert codes(found) == ["KS423"]
        assert "goes down to -1" in found[0].message

    @pytest.mark.parametrize(
        "before", ["Flatten\n", "Reshape: {target_shape: [1]}\n", "op: cast\n    call: {dtype: int32}\n"]
    )
    def test_through_what_keeps_values(self, before, tmp_path):
        assert codes(look(self.net(9, before), tmp_path, t=self.words(0, 3, 9, 4, 1))) == ["KS423"]

    @pytest.mark.parametrize("before", ["IntegerLookup\n", "Hashing: {num_bins: 5}\n"])
    def test_through_what_makes_indices(self, before, tmp_path):
        assert look(self.net(5, before), tmp_path, t=self.words(0, 3, 900, 4, 1)) == []

    def test_more_bins_than_rows(self):
        text = self.net(5, "Hashing: {num_bins: 8}\n")
        assert "input_dim: 8" in cured("KS423", text)

    def test_a_size_that_the_data_decides(self, tmp_path):
        text = self.net("{vocabulary_of: known}", "IntegerLookup:\n    name: known\n")
        assert look(text, tmp_path, t=self.words(0, 3, 900, 4, 1)) == []

    def test_arrays(self, tmp_path):
        arrays = {"x": np.random.default_rng(0).integers(0, 30, (40, 6)), "y": np.tile([0, 1], 20)}
        text = spec("Embedding: {input_dim: 29, output_dim: 4}\nGlobalAveragePooling1D\nDense: {units: 1, activation: sigmoid}",
                    "data: {npz: t.npz, targets: y}", "{x: {shape: [6], dtype: int32}}")  # fmt: skip
        assert codes(look(text, tmp_path, t=arrays)) == ["KS423"]
        assert look(text.replace("29", "30"), tmp_path, t=arrays) == []

    def test_without_a_look_at_the_data(self):
        assert look(self.net(1)) == []
