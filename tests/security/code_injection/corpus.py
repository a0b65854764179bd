"""Specs that together have a text in every key of the language where one can stand, and the files that they read.

A `~` marks the texts that are free, where any text can stand; it is the place of the hostile one.
"""

from __future__ import annotations

import csv
import json
import sqlite3
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import yaml

SPECS = {
    "table": r"""
kspec: 1
description: What the model~ is for
vars: {word: relu, lead: best, folder: ~logs, width: 4, rate: 0.1}
data:
  csv: {path: {train: ~train.csv, test: ~held.csv}, delimiter: ",", encoding: utf-8, header: true}
  inputs: {numbers: [~age_of_the_person, ~fare_of_the_passage], words: [~port, ~deck]}
  targets: {kind: ~colour, size: ~size, sign: ~flag}
  weights: {kind: ~importance, size: ~certainty}
  missing: {~age_of_the_person: median, ~fare_of_the_passage: 1.5, ~port: most_frequent, ~deck: ~unknown}
  split: {validation: 0.25, test: 0, stratify: ~colour}
inputs:
  numbers: {shape: [2]}
  words: {shape: [2], dtype: string}
blocks:
  tower:
    params: [units, {activation: tanh}]
    layers:
      - Dense: {units: $units, activation: $activation}
      - Dropout: {rate: $rate}
layers:
  - StringLookup: {vocabulary: [~first, ~second], oov_token: ~other, output_mode: multi_hot}
    from: words
    name: looked
  - Concatenate:
    from: [numbers, looked]
  - block: tower
    with: {units: $width, activation: $word}
    repeat: 2
  - Dense: {units: 4}
    name: shared
  - Dense: {units: 3, activation: softmax}
    name: kind
  - Dense: {units: 1}
    from: shared
    name: size
  - Dense: {units: 1, activation: sigmoid}
    from: shared
    name: sign
outputs: [kind, size, sign]
compile:
  metrics: {kind: [{SparseCategoricalAccuracy: {name: ~hits}}], size: [], sign: []}
fit:
  epochs: 1
  keep: best
  monitor: val_kind_~hits
  class_weight: {kind: {~red: 2.0, ~blue: 1.0}}
  callbacks:
    - ModelCheckpoint: {filepath: "${lead}.keras"}
    - CSVLogger: {filename: "$folder", separator: ";"}
evaluate: {data: ~other.csv}
predict: {data: ~new.csv, to: ~answers.csv, nodes: [shared]}
sweep:
  search:
    vars.word: {choice: [relu, tanh]}
    fit.epochs: {int: [1, 3]}
  goal: {maximize: val_kind_~hits, minimize: parameters}
  sampler: {QMC: {qmc_type: sobol}}
  constraints: [parameters <= 100000]
  time_limit: 1 h
""",
    "one": r"""
kspec: 1
name: one
data:
  csv: [~train.csv, ~other.csv]
  inputs: [~age_of_the_person, ~fare_of_the_passage]
  targets: ~colour
  missing: drop_row
  split: {by: ~part}
inputs: {x: {shape: [2]}}
layers:
  - Dense: {units: 3, activation: softmax}
    name: y
task: multiclass_classification
compile:
  loss: {SparseCategoricalCrossentropy: {name: ~cost}}
  metrics: [{SparseTopKCategoricalAccuracy: {name: ~score, k: 2}}]
fit:
  verbose: 2
  stages:
    - {name: warm, epochs: 1, trainable: {y: true}}
    - {name: late, epochs: 1, optimizer: {SGD: {name: ~slow}}}
predict: {to: ~answers.csv}
sweep:
  search: {fit.batch_size: {choice: [8, 16]}}
  goal: {minimize: val_loss}
  pruner: {Patient: {wrapped_pruner: Median, patience: 2}}
""",
    "text": r"""
kspec: 1
data: {csv: ~train.csv, inputs: ~deck, targets: [~flag, ~part_2]}
inputs: {t: {shape: [], dtype: string}}
layers:
  - TextVectorization:
      standardize: [{"a+b": gone, "c|d": ""}, lower]
      split: whitespace
      output_mode: count
  - Dense: {units: 2, activation: sigmoid}
    name: y
""",
    "outside": r"""
kspec: 1
extensions: [mine.parts]
data: {synthetic: {examples: 20}}
inputs: {x: {shape: [4]}, z: {shape: [4]}}
models:
  inner-net:
    inputs: {a-b: {shape: [4]}, a_b: {shape: [4]}}
    layers:
      - Add:
        from: [a-b, a_b]
layers:
  - model: inner-net
    from: [x, z]
  - mine.parts.Gate: {~label: ~inside, size: 3, ~deep: [~one, two]}
    call: {~mode: ~fast}
  - mine.parts.Join: {kind: ~sum}
    from: {left: x, ~right: z}
  - Dense: {units: 1, kernel_initializer: {mine.parts.Start: {~law: ~flat}}, activity_regularizer: mine.parts.Less}
  - op: einsum
    from: [x, z]
    call: {subscripts: "bi,bi->b"}
  - op: reshape
    call: {newshape: [-1, 1]}
  - Dense: {units: 1}
    name: y
compile: {loss: {mine.parts.Cost: {~norm: ~l1}}, optimizer: {mine.parts.Slow: {~rule: ~sgd}}, metrics: []}
""",
    "arrays": r"""
kspec: 1
dtype_policy: float32
data: {npz: ~arrays.npz, inputs: {x: ~values}, targets: {y: ~answer, z: ~second}}
inputs: {x: {shape: [4]}}
layers:
  - op: split
    call: {indices_or_sections: 2, axis: 1}
    as: [left, right]
  - Dense: {units: 3, activation: softmax}
    from: left
    name: y
  - Dense: {units: 1}
    from: right
    name: z
outputs: [y, z]
compile:
  loss_weights: {y: 2.0, z: 0.5}
  weighted_metrics: {z: [{MeanSquaredError: {name: ~error}}]}
""",
    "columns": r"""
kspec: 1
data: {parquet: ~table.parquet, inputs: [~values], targets: ~answer}
inputs: {x: {shape: [4]}}
layers:
  - Dense: {units: 1, activation: sigmoid}
    name: y
predict: {threshold: 0.7}
""",
    "queried": r"""
kspec: 1
data:
  csv: ~train.csv
  columns: {~twice: amount * 2}
  where: amount > 0
  inputs: [~twice, ~fare_of_the_passage]
  targets: ~colour
  missing: {~fare_of_the_passage: {fill: 0, indicator: true}}
  balance: {by: oversample, target: y}
inputs: {x: {shape: [3]}}
layers:
  - Dense: {units: 3, activation: softmax}
    name: y
""",
    "marked": r"""
kspec: 1
data:
  csv:
    path: ~marked.csv
    delimiter: ";"
    quote: "|"
    comment: "#"
    decimal: ","
    thousands: "_"
    header: true
    names: [~age_of_the_person, ~fare_of_the_passage, ~place, ~sold]
    missing: ["?"]
  inputs: {numbers: [~age_of_the_person, ~fare_of_the_passage], word: ~place}
  targets: ~sold
  missing: {~age_of_the_person: median}
inputs: {numbers: {shape: [2]}, word: {shape: [1], dtype: string}}
layers:
  - StringLookup: {output_mode: one_hot}
    from: word
    name: places
  - Concatenate:
    from: [numbers, places]
  - Dense: {units: 1, activation: sigmoid}
    name: y
""",
    "in_time": r"""
kspec: 1
data: {csv: ~train.csv, inputs: amount, targets: ~flag, split: {time: ~day, gap: 1 day, validation: 0.2, test: 0.2}}
inputs: {x: {shape: [1]}}
layers:
  - Dense: {units: 1, activation: sigmoid}
    name: y
fit: {time_limit: 10 min}
""",
    "windows": r"""
kspec: 1
data:
  csv: ~train.csv
  inputs: {x: {columns: [amount], window: past}}
  targets: ~flag
  window: {length: 2, horizon: 0, time: ~day, by: ~part_2, every: 1 day}
inputs: {x: {shape: [2, 1]}}
layers:
  - Flatten
  - Dense: {units: 1, activation: sigmoid}
    name: y
""",
    "grouped": r"""
kspec: 1
data: {csv: ~train.csv, inputs: amount, targets: ~flag, split: {group: ~id, validation: 0.2, test: 0.2}}
inputs: {x: {shape: [1]}}
layers:
  - Dense: {units: 1, activation: sigmoid}
    name: y
evaluate: {slices: [amount]}
""",
    "hashed": r"""
kspec: 1
data: {csv: ~train.csv, inputs: amount, targets: ~flag, split: {hash: ~id, validation: 0.2, test: 0.2}}
inputs: {x: {shape: [1]}}
layers:
  - Dense: {units: 1, activation: sigmoid}
    name: y
""",
    "listed": r"""
kspec: 1
data: {csv: ~train.csv, inputs: amount, targets: ~flag, split: {lists: {train: ~first.txt, test: ~last.txt}, key: ~id}}
inputs: {x: {shape: [1]}}
layers:
  - Dense: {units: 1, activation: sigmoid}
    name: y
""",
    "json": r"""
kspec: 1
data: {json: ~rows.json, inputs: ~amount, targets: ~colour}
inputs: {x: {shape: [1]}}
layers:
  - Dense: {units: 3, activation: softmax}
    name: y
""",
    "arrow": r"""
kspec: 1
data: {arrow: ~rows.arrow, inputs: ~amount, targets: ~colour}
inputs: {x: {shape: [1]}}
layers:
  - Dense: {units: 3, activation: softmax}
    name: y
""",
    "array_files": r"""
kspec: 1
data: {npy: {x: ~values.npy, y: ~answer.npy}, targets: y}
inputs: {x: {shape: [4]}}
layers:
  - Dense: {units: 3, activation: softmax}
    name: y
""",
    "database": r"""
kspec: 1
data: {sql: {connect: ~shop.db, query: select * from rows}, inputs: ~amount, targets: ~colour}
inputs: {x: {shape: [1]}}
layers:
  - Dense: {units: 3, activation: softmax}
    name: y
budget: {memory: 4 GB}
""",
    "pictures": r"""
kspec: 1
data: {images: ~pictures}
inputs: {x: {shape: [32, 32, 3]}}
weights: ~all.weights.h5
models:
  base:
    application: {MobileNetV2: {include_top: false, weights: ~base.weights.h5, input_shape: [32, 32, 3]}}
layers:
  - model: base
  - GlobalAveragePooling2D
  - Dense: {units: 3, activation: softmax}
    name: y
""",
}
COLOURS = ["~red", "~green", "~blue"]
HEADER = [
    "~age_of_the_person",
    "~fare_of_the_passage",
    "~port",
    "~deck",
    "~colour",
    "~size",
    "~flag",
    "~importance",
    "~certainty",
    "~part",
    "~part_2",
    "amount",
    "~day",
    "~id",
]


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


