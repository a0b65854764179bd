"""KS416, KS417 and KS418: the batch size, the classes of each split, and rows in two splits."""

import random

import numpy as np
import pytest

from tests.lint.rules.helpers import apply_edits, check, codes, fixed, spec


def net(split="{validation: 0.2, test: 0.2}", more="", units=1, targets="y"):
    activation = "sigmoid" if units == 1 else "softmax"
    data = f"data:\n  csv: t.csv\n  inputs: [a, b]\n  targets: {targets}\n  split: {split}\n"
    return spec(f"Dense: {{units: {units}, activation: {activation}}}\n    name: out", data + more, "{x: {shape: [2]}}")


def table(labels="no yes", rows=40, parts=""):
    chance = random.Random(1)
    words, where = labels.split(), parts.split()
    lines = [
        f"{chance.uniform(0, 9):.4f},{chance.uniform(0, 9):.4f},{words[i % len(words)]}"
        + (f",{where[i % len(where)]}" if where else "")
        for i in range(rows)
    ]
    return "\n".join(["a,b,y" + (",part" if where else ""), *lines])


class TestBatchSize:
    def test_is_reported_and_fixed(self, tmp_path):
        diagnostics = check(net(more="fit: {batch_size: 64}"), tmp_path, t=table())
        assert codes(diagnostics) == ["KS416"]
        assert "24 training examples" in diagnostics[0].message
        assert "batch_size: 24" in fixed("KS416", net(more="fit: {batch_size: 64}"), tmp_path, t=table())

    def test_of_a_large_table(self, tmp_path):
        assert "batch_size: 32" in fixed("KS416", net(more="fit: {batch_size: 5000}"), tmp_path, t=table(rows=400))

    @pytest.mark.parametrize("more", ["fit: {batch_size: 24}", "fit: {batch_size: 8}", "", "fit: {epochs: 3}"])
    def test_near_misses(self, more, tmp_path):
        assert check(net(more=more), tmp_path, t=table(rows=40 if more else 20)) == []

    def test_nothing_is_reported_without_the_data(self):
        assert check(net(more="fit: {batch_size: 64000}")) == []


class TestClassesOfParts:
    def test_is_fixed_by_stratifying(self, tmp_path):
        text = net("{validation: 0.1, test: 0.1}")
        rare = "no " * 36 + "yes " * 4
        diagnostics = check(text, tmp_path, t=table(rare))
        assert codes(diagnostics) == ["KS417"]
        assert "split: {stratify: true, validation: 0.1" in apply_edits(text, diagnostics[0])

    def test_stratifying_shares_out(self, tmp_path):
        text, t = net("{validation: 0.2, test: 0.2}"), table("no " * 34 + "yes " * 6)
        before = codes(check(text, tmp_path, t=t))
        after = check(net("{stratify: true, validation: 0.2, test: 0.2}"), tmp_path, t=t)
        assert (before, after) == (["KS417"], [])

    def test_by_a_column(self, tmp_path):
        parts = "train train train train test test train train validation validation"
        diagnostics = check(net("{by: part}"), tmp_path, t=table("no no no yes no no no yes yes no", parts=parts))
        assert codes(diagnostics) == ["KS417"]
        assert "the test split has no `yes`" in diagnostics[0].message
        assert not diagnostics[0].edits

    def test_both_parts_in_one_message(self, tmp_path):
        parts = "train train train train test validation"
        diagnostics = check(net("{by: part}"), tmp_path, t=table("no no no yes no no", parts=parts))
        assert [d.code for d in diagnostics] == ["KS417"]
        assert "validation and test splits have" in diagnostics[0].message

    def test_too_few_for_all_parts(self, tmp_path):
        parts = " ".join(["train"] * 24 + ["test"] * 8 + ["validation"] * 8)
        labels = " ".join(["yes", "yes"] + ["no"] * 38)
        assert check(net("{by: part}"), tmp_path, t=table(labels, parts=parts)) == []

    def test_a_regression_has_no_classes(self, tmp_path):
        text = net("{by: part}").replace("activation: sigmoid", "activation: linear")
        assert check(text, tmp_path, t=table("1 2 3 4 5 5", parts="train train train train test validation")) == []

    def test_classes_missing_in_training_are_ks507(self, tmp_path):
        parts = "train train train train test validation"
        assert codes(check(net("{by: part}"), tmp_path, t=table("no no no no no yes", parts=parts))) == ["KS507"]


