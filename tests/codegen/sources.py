"""Small specs for every source of data, each with other settings, and the data that they read."""

from __future__ import annotations

import csv
import gzip
from pathlib import Path

import numpy as np

from tests.codegen import fold_sources, further_sources, prepared_sources, weight_sources, window_sources

ROWS = 48
FIT = "fit: {{epochs: 2, batch_size: 8}}\n"
BEGIN = "kspec: 1\nname: {name}\nseed: 3\n" + FIT
SPECS = {
    "files": """\
data:
  csv: {train: one.csv, validation: two.csv, test: three.csv}
  inputs: [a, b, flag]
  targets: flag
inputs: {x: {shape: [3]}}
layers:
  - Dense: {units: 1, activation: sigmoid}
    name: y
""",
    "by_column": """\
data:
  csv: {path: marked.csv.gz, delimiter: ";", encoding: latin-1}
  inputs: [a, b]
  targets: [is_red, is_green, is_blue]
  split: {by: part}
inputs: {x: {shape: [2]}}
layers:
  - op: abs
  - Normalization
  - Dropout: {rate: 0.3}
  - Dense: {units: 3, activation: softmax}
    name: y
""",
    "codes": """\
data:
  csv: [one.csv, two.csv]
  inputs: [a, b]
  targets: code
  split: {validation: 0, test: 0.3, stratify: colour}
inputs: {x: {shape: [2]}}
layers:
  - Dense: {units: {classes_of: y}}
    name: y
compile: {loss: {SparseCategoricalCrossentropy: {from_logits: true}}}
""",
    "parquet": """\
data:
  parquet: table.parquet
  inputs: {u: [a, b, n], v: v, t: word}
  targets: word
  missing: {n: mean}
inputs:
  u: {shape: [3]}
  v: {shape: [4]}
  t: {shape: [1], dtype: string}
layers:
  - StringLookup: {output_mode: one_hot}
    from: t
    name: s
  - Concatenate:
    from: [u, v, s]
  - Dense: {units: 3, activation: softmax}
    name: y
""",
    "arrays": """\
data:
  npz: arrays.npz
  inputs: {x: x, m: m}
  targets: {y: y, z: z}
  weights: {z: w}
inputs:
  x: {shape: [4, 3]}
  m: {shape: [6], dtype: uint8}
layers:
  - Bidirectional: {layer: {GRU: {units: 4}}}
    from: x
    name: g
    trainable: false
  - Rescaling: {scale: 0.01}
    from: m
    name: r
  - Concatenate:
    from: [g, r]
    name: j
  - Dense: {units: 3, activation: softmax}
    name: y
  - Dense: {units: 1}
    from: j
    name: z
outputs: [y, z]
""",
    "standardized": """\
data: {csv: one.csv, inputs: {t: colour}, targets: flag}
inputs: {t: {shape: [], dtype: string}}
layers:
  - TextVectorization: {standardize: [{"r(.)d": "\\\\1", "[üu]": ""}, lower], output_mode: count}
  - Dense: {units: 1, activation: sigmoid}
    name: y
""",
    "predicted_nodes": """\
data: {synthetic: {examples: 40}}
inputs: {left: {shape: [6]}, right: {shape: [6]}}
models:
  encoder:
    inputs: {x: {shape: [6]}}
    layers:
      - Dense: {units: 4}
        name: mean
      - Dense: {units: 3}
        from: x
        name: spread
    outputs: [mean, spread]
blocks:
  pair:
    layers:
      - Dense: {units: 5, activation: relu}
        name: inner
      - Dense: {units: 4}
layers:
  - model: encoder
    from: left
    as: [m, s]
  - model: encoder
    from: right
    name: other
  - Concatenate:
    from: [m, s, other]
  - block: pair
    repeat: 2
    name: use
  - Dense: {units: 4}
    name: shared
  - reuse: shared
    name: again
  - op: reshape
    call: {newshape: [-1, 2, 2]}
    name: matrix
  - op: split
    call: {indices_or_sections: 2, axis: 1}
    as: [p, q]
  - Flatten:
    from: q
  - Dense: {units: 3}
    name: logits
outputs: logits
task: multiclass_classification
compile: {loss: {SparseCategoricalCrossentropy: {from_logits: true}}}
predict: {nodes: [encoder, use/inner, use_0/inner, shared, again, matrix, q, logits, left]}
""",
    **further_sources.SPECS,
    **weight_sources.SPECS,
    **prepared_sources.SPECS,
    **fold_sources.SPECS,
    **window_sources.SPECS,
}


def make(folder: Path) -> dict[str, Path]:
    """Writes the data and the specs; returns name → spec."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    chance = np.random.default_rng(0)
    a, b = chance.normal(size=(2, ROWS)).round(3)
    kind = np.arange(ROWS) % 3
    words = np.array(["red", "grün", "blue"])[kind]
    head = ["a", "b", "flag", "colour", "code", "is_red", "is_green", "is_blue", "part"]
    parts = ["train", "val", "Test", "training"]
    rows = [
        [a[n], b[n], ["TRUE", "false"][n % 2], words[n], 10 + 5 * kind[n], *np.eye(3, dtype=int)[kind[n]], parts[n % 4]]
        for n in range(ROWS)
    ]
    for name, own in {"one": rows[:24], "two": rows[24:36], "three": rows[36:]}.items():
        with (folder / f"{name}.csv").open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows([head, *own])
    with gzip.open(folder / "marked.csv.gz", "wt", newline="", encoding="latin-1") as file:
        csv.writer(file, delimiter=";").writerows([head, *rows])
    numbers = pa.array([None if n % 9 == 0 else float(n) for n in range(ROWS)])
    vectors = chance.normal(size=(ROWS, 4)).tolist()
    pq.write_table(pa.table({"a": a, "b": b, "n": numbers, "v": vectors, "word": words}), folder / "table.parquet")
    x = chance.normal(size=(ROWS, 4, 3)).astype("float32")
    m = chance.integers(0, 255, (ROWS, 6), dtype="uint8")
    np.savez(folder / "arrays.npz", x=x, m=m, y=kind, z=a, w=abs(b))
    further_sources.make_data(folder)
    weight_sources.make_data(folder)
    prepared_sources.make_data(folder)
    window_sources.make_data(folder)
    for name, text in SPECS.items():
        own_fit = further_sources.OWN_FIT | weight_sources.OWN_FIT | prepared_sources.OWN_FIT | fold_sources.OWN_FIT
        begin = BEGIN.replace(FIT, "") if name in own_fit else BEGIN
        (folder / f"{name}.yaml").write_text(begin.format(name=name) + text, encoding="utf-8")
    return {name: folder / f"{name}.yaml" for name in SPECS}
