"""Large data to predict or to evaluate lies in files, and gives the same examples as data in memory, to the bit."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from kspec.data.storage import mapped_arrays
from tests.data.test_inference_data import Trained
from tests.data.test_mapped_arrays import assert_same, on_disk

CLASSES = ("multiclass_classification", 3, "sparse_categorical_crossentropy")
TRAINING = "\n".join(["a,word,kind,id", *(f"{i % 7},{('ox', 'hen')[i % 2]},{('no', 'yes', 'maybe')[i % 3]},t{i}" for i in range(60))])  # fmt: skip
OTHER = "\n".join(["kind,id,a,word", *(f"{('no', '', 'no', 'odd')[i % 4]},row {i},{('', '1.5', '3', 'x')[i % 11 % 4]},{('ox', '')[i % 9 == 4]}" for i in range(90))])  # fmt: skip


@pytest.fixture
def trained(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Trained:
    monkeypatch.setattr(mapped_arrays, "PIECE_BYTES", 200)
    (tmp_path / "t.csv").write_text(TRAINING)
    (tmp_path / "new.csv").write_text(OTHER)
    known = Trained(
        tmp_path,
        "{csv: t.csv, inputs: {x: a, w: word}, targets: kind, missing: {word: a-longer-word}}",
        "x: {shape: [1]}, w: {shape: [1], dtype: string}",
        CLASSES,
        (None, 3),
        ("kind",),
    )
    known.spec.document.predict.keep.append("id")
    return known


def test_examples_are_the_same(trained: Trained, monkeypatch: pytest.MonkeyPatch) -> None:
    """Words and labels of training are longer than those of the file; gaps and unknown labels take them."""
    before = trained.read("new.csv")
    problems = trained.problems
    on_disk(monkeypatch)
    after = trained.read("new.csv")
    assert before.left_out
    assert "a-longer-word" in before.inputs["w"]
    assert {*before.targets["y"].tolist()} == {"no", "maybe"}
    assert_same(before, after)
    assert problems == trained.problems
    for array in (after.inputs["w"], after.targets["y"], after.kept["id"]):
        assert mapped_arrays.is_mapped(array)


def test_a_full_disk_is_an_error(trained: Trained, monkeypatch: Any) -> None:
    on_disk(monkeypatch)
    monkeypatch.setattr("shutil.disk_usage", lambda _: type("Usage", (), {"free": 3e8})())
    monkeypatch.setattr(mapped_arrays, "RESERVE", 3e8)
    assert trained.read("new.csv") is None
    assert trained.problems[0].startswith("KS566 ")