class TestRepeatedRows:
    def copies(self, count, distinct=40):
        lines = table(rows=distinct).splitlines()
        return "\n".join([lines[0] + ",part", *(f"{line},train" for line in lines[1:]), *(f"{line},test" for line in lines[1 : count + 1]),
                          *(f"{line},test" for line in table(rows=distinct + 20).splitlines()[distinct + 1 :]),
                          "9.5,9.5,no,validation", "9.25,9.5,yes,validation"])  # fmt: skip

    @pytest.mark.parametrize(("count", "expected"), [(12, ["KS418"]), (2, ["KS418"]), (1, []), (0, [])])
    def test_by_how_many(self, count, expected, tmp_path):
        assert codes(check(net("{by: part}"), tmp_path, t=self.copies(count))) == expected

    def test_the_same_inputs_with_another_target(self, tmp_path):
        lines = self.copies(12).splitlines()
        other = [
            line.replace("yes", "?").replace("no", "yes").replace("?", "no") if line.endswith("test") else line
            for line in lines
        ]
        assert check(net("{by: part}"), tmp_path, t="\n".join(other)) == []

    def test_columns_of_few_values_repeat_by_chance(self, tmp_path):
        chance = random.Random(2)
        rows = [f"{chance.randint(0, 3)},{chance.randint(0, 5)},{chance.choice(['no', 'yes'])}" for _ in range(200)]
        assert check(net(), tmp_path, t="a,b,y\n" + "\n".join(rows)) == []

    def test_copies_made_before_the_split(self, tmp_path):
        lines = table(rows=100).splitlines()
        assert codes(check(net(), tmp_path, t="\n".join([lines[0], *lines[1:], *lines[1:]]))) == ["KS418", "KS418"]

    def test_arrays_and_texts(self, tmp_path):
        values = np.random.default_rng(0).random((40, 4)).astype("f4")
        arrays = {"x": np.concatenate([values, values]), "y": np.tile([0, 1], 40)}
        text = spec("Dense: {units: 1, activation: sigmoid}", "data: {npz: t.npz, targets: y}")
        assert set(codes(check(text, tmp_path, t=arrays))) == {"KS418"}
        assert check(text, tmp_path, t={name: array[:40] for name, array in arrays.items()}) == []
        words = [f"word{i} and word{i * 7}" for i in range(60)]
        text = spec("TextVectorization: {max_tokens: 50, output_mode: multi_hot}\nDense: {units: 1, activation: sigmoid}",
                    "data: {csv: t.csv, targets: y}", "{x: {shape: [], dtype: string}}")  # fmt: skip
        rows = [f"{word},{'yes' if i % 2 else 'no'}" for i, word in enumerate(words)]
        assert check(text, tmp_path, t="\n".join(["x,y", *rows])) == []
        assert set(codes(check(text, tmp_path, t="\n".join(["x,y", *rows, *rows])))) == {"KS418"}

    def test_arrays_of_few_values_repeat_by_chance(self, tmp_path):
        chance = np.random.default_rng(0)
        arrays = {"x": chance.integers(0, 3, (200, 4)), "y": chance.integers(0, 2, 200)}
        text = spec("Dense: {units: 1, activation: sigmoid}", "data: {npz: t.npz, targets: y}")
        assert check(text, tmp_path, t=arrays) == []

    def test_synthetic_data_is_not_checked(self, tmp_path):
        text = spec("Dense: {units: 1}", "data: {synthetic: {examples: 50}}", "{x: {shape: [1], dtype: int32}}")
        assert check(text, tmp_path, none="") == []
