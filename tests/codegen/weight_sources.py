"""Small specs: stratified splits, class weights, and outputs of several dtypes."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np

SPECS = {
    "combinations": """\
data:
  csv: one.csv
  inputs: [a, b]
  targets: {colour: colour, flag: flag, size: a}
  split: {validation: 0.3, test: 0.2, stratify: true}
inputs: {x: {shape: [2]}}
layers:
  - Dense: {units: 4}
    name: h
  - Dense: {units: 3, activation: softmax}
    name: colour
  - Dense: {units: 1, activation: sigmoid}
    from: h
    name: flag
  - Dense: {units: 1}
    from: h
    name: size
outputs: [colour, flag, size]
""",
    "columns_together": """\
data:
  csv: one.csv
  inputs: [a, b]
  targets: [is_red, is_green]
  split: {validation: 0.3, test: 0.2, stratify: true}
inputs: {x: {shape: [2]}}
layers:
  - Dense: {units: 2, activation: sigmoid}
    name: y
fit: {epochs: 1, class_weight: balanced}
""",
    "slices": """\
data: {csv: one.csv, inputs: [a, b], targets: {colour: colour, size: a}, weights: {size: code}, split: {test: 0.4}}
inputs: {x: {shape: [2]}}
layers:
  - Dense: {units: 3, activation: softmax}
    name: colour
  - Dense: {units: 1}
    from: x
    name: size
outputs: [colour, size]
fit: {epochs: 1}
evaluate: {slices: [colour, code, is_red]}
""",
    "ignored_label": """\
data: {npz: positions.npz, inputs: x, targets: classes}
inputs: {x: {shape: [5, 3]}}
layers:
  - Dense: {units: 3, activation: softmax}
    name: y
compile: {loss: {SparseCategoricalCrossentropy: {ignore_class: 255}}}
fit: {epochs: 1, class_weight: balanced}
""",
    "ignored_label_with_weights": """\
data: {npz: positions.npz, inputs: x, targets: classes}
inputs: {x: {shape: [5, 3]}}
layers:
  - Dense: {units: 3, activation: softmax}
    name: y
compile: {loss: {SparseCategoricalCrossentropy: {ignore_class: 255}}}
fit: {epochs: 1, class_weight: {0: 2.0, 2: 0.5}}
""",
    "balanced_positions": """\
data: {npz: positions.npz, inputs: x, targets: flags}
inputs: {x: {shape: [5, 3]}}
layers:
  - Dense: {units: 2, activation: sigmoid}
    name: y
task: multilabel_classification
fit: {epochs: 1, class_weight: balanced}
""",
    "dtypes_of_outputs": """\
dtype_policy: mixed_float16
data: {synthetic: {examples: 24}}
inputs: {x: {shape: [6]}}
layers:
  - Dense: {units: 6, activation: relu}
    name: h
  - Dense: {units: 3, activation: softmax, dtype: float32}
    name: head
  - Dense: {units: 1, dtype: float64}
    from: h
    name: other
outputs: {a: head, b: other}
compile: {loss: {a: sparse_categorical_crossentropy, b: mean_squared_error}}
fit: {epochs: 1}
""",
    "vectors": """\
data: {csv: one.csv, inputs: {t: colour}, targets: flag}
inputs: {t: {shape: [], dtype: string}}
blocks:
  embedded:
    layers:
      - Embedding: {input_dim: 6, output_dim: 3}
        weights: {file: matrix.npy}
        name: rows
layers:
  - TextVectorization: {output_sequence_length: 2}
    name: words
  - Embedding: {input_dim: "${vocabulary_of(words)}", output_dim: 3}
    weights: {file: words.vec.gz, vocabulary: words}
    trainable: false
  - op: multiply
    call: {x2: {file: matrix.csv}}
    name: scaled
  - block: embedded
    from: words
  - Add:
    from: [scaled, embedded]
  - op: add
    call: {x2: {file: row.npy}}
  - Flatten
  - Dense: {units: 1, activation: sigmoid}
    name: y
fit: {epochs: 1}
""",
}
OWN_FIT = {name for name, text in SPECS.items() if "\nfit:" in text}


def make_data(folder: Path) -> None:
    """Writes the data of these specs that others do not have."""
    chance = np.random.default_rng(6)
    classes = np.where(chance.random((24, 5)) < 0.2, 255, chance.integers(0, 3, (24, 5)))
    flags = (chance.random((24, 5, 2)) < [0.3, 0.8]).astype("int64")
    np.save(folder / "matrix.npy", chance.normal(size=(6, 3)))
    np.save(folder / "row.npy", np.arange(3, dtype="uint8"))
    (folder / "matrix.csv").write_text("1, 2, 0.5\n\n3,4,0.1\n")
    with gzip.open(folder / "words.vec.gz", "wt", encoding="utf-8") as file:
        file.write("4 3\nred 1 2 3.5\nfar away 0 0 1\nblue -1 0.1 2\nred 7 7 7\n")
    np.savez(folder / "positions.npz", x=chance.normal(size=(24, 5, 3)), classes=classes, flags=flags)
