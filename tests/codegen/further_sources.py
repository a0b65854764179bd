"""More small specs: steps with their own data, data in several files, models from files, stages."""

from __future__ import annotations

import csv
import datetime
from pathlib import Path
from typing import Any

import numpy as np

_STAGES = """\
fit:
  batch_size: 7
  keep: best
  callbacks:
    - ModelCheckpoint: {filepath: best.keras, save_best_only: true}
    - ModelCheckpoint: {filepath: last.keras}
  stages:
    - {epochs: 1, trainable: {outer: false, inner: false, timed: false}}
    - {epochs: 2, optimizer: {SGD: {use_ema: true}}, trainable: {inner/b: true, outer/c: true}}
    - {epochs: 1, trainable: {"*": true, outer/c: false, timed/t: false, base/first: false}}
"""
SPECS = {
    "other_tables": """\
data:
  csv: people.csv
  inputs: {n: [age, fare, sibs], t: [port, deck]}
  targets: survived
  weights: importance
  missing: {age: median, fare: mean, sibs: 0, port: most_frequent, deck: median}
inputs:
  n: {shape: [3]}
  t: {shape: [2], dtype: string}
layers:
  - StringLookup: {output_mode: multi_hot}
    from: t
    name: s
  - Concatenate:
    from: [n, s]
  - Dense: {units: 1, activation: sigmoid}
    name: y
evaluate: {data: held_out.csv}
predict: {data: new.csv}
""",
    "sizes": """\
vars: {half: "${units_of(n) // 2}"}
data:
  csv: people.csv
  inputs: {n: [age, fare, sibs], t: port}
  targets: survived
  missing: {age: median, fare: mean, sibs: 0, port: most_frequent}
inputs:
  n: {shape: [3]}
  t: {shape: [1], dtype: string}
blocks:
  tower:
    params: [width]
    layers:
      - Dense: {units: $width, activation: relu}
        name: wide
      - Dense: {units: "${max(units_of(in), units_of(wide) // 2)}", activation: relu}
layers:
  - StringLookup:
    from: t
    name: s
  - Embedding: {input_dim: {vocabulary_of: s}, output_dim: "${int(sqrt(vocabulary_of(s)) * 2)}"}
    name: port
  - Dense: {units: {units_of: port}}
    from: n
  - block: tower
    with: {width: "${shape_of(port, 2) * 2}"}
    repeat: 2
    name: tower
  - Dense: {units: $half}
  - Dense: {units: {units_of: tower/wide}}
  - op: multiply
    call: {x2: "${1 / sqrt(units_of(port))}"}
  - Dense: {units: 1, activation: sigmoid}
    name: y
""",
    "expressions": """\
vars: {scale: 0.5}
data: {synthetic: {examples: 60}}
inputs: {x-0: {shape: [4]}}
blocks:
  cross:
    params: [factor: 1]
    inputs: [x0, x]
    layers:
      - Dense: {units: {units_of: x0}}
        from: x
        name: h
      - expr: x0 * h * $factor + x
  gate:
    layers:
      - weight: {shape: [4, {units_of: in}], regularizer: l2}
        name: w
      - op: matmul
        from: [in, w]
        name: d
      - expr: d * sigmoid(-in)
layers:
  - Dense: {units: 4}
    name: d
  - block: cross
    from: [x-0, d]
    with: {factor: 0.7}
    name: c-1
  - expr: "$scale * 'c-1' - maximum(d, 0) / ${sqrt(units_of(d))}"
    name: y
  - weight: {shape: [4], initializer: ones}
    name: shift
    trainable: false
  - expr: (y > shift) * y + 2 ** 3
    when: "${scale > 0.4}"
  - block: gate
    repeat: 2
  - expr: y // 2 % 3
    when: false
  - Dense: {units: 1}
    name: out
""",
    "sizes_flat": """\
data: {synthetic: {examples: 60}}
inputs: {x-1: {shape: [4]}}
blocks:
  tower:
    params: [width: {units_of: in}]
    layers:
      - Dense: {units: $width}
        name: d
      - Dense: {units: "${units_of(d) * 2}"}
layers:
  - block: tower
    name: t
  - Reshape: {target_shape: ["${units_of(t/d) // 2}", -1]}
  - Flatten
  - Dense: {units: 4}
    name: g
  - weight: {shape: [4], constraint: NonNeg}
    name: w
  - expr: (g - 1) * g * w
  - Dense: {units: {units_of: x-1}}
  - Dense: {units: 1}
    name: y
""",
    "several_csv": """\
data:
  csv: {train: [people.csv, held_out.csv], test: spaced.csv}
  inputs: [sibs, fare]
  targets: survived
  missing: {fare: drop_row, sibs: 0}
  split: {validation: 0.25, stratify: true}
inputs: {x: {shape: [2]}}
layers:
  - Dense: {units: 1, activation: sigmoid}
    name: y
""",
    "no_header": """\
data:
  csv: {path: "bare_*.csv", header: false}
  targets: c7
inputs: {x: {shape: [7]}}
layers:
  - Dense: {units: 1}
    name: y
evaluate: {data: bare.npz}
predict: {data: bare_2.csv}
""",
    "several_parquet": """\
data:
  parquet: {train: [1.parquet, 2.parquet], test: 3.parquet}
  inputs: {n: [a, n], v: [v, a], t: word, d: day, k: [word, code]}
  targets: kind
  missing: {n: drop_row, kind: drop_row, word: most_frequent, code: most_frequent}
inputs:
  n: {shape: [2]}
  v: {shape: [5]}
  t: {shape: [1], dtype: string}
  d: {shape: [1], dtype: string}
  k: {shape: [2], dtype: string}
layers:
  - StringLookup: {output_mode: one_hot}
    each: [t, d]
    name: code
  - StringLookup: {output_mode: multi_hot}
    from: k
    name: s
  - Concatenate:
    from: [n, v, code, s]
  - Dense: {units: 3, activation: softmax}
    name: y
evaluate: {data: 3.parquet}
predict: {split: test}
""",
    "several_npz": """\
data:
  npz: [one.npz, two.npz]
  inputs: {x: x, f: f}
  targets: y
  missing: {f: drop_row}
inputs:
  x: {shape: [4, 3]}
  f: {shape: [1]}
layers:
  - Flatten:
    from: x
    name: g
  - Concatenate:
    from: [g, f]
  - Dense: {units: 3, activation: softmax}
    name: y
evaluate: {data: two.npz}
predict: {split: validation}
""",
    "pictures_by_split": """\
data:
  images: {train: pictures/train, validation: pictures/held_out, test: pictures/deep}
inputs: {image: {shape: [6, 6, 3]}}
layers:
  - Rescaling: {scale: 0.00392}
  - Flatten
  - Dense: {units: 2, activation: softmax}
    name: kind
evaluate: {data: pictures/held_out}
predict: {data: pictures/loose}
""",
    "pictures_for_two": """\
data:
  images: [pictures/train, pictures/held_out]
  inputs: {a: image, b: image}
inputs:
  a: {shape: [6, 6, 3]}
  b: {shape: [4, 4], dtype: uint8}
layers:
  - Flatten:
    from: a
    name: fa
  - Rescaling: {scale: 0.01}
    from: b
    name: rb
  - Flatten:
    name: fb
  - Concatenate:
    from: [fa, fb]
  - Dense: {units: 2, activation: softmax}
    name: kind
predict: {data: "pictures/loose/*.png"}
""",
    "open_positions": """\
data: {synthetic: {examples: 20, classes: 3}}
inputs: {x: {shape: [null, 3]}}
layers:
  - Conv1D: {filters: 4, kernel_size: 3, strides: 2}
  - Dense: {units: 3, activation: softmax}
    name: y
""",
    "from_files": """\
data: {synthetic: {examples: 40}}
inputs: {p: {shape: [4]}, q: {shape: [3]}}
models:
  one: {file: base.json}
  other: {file: base.json, weights: base.weights.h5, trainable: false}
  two: {file: two.json}
layers:
  - model: one
    from: p
    name: a
  - model: other
    from: a
    name: b
  - model: two
    from: {left: b, right: q}
    as: [u, v]
    name: both
  - Dense: {units: 1}
    from: u
    name: y
  - Dense: {units: 1}
    from: v
    name: z
outputs: [y, z]
""",
    "nested_stages": f"""\
data: {{synthetic: {{examples: 40}}}}
{_STAGES}\
inputs: {{x: {{shape: [4]}}, s: {{shape: [3, 4]}}}}
models:
  base: {{file: base.json}}
  inner:
    inputs: {{i: {{shape: [4]}}}}
    layers:
      - Dense: {{units: 4}}
        name: a
      - Dense: {{units: 4}}
        name: b
  outer:
    inputs: {{i: {{shape: [4]}}}}
    layers:
      - model: inner
      - Dense: {{units: 4}}
        name: c
  timed:
    inputs: {{i: {{shape: [4]}}}}
    layers:
      - Dense: {{units: 4}}
        name: t
      - Dense: {{units: 4}}
        name: u
layers:
  - model: base
    from: x
    name: bx
  - model: outer
    name: ox
  - TimeDistributed: {{layer: {{model: timed}}}}
    from: s
    name: td
  - GlobalAveragePooling1D:
    name: gs
  - Concatenate:
    from: [ox, gs]
  - Dense: {{units: 1}}
    name: y
""",
}
OWN_FIT = {"nested_stages"}
"""Specs with a `fit` section of their own."""


