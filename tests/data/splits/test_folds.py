"""Folds: each row is in one validation split, classes are even, groups stay whole, no fold trains on the future."""

from __future__ import annotations

import numpy as np
import pytest

from kspec.compiler.compile import compile_spec

RANDOM = np.random.default_rng(4)
ROWS = 83
GROUPS = RANDOM.integers(0, 17, ROWS)
CLASSES = RANDOM.choice(3, ROWS, p=[0.6, 0.3, 0.1])
TIMES = RANDOM.permutation(np.repeat(np.arange(42), 2)[:ROWS])
SPEC = """\
kspec: 1
data: {{csv: t.csv, inputs: [a, b], targets: y, split: {split}}}
inputs: {{x: {{shape: [2]}}}}
layers: [{{Dense: {{units: 3, activation: softmax}}}}]
"""


@pytest.fixture
def read(tmp_path):
    rows = [f"{i},{i % 7},{'abc'[CLASSES[i]]},{GROUPS[i]},{TIMES[i]}" for i in range(ROWS)]
    (tmp_path / "t.csv").write_text("a,b,y,g,t\n" + "\n".join(rows))

    def read_fold(split, fold):
        (tmp_path / "spec.yaml").write_text(SPEC.format(split=f"{{fold: {fold}, {split}}}"))
        compiled = compile_spec(tmp_path / "spec.yaml", data="always")
        if compiled.dataset is None:
            return [f"{each.code} {each.message}" for each in compiled.report if each.is_error]
        return {name: part.rows - 1 for name, part in compiled.dataset.splits.items()}

    return read_fold


@pytest.mark.parametrize("way", ["", "stratify: true", "group: g", "group: g, stratify: y"])
@pytest.mark.parametrize("test", [0, 0.2])
def test_each_row_is_validated_once(way, test, read):
    folds = [read(f"folds: 4, test: {test}, {way}".rstrip(", "), number) for number in range(1, 5)]
    held = folds[0].get("test", np.zeros(0, int))
    assert bool(len(held)) == bool(test)
    validated = np.concatenate([fold["validation"] for fold in folds])
    assert sorted([*validated, *held]) == list(range(ROWS))
    for fold in folds:
        assert sorted(np.concatenate(list(fold.values()))) == list(range(ROWS))
        assert fold.get("test", held).tolist() == held.tolist()
        if "group" in way:
            assert not set(GROUPS[fold["train"]]) & set(GROUPS[fold["validation"]])
    sizes = [len(fold["validation"]) for fold in folds]
    assert max(sizes) - min(sizes) <= (14 if "group" in way else 1)
    if way == "stratify: true":
        counts = np.array([np.bincount(CLASSES[fold["validation"]], minlength=3) for fold in folds])
        assert np.ptp(counts, axis=0).max() <= 1


@pytest.mark.parametrize(("gap", "test"), [(None, 0), (3, 0), (3, 0.2)])
def test_walk_forward(gap, test, read):
    more = f", test: {test}" + (f", gap: {gap}" if gap else "")
    folds = [read(f"folds: 4, time: t{more}", number) for number in range(1, 5)]
    for number, fold in enumerate(folds):
        latest, first = TIMES[fold["train"]].max(), TIMES[fold["validation"]].min()
        assert latest < first - (gap or 0)
        if test:
            assert TIMES[fold["validation"]].max() < TIMES[fold["test"]].min() - gap
        if number:
            assert TIMES[folds[number - 1]["validation"]].max() < first
            before = first - (gap or 0) > TIMES
            assert sorted(fold["train"]) == np.flatnonzero(before).tolist()
    validated = np.concatenate([fold["validation"] for fold in folds])
    assert len(validated) == len(set(validated)) > ROWS * (0.5 if test else 0.7)


@pytest.mark.parametrize(
    ("split", "message"),
    [
        ("folds: 84", "84 folds need as many rows to train on, and there are 83"),
        ("folds: 18, group: g", "18 folds need as many groups in `g`, and there are 17"),
        ("folds: 42, time: t", "42 folds in time need 43 different times, and the data has 42 different times"),
    ],
)
def test_too_many(split, message, read):
    assert read(split, 1) == [f"KS564 {message}"]


def test_windows_in_time_share_no_target(tmp_path):
    (tmp_path / "t.csv").write_text("day,load\n" + "\n".join(f"{i},{i * 0.5}" for i in range(60)))
    spec = """\
kspec: 1
data:
  csv: t.csv
  window: {length: 4, horizon: 2, time: day}
  inputs: {history: {columns: load, window: past}}
  targets: load
  split: {folds: 3, fold: FOLD, time: day}
inputs: {history: {shape: [4, 1]}}
layers: [Flatten: {}, Dense: {units: 2}]
"""
    seen = []
    for fold in (1, 2, 3):
        (tmp_path / "spec.yaml").write_text(spec.replace("FOLD", str(fold)))
        parts = compile_spec(tmp_path / "spec.yaml", data="always").dataset.splits
        targets = {name: set(part.targets["dense"].ravel()) for name, part in parts.items()}
        assert max(targets["train"]) < min(targets["validation"])
        assert max(parts["train"].inputs["history"].array().ravel()) < min(targets["validation"])
        assert not any(targets["validation"] & before for before in seen)
        seen.append(targets["validation"])
