"""Nothing outside the training split changes the trained weights, to the bit.

`tests/data/test_leaks.py` proves it for what training sees; here layers adapt, classes are weighted, stages follow each
other, and whole runs are compared. The runs hold out no validation data: early stopping and the choice of the best epoch
look at it by their nature.
"""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

import kspec
from kspec.compiler.compile import compile_spec
from kspec.runs.run_loader import load_run

ROWS = 200
WORDS = ("good", "bad", "fine", "poor", "new", "old", "red")
LAYERS = """
kspec: 1
task: multiclass_classification
seed: 1
data:
  csv: table.csv
  inputs: {size: size, age: age, city: city, note: note}
  targets: kind
  missing: {size: median, city: unknown}
  split: {hash: key, validation: 0.2, test: 0.2}
inputs:
  size: {shape: [1]}
  age: {shape: [1]}
  city: {shape: [1], dtype: string}
  note: {shape: [1], dtype: string}
layers:
  - Normalization: {}
    from: size
    name: scaled
  - Discretization: {num_bins: 4, output_mode: one_hot}
    from: age
    name: bins
  - StringLookup: {output_mode: one_hot}
    from: city
    name: code
  - TextVectorization: {max_tokens: 12, output_sequence_length: 4}
    from: note
    name: words
  - Embedding: {input_dim: {vocabulary_of: words}, output_dim: 3}
  - GlobalAveragePooling1D:
    name: text
  - Concatenate: {}
    from: [scaled, bins, code, text]
  - Dropout: {rate: 0.2}
  - Dense: {units: {classes_of: kind}, activation: softmax}
    name: kind
fit:
  batch_size: 16
  class_weight: balanced
  stages:
    - {epochs: 2}
    - {epochs: 1}
"""
WINDOWS = """
kspec: 1
task: regression
seed: 1
data:
  csv: table.csv
  window: {length: 6, horizon: 2, time: day}
  inputs: {past: {columns: [size, age], window: past}}
  targets: age
  missing: {size: mean}
inputs:
  past: {shape: [6, 2]}
layers:
  - Normalization
  - LSTM: {units: 3}
  - Dense: {units: 2}
fit: {epochs: 2, batch_size: 16}
"""


GROUPS = """
kspec: 1
task: regression
seed: 1
data:
  csv: table.csv
  columns: {half: size / 2}
  inputs: {numbers: [size, half], words: {column: note, sep: " "}}
  targets: {age: {column: age, scale: standard}}
  missing: {size: {fill: forward, else: median, indicator: true}, half: {fill: backward, else: 0}}
  split: {group: place, validation: 0.2, test: 0.2}
inputs:
  numbers: {shape: [3]}
  words: {shape: [null], dtype: string}
layers:
  - Normalization: {}
    from: numbers
    name: scaled
  - StringLookup: {output_mode: multi_hot}
    from: words
    name: found
  - Concatenate: {}
    from: [scaled, found]
  - Dense: {units: 1}
    name: age
fit: {epochs: 2, batch_size: 16}
"""


def _write(file: Path, changed: frozenset[int]) -> None:
    """A table, of which some rows have other values.

    Args:
        file: Its place.
        changed: The numbers of these rows, from 1.
    """
    random = np.random.default_rng(0)
    lines = [["day", "place", "key", "size", "age", "city", "note", "kind"]]
    for row in range(ROWS):
        size = "" if random.random() < 0.1 else f"{random.normal():.4f}"
        note = " ".join(random.choice(WORDS, 4))
        keys = [str(row), f"p{row % 17}", f"k{row}"]
        line = [size, f"{random.random() * 80:.2f}", random.choice(["a", "b", "c"]), note, "uvw"[row % 3]]
        if row + 1 in changed:
            note = "words never seen, and more of them"
            line = ["" if row % 3 else "1e9", f"{-row}", "elsewhere", note, "uvw"[row * 7 % 3]]
        lines.append([*keys, *(str(value) for value in line)])
    with file.open("w", newline="", encoding="utf-8") as stream:
        csv.writer(stream).writerows(lines)


@pytest.mark.slow
@pytest.mark.parametrize("text", [LAYERS, WINDOWS, GROUPS], ids=["layers", "windows", "groups"])
def test_other_splits_change_no_weight(text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "spec.yaml").write_text(text, encoding="utf-8")
    _write(tmp_path / "table.csv", frozenset())
    dataset = compile_spec(tmp_path / "spec.yaml", data="always").dataset
    assert dataset is not None
    seen = {int(row) for row in dataset.splits["train"].rows}
    if text == WINDOWS:  # the targets of the last window lie behind it
        seen = set(range(1, max(seen) + 3))
    outside = frozenset(range(1, ROWS + 1)) - seen
    assert len(outside) > ROWS // 5
    found = []
    for changed in (frozenset(), outside):
        _write(tmp_path / "table.csv", changed)
        model = load_run(str(kspec.run("spec.yaml").folder)).model
        words = [layer.get_vocabulary() for layer in model.layers if hasattr(layer, "get_vocabulary")]
        found.append([words, *((weight.path, np.asarray(weight).tobytes()) for weight in model.weights)])
    assert len(found[0]) > 3
    assert found[0] == found[1]