PICTURE = b"\x89PNG\r\n\x1a\n" + b"".join(
    _chunk(*each)
    for each in (
        (b"IHDR", struct.pack(">IIBBBBB", 2, 2, 8, 2, 0, 0, 0)),
        (b"IDAT", zlib.compress((b"\0" + bytes(6)) * 2)),
        (b"IEND", b""),
    )
)
"""Two by two black pixels, as PNG."""


def renamed(value: Any, rename: Callable[[str], str]) -> Any:
    """A plain value with its texts renamed."""
    if isinstance(value, dict):
        return {renamed(key, rename): renamed(item, rename) for key, item in value.items()}
    if isinstance(value, list):
        return [renamed(item, rename) for item in value]
    return rename(value) if isinstance(value, str) else value


def texts(value: Any) -> Iterator[str]:
    """The texts in a plain value, keys among them."""
    if isinstance(value, str):
        yield value
    for item in [*value, *value.values()] if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from texts(item)


def write(spec: Any, folder: Path, rename: Callable[[str], str]) -> Path:
    """Writes a spec and what it reads, with their texts renamed; returns the path of the spec."""
    sources = set(spec["data"])
    if "csv" in sources:
        _write_tables(folder, rename)
    if sources & {"json", "arrow", "sql", "npy"}:
        _write_rows(folder, rename)
    if sources & {"npz", "parquet"}:
        _write_arrays(folder, rename)
    if "images" in sources:
        _write_pictures(folder, rename)
    path = folder / "spec.yaml"
    path.write_text(yaml.safe_dump(renamed(spec, rename), allow_unicode=True, sort_keys=False), encoding="utf-8")
    return path


