"""Classes that are equally frequent in training: which examples are drawn, and that every engine draws them."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

import kspec
from kspec.compiler.compile import compile_spec
from kspec.data.balancing import draw
from kspec.data.pipeline import Batches
from kspec.training.engine.row_source import RowSource

SPEC = """\
kspec: 1
data: {{csv: t.csv, inputs: [a, b], targets: y, balance: {way}}}
inputs: {{x: {{shape: [2]}}}}
layers: [{{Dense: {{units: 3, activation: softmax}}}}]
fit: {{epochs: 2, batch_size: 8, shuffle: {shuffle}, engine: {engine}}}
"""
CLASSES = np.array([0] * 20 + [1] * 7 + [2] * 3)


def write(folder, way="oversample", engine="keras", shuffle="true"):
    rows = [f"{i / 9},{i % 7},{'abc'[int(np.sqrt(i % 9) / 1.05)]}" for i in range(90)]
    (folder / "t.csv").write_text("a,b,y\n" + "\n".join(rows))
    path = folder / "spec.yaml"
    path.write_text(SPEC.format(way=way, engine=engine, shuffle=shuffle))
    return path


def test_each_class_as_often():
    for way, each in (("oversample", 20), ("undersample", 3)):
        drawn = draw(CLASSES, way, 5)
        assert Counter(CLASSES[drawn].tolist()) == dict.fromkeys(range(3), each)
        times = Counter(drawn.tolist())
        for number in range(3):
            own = [times[i] for i in np.flatnonzero(number == CLASSES).tolist()]
            assert max(own) - min(own) <= 1
        assert drawn.tolist() == draw(CLASSES, way, 5).tolist() != draw(CLASSES, way, 6).tolist()


def test_examples_without_a_class_are_drawn_once():
    drawn = draw(np.array([-1, 0, 0, 1, -1]), "oversample", 0)
    assert drawn.tolist() == [0, 1, 2, 3, 3, 4]


@pytest.mark.parametrize("way", ["oversample", "undersample"])
def test_training_alone(way, tmp_path):
    balanced = compile_spec(write(tmp_path, way), data="always").dataset
    plain = compile_spec(tmp_path / "spec.yaml", ["data.balance=null"], data="always").dataset
    for name, split in plain.splits.items():
        assert split.rows.tolist() == balanced.splits[name].rows.tolist()
    train = balanced.splits["train"]
    counts = Counter(train.targets["dense"][train.drawn].tolist())
    before = Counter(train.targets["dense"].tolist())
    assert set(counts.values()) == {(max if way == "oversample" else min)(before.values())}
    assert balanced.profile.parts["train"] == sum(counts.values())
    assert f"{way}: {counts['a']} of each class" in balanced.describe()


def test_batches_follow_the_draw():
    values, drawn = np.arange(30.0, dtype="float32"), draw(CLASSES, "oversample", 1)
    batches = Batches({"x": values}, {"y": CLASSES}, {}, batch_size=8, shuffle=True, seed=3, drawn=drawn)
    assert batches.steps == 8
    for epoch in (0, 1):
        expected = values[drawn[np.random.default_rng([3, 1, epoch]).permutation(60)]]
        batches.epoch(epoch)
        seen = np.concatenate([x.numpy() for x, _ in batches.dataset()])
        rows = np.concatenate([part.tensors[0].numpy() for part in RowSource(batches).passes([epoch])])
        assert seen.tolist() == rows.tolist() == expected.tolist()
    still = Batches({"x": values}, {"y": CLASSES}, {}, batch_size=8, shuffle=False, seed=3, drawn=drawn)
    assert np.concatenate([part.tensors[0].numpy() for part in RowSource(still).passes([0])]).tolist() == drawn.tolist()


@pytest.mark.parametrize(
    ("engine", "precision"), [("fused", 1e-5), pytest.param("fused_xla", 1e-4, marks=pytest.mark.slow)]
)
def test_engines_train_the_same(tmp_path, monkeypatch, engine, precision):
    monkeypatch.chdir(tmp_path)
    ours, theirs = (kspec.run(write(tmp_path, engine=each)).model.get_weights()[0] for each in (engine, "keras"))
    np.testing.assert_allclose(ours, theirs, rtol=precision)