def make_data(folder: Path) -> None:
    """Writes the data of these specs."""
    _people(folder)
    chance = np.random.default_rng(5)
    for number, rows in ((1, 30), (2, 9)):
        _write(folder / f"bare_{number}.csv", chance.normal(size=(rows, 8)).round(3).tolist())
    np.savez(folder / "bare.npz", **{f"c{number}": chance.normal(size=7) for number in range(8)})
    _parquet(folder)
    for seed, (name, rows) in enumerate((("one", 30), ("two", 14))):
        f = np.random.default_rng(seed).normal(size=rows)
        f[::5] = np.nan
        x = chance.normal(size=(rows, 4, 3)).astype("float32")
        np.savez(folder / f"{name}.npz", x=x, f=f, y=np.arange(rows) % 3)
    _pictures(folder / "pictures")
    _networks(folder)


def _write(path: Path, rows: list[list[Any]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(rows)


def _people(folder: Path) -> None:
    head = ["age", "fare", "sibs", "port", "deck", "importance", "survived"]
    for seed, (name, count) in enumerate({"people": 40, "held_out": 16, "spaced": 14, "new": 11}.items()):
        chance = np.random.default_rng(seed)
        rows = [
            [
                int(chance.integers(1, 80)),
                round(float(chance.normal(30, 9)), 2),
                int(chance.integers(0, 4)),
                "SCQ"[chance.integers(0, 3)] * int(chance.integers(1, 4)),
                int(chance.integers(1, 4)),
                round(float(chance.random()), 3),
                ["no", "yes"][n % 2],
            ]
            for n in range(count)
        ]
        for n, row in enumerate(rows):
            for place, every in ((0, 7), (1, 11), (3, 9), (4, 8)):
                row[place] = "NA" if n % every == 2 else row[place]
        if name == "new":
            rows = [[*row[:2], "" if n % 5 == 1 else row[2], *row[3:5]] for n, row in enumerate(rows)]
        names = [f" {name} " for name in head] if name == "spaced" else head[: len(rows[0])]
        _write(folder / f"{name}.csv", [names, *rows])


def _parquet(folder: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    for number, rows in ((1, 30), (2, 22), (3, 14)):
        chance = np.random.default_rng(number)
        kinds = [["red", "grün", "blue"][n % 3] if n % 10 else None for n in range(rows)]
        table = {
            "a": chance.normal(size=rows),
            "n": pa.array([float(n) if n % 6 else None for n in range(rows)]),
            "v": chance.normal(size=(rows, 4)).tolist(),
            "kind": kinds,
            "word": [word if n % 4 else None for n, word in enumerate(kinds)],
            "code": pa.array([n % 3 if n % 5 else None for n in range(rows)]),
            "day": [datetime.date(2020, 1, 1 + n % 3) for n in range(rows)],
        }
        pq.write_table(pa.table(table), folder / f"{number}.parquet")


def _pictures(folder: Path) -> None:
    import tensorflow as tf

    def draw(name: str, seed: int) -> None:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        picture = np.random.default_rng(seed).integers(0, 256, (7, 5, 3), dtype="uint8")
        encode = tf.io.encode_png if path.suffix == ".png" else tf.io.encode_jpeg
        path.write_bytes(encode(picture).numpy())

    for seed in range(24):
        kind, place = ["cat", "dog"][seed % 2], ["train", "train", "held_out", "deep/"][seed // 2 % 4]
        inner = "/in" if place == "deep/" else ""
        draw(f"{place.strip('/')}/{kind}{inner}/{seed}.{'png' if seed % 3 else 'jpg'}", seed)
    for seed in range(3):
        draw(f"loose/{seed}.png", 50 + seed)
    (folder / "train/cat/._1.png").write_bytes(b"what some systems leave beside a picture")


def _networks(folder: Path) -> None:
    import keras
    from keras import layers

    i = keras.Input((4,), name="i")
    x = layers.Dropout(0.1, name="drop")(layers.Dense(5, activation="relu", name="first")(i))
    base = keras.Model(i, layers.Dense(4, kernel_initializer="he_normal", name="last")(x), name="mine")
    (folder / "base.json").write_text(base.to_json(), encoding="utf-8")
    base.save_weights(folder / "base.weights.h5")
    left, right = keras.Input((4,), name="left"), keras.Input((3,), name="right")
    both = layers.Concatenate(name="both")([layers.Dense(2, name="l")(left), layers.Dense(2, name="r")(right)])
    outputs = [layers.Dense(2, name="u")(both), layers.Dense(3, name="v")(both)]
    (folder / "two.json").write_text(keras.Model([right, left], outputs, name="pair").to_json(), encoding="utf-8")