def _write_tables(folder: Path, rename: Callable[[str], str]) -> None:
    """Writes text tables, one of them with marks of its own, and lists of rows."""
    chance = np.random.default_rng(0)
    for name, rows in {"~train.csv": 40, "~held.csv": 12, "~other.csv": 12, "~new.csv": 6}.items():
        table = []
        for n in range(rows):
            numbers = [*chance.normal(size=2).round(2)]
            words = ["~unknown" if n % 7 == 3 else "~first", "~second", COLOURS[n % 3]]
            more = [n % 5, n % 2, 1 + n % 2, 1 + n % 3, ["train", "validation"][n % 4 == 0], (n // 2) % 2]
            table.append([*numbers, *words, *more, 1 + n % 9, f"2024-{1 + n // 28:02}-{1 + n % 28:02}", f"id{n}"])
        if name == "~train.csv":
            table[5][0] = table[6][1] = table[7][2] = ""
        path = folder / rename(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows([list(map(rename, HEADER)), *renamed(table, rename)])
    lines = ["a;b;c;d", "# a remark"]
    for n in range(30):
        lines.append(f"{'?' if n == 3 else f'1_{n:03},5'};{n},25;|first {n % 4}|;{n % 2}")
    (folder / rename("~marked.csv")).write_text("\n".join(lines) + "\n", encoding="utf-8")
    (folder / rename("~first.txt")).write_text("\n".join(f"id{n}" for n in range(25)))
    (folder / rename("~last.txt")).write_text("\n".join(f"id{n}" for n in range(25, 40)))


def _write_pictures(folder: Path, rename: Callable[[str], str]) -> None:
    """Writes a folder of pictures for each class, and empty files of weights."""
    for colour in COLOURS:
        place = folder / rename("~pictures") / rename(colour)
        place.mkdir(parents=True)
        for n in range(3):
            (place / rename(f"~{n}.png")).write_bytes(PICTURE)
    for name in ("~base.weights.h5", "~all.weights.h5"):
        (folder / rename(name)).touch()


def _write_rows(folder: Path, rename: Callable[[str], str]) -> None:
    """Writes the same rows as JSON, Arrow and SQLite, and files of arrays."""
    import pyarrow as pa
    import pyarrow.feather as feather

    rows = [renamed({"~amount": n / 2, "~colour": COLOURS[n % 3]}, rename) for n in range(30)]
    (folder / rename("~rows.json")).write_text(json.dumps(rows), encoding="utf-8")
    feather.write_feather(pa.Table.from_pylist(rows), folder / rename("~rows.arrow"))
    amount, colour = (name.replace('"', '""') for name in rows[0])
    with closing(sqlite3.connect(folder / rename("~shop.db"))) as database, database:
        database.execute(f'create table rows ("{amount}" real, "{colour}" text)')
        database.executemany("insert into rows values (?, ?)", [tuple(row.values()) for row in rows])
    np.save(folder / rename("~values.npy"), np.random.default_rng(2).normal(size=(30, 4)))
    np.save(folder / rename("~answer.npy"), np.arange(30) % 3)


def _write_arrays(folder: Path, rename: Callable[[str], str]) -> None:
    """Writes the arrays that specs read: to an npz file, and to a Parquet file."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    values, answer = np.random.default_rng(1).normal(size=(12, 4)), np.arange(12) % 2
    pq.write_table(
        pa.table({rename("~values"): values.tolist(), rename("~answer"): answer}), folder / rename("~table.parquet")
    )
    arrays = {rename("~values"): values, rename("~answer"): np.arange(12) % 3, rename("~second"): values[:, 0]}
    with zipfile.ZipFile(folder / rename("~arrays.npz"), "w") as archive:
        for name, array in arrays.items():
            with archive.open(f"{name}.npy", "w") as file:
                np.lib.format.write_array(file, array)
