"""KS419: columns of very different scales."""

import random

import pytest

from tests.lint.rules.helpers import check, codes, fixed, spec

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

    def test_is_reported_and_fixed(self, tmp_path):
        assert "layers:\n  - Normalization\n  - Dense" in fixed("KS419", net(), tmp_path, t=self.WIDE)

    @pytest.mark.parametrize("before", ["Flatten", "Dropout: {rate: 0.1}", "Reshape: {target_shape: [1, 2]}\nFlatten"])
    def test_through_what_passes_numbers_on(self, before, tmp_path):
        assert codes(check(net(f"{before}\nDense: {{units: 1, activation: sigmoid}}"), tmp_path, t=self.WIDE)) == [
            "KS419"
        ]

    @pytest.mark.parametrize("before", ["Normalization", "BatchNormalization", "LayerNormalization", "Rescaling: {scale: 0.01}",
                                        "Discretization: {bin_boundaries: [1, 10, 100]}", "Reshape: {target_shape: [2, 1]}\nLSTM: {units: 4}"])  # fmt: skip
    def test_through_what_changes_them(self, before, tmp_path):
        assert check(net(f"{before}\nDense: {{units: 1, activation: sigmoid}}"), tmp_path, t=self.WIDE) == []

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
        assert check(net(), tmp_path, t=table(**columns)) == []

    def test_each_input_by_itself(self, tmp_path):
        layers = "Dense: {units: 8}\n    from: p\n    name: a\nDense: {units: 8}\n    from: q\n    name: b\nAdd:\n    from: [a, b]\nReLU\nDense: {units: 1, activation: sigmoid}"
        text = spec(
            layers, "data: {csv: t.csv, inputs: {p: size, q: income}, targets: y}", "{p: {shape: [1]}, q: {shape: [1]}}"
        )
        assert check(text, tmp_path, t=self.WIDE) == []

    def test_no_edit_where_two_take_the_input(self, tmp_path):
        layers = "Dense: {units: 8}\n    name: a\nDense: {units: 8}\n    from: x\n    name: b\nAdd:\n    from: [a, b]\nDense: {units: 1, activation: sigmoid}"
        diagnostics = check(net(layers), tmp_path, t=self.WIDE)
        assert codes(diagnostics) == ["KS419"]
        assert not diagnostics[0].edits
