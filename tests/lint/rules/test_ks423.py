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

    @pytest.mark.parametrize(
        ("before", "rows"),
        [("IntegerLookup\n", 6), ("Hashing: {num_bins: 5}\n", 5), ("Discretization: {bin_boundaries: [2.0, 5.0]}\n", 3),
         ("IntegerLookup: {vocabulary: [0, 1, 3, 4], mask_token: 900}\n", 6)],
    )  # fmt: skip
    def test_through_what_makes_indices(self, before, rows, tmp_path):
        table = self.words(0, 3, 900, 4, 1)
        assert check(self.net(rows, before), tmp_path, t=table) == []
        diagnostics = check(self.net(rows - 1, before), tmp_path, t=table)
        assert codes(diagnostics) == ["KS423"]
        assert f"gives indices up to {rows - 1}" in diagnostics[0].message

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


class TestEncodings:
    """Layers and ops other than Embedding that take only some values."""

    TABLE = "\n".join(["k,c,y", *(f"{n % 5},{'ab'[n % 2]},{'yes' if n % 3 else 'no'}" for n in range(39)), "5,q,no"])

    def diagnostics(self, layer, tmp_path):
        text = spec(f"{layer}\nFlatten\nDense: {{units: 1, activation: sigmoid}}",
                    "data: {csv: t.csv, inputs: k, targets: y}", "{x: {shape: [1], dtype: int32}}")  # fmt: skip
        return check(text, tmp_path, t=self.TABLE)

    @pytest.mark.parametrize("mode", ["one_hot", "multi_hot", "count"])
    def test_category_encoding(self, mode, tmp_path):
        (problem,) = self.diagnostics(f"CategoryEncoding: {{num_tokens: 5, output_mode: {mode}}}", tmp_path)
        assert problem.message == ("`category_encoding` encodes the numbers up to 4, but `k` goes up to 5 in row 40")
        assert problem.help == "write `num_tokens: 6`"
        assert self.diagnostics(f"CategoryEncoding: {{num_tokens: 6, output_mode: {mode}}}", tmp_path) == []

    def test_one_hot(self, tmp_path):
        assert codes(self.diagnostics("op: one_hot\n    call: {num_classes: 5}", tmp_path)) == ["KS423"]
        assert self.diagnostics("op: one_hot\n    call: {num_classes: 6}", tmp_path) == []

    @pytest.mark.parametrize("arguments", ["num_oov_indices: 0", "num_oov_indices: 0, vocabulary: [a, b]"])
    def test_a_lookup_without_an_index_for_unknown_values(self, arguments, tmp_path):
        layer = f"StringLookup: {{{arguments}, output_mode: one_hot}}"
        table = self.TABLE.replace("5,q,no", "5,a,no\n" + "1,a,yes\n" * 20 + "5,q,no")
        data = "data: {csv: {path: t.csv}, inputs: c, targets: y}"
        inputs = "{x: {shape: [1], dtype: string}}"
        text = spec(f"{layer}\nDense: {{units: 1, activation: sigmoid}}", data, inputs)
        for seed in range(20):  # with one of them, the rare value is not in the training split
            found = check(text + f"\nseed: {seed}\n", tmp_path, t=table)
            if "vocabulary" in arguments or found:
                assert codes(found) == ["KS423"]
                assert ": q in row 61" in found[0].message
                break
        else:
            pytest.fail("the rare value is always in the training split")
        assert check(text.replace("num_oov_indices: 0", "num_oov_indices: 1"), tmp_path, t=table) == []

    def test_a_column_selected_from_several(self, tmp_path):
        text = spec("op: get_item\n    call: {key: ':, 1'}\nEmbedding: {input_dim: 5, output_dim: 2}\n"
                    "Dense: {units: 1, activation: sigmoid}", "data: {csv: t.csv, inputs: [w, k], targets: y}",
                    "{x: {shape: [2], dtype: int32}}")  # fmt: skip
        table = "\n".join(["w,k,y", *(f"{90 + n},{n % 5},{'yes' if n % 3 else 'no'}" for n in range(40))])
        assert check(text, tmp_path, t=table) == []
        assert codes(check(text.replace("input_dim: 5", "input_dim: 4"), tmp_path, t=table)) == ["KS423"]

    def test_a_sub_model(self, tmp_path):
        text = spec("model: encoder\n    from: x\nDense: {units: 1, activation: sigmoid}",
                    "data: {csv: t.csv, inputs: k, targets: y}\nmodels:\n  encoder:\n"
                    "    inputs: {code: {shape: [1], dtype: int32}}\n    layers:\n"
                    "      - Embedding: {input_dim: 5, output_dim: 2}\n      - Flatten\n",
                    "{x: {shape: [1], dtype: int32}}")  # fmt: skip
        assert codes(check(text, tmp_path, t=self.TABLE)) == ["KS423"]
        assert check(text.replace("input_dim: 5", "input_dim: 6"), tmp_path, t=self.TABLE) == []

    def test_words_that_a_text_layer_learns(self, tmp_path):
        text = spec("TextVectorization: {output_sequence_length: 3}\nEmbedding: {input_dim: 8, output_dim: 2}\nFlatten\n"
                    "Dense: {units: 1, activation: sigmoid}",
                    "data: {csv: t.csv, inputs: words, targets: y, split: {validation: 0, test: 0.1}}",
                    "{x: {shape: [1], dtype: string}}")  # fmt: skip
        table = "\n".join(
            ["words,y", *(f"W{n % 3}! good w{n % 3} bad-ly,{'yes' if n % 2 else 'no'}" for n in range(40))]
        )
        (problem,) = check(text.replace("8", "6"), tmp_path, t=table)  # padding, unknown, w0, w1, w2, good, badly
        assert "`text_vectorization` gives indices up to 6" in problem.message
        assert check(text.replace("8", "7"), tmp_path, t=table) == []
        assert check(text.replace("8", "6").replace("length: 3", "length: 3, max_tokens: 6"), tmp_path, t=table) == []
