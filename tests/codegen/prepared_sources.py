"""More small specs: options of tables, splits in time, by groups and by hash, scales, fills and balance, together."""

from __future__ import annotations

import datetime
import json
import sqlite3
from contextlib import closing
from pathlib import Path

import numpy as np

SPECS = {
    "measured": """\
data:
  csv: {path: "sensor_*.txt", delimiter: ";", decimal: ",", thousands: ".", comment: "#", missing: ["?", -99]}
  inputs: {n: [warmth, wind, day_of_week], place: place}
  targets: {load: {column: load, scale: standard}}
  missing: {warmth: {fill: forward, else: median}, wind: {fill: mean, indicator: true}, load: drop_row}
  split: {time: date, validation: 0.2, test: 2024-02-15}
inputs:
  n: {shape: [4]}
  place: {shape: [1], dtype: string}
layers:
  - StringLookup: {output_mode: one_hot}
    from: place
    name: code
  - Concatenate:
    from: [n, code]
  - Dense: {units: 6, activation: relu}
  - Dense: {units: 1}
    name: load
compile: {metrics: [mean_absolute_error, {RootMeanSquaredError: {}}]}
predict: {keep: [date, day_of_week]}
""",
    "patients": """\
data:
  json: patients.jsonl
  inputs: [age, scan.size, scan.values]
  targets: finding
  balance: oversample
  split: {group: patient, stratify: true}
inputs: {x: {shape: [4]}}
layers:
  - Normalization
  - Dense: {units: 3, activation: softmax}
    name: y
""",
    "shop": """\
data:
  sql: {connect: shop.db, query: "select id, size, age, kind, price from houses order by id"}
  inputs: [size, age]
  targets: {price: {column: price, scale: minmax}, kind: kind}
  balance: {by: undersample, target: kind}
  split: {hash: id, test: 0.3}
inputs: {x: {shape: [2]}}
layers:
  - Dense: {units: 1}
    name: price
    from: x
  - Dense: {units: 2, activation: softmax}
    name: kind
    from: x
outputs: [price, kind]
fit: {epochs: 2, batch_size: 8, shuffle: false}
predict: {keep: [id, size]}
""",
}
SPECS["queried"] = """\
data:
  csv: houses.csv
  columns: {log_size: ln(size), decade: sold - sold % 10, name: "upper(kind) || decade"}
  where: price < 1400 and kind is not null
  distinct: true
  inputs: {n: [log_size, decade, rooms], name: name}
  targets: price
  missing: {rooms: {fill: median, indicator: true}}
inputs:
  n: {shape: [4]}
  name: {shape: [1], dtype: string}
layers:
  - StringLookup: {output_mode: one_hot}
    from: name
    name: code
  - Concatenate:
    from: [n, code]
  - Dense: {units: 1}
    name: y
"""
OWN_FIT = {"shop"}
"""Specs with a `fit` section of their own."""


def make_data(folder: Path) -> None:
    """Writes the data of these specs."""
    chance, start = np.random.default_rng(11), datetime.date(2024, 1, 1)
    for number in range(2):
        lines = ["# measured by hand", "date;warmth;wind;day_of_week;place;load"]
        for day in range(30):
            date = start + datetime.timedelta(days=30 * number + day)
            warmth = "?" if day % 7 == 3 else f"{chance.normal(9, 4):.2f}".replace(".", ",")
            wind = "-99,0" if day % 9 == 2 else str(chance.integers(0, 40))
            load = f"{chance.normal(41_000, 900):,.1f}".translate({ord(","): ".", ord("."): ","})
            lines.append(
                f"{date:%d.%m.%Y};{warmth};{wind};{date.weekday()};{'abc'[day % 3]};{load if day % 11 else ''}"
            )
        (folder / f"sensor_{number}.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    rows = [
        {
            "patient": f"p{chance.integers(0, 15)}",
            "age": int(chance.integers(20, 90)),
            "scan": {"size": float(chance.normal()), "values": chance.normal(size=2).round(3).tolist()},
            "finding": ["none", "none", "none", "small", "large"][chance.integers(0, 5)],
        }
        for _ in range(80)
    ]
    (folder / "patients.jsonl").write_text("\n".join(map(json.dumps, rows)) + "\n", encoding="utf-8")
    homes = [
        f"{n % 60 + 1},{2000 + n % 25},{'' if n % 8 == 1 else n % 5},{'ab'[n % 2]},{1000 + n % 60 * 7}"
        for n in range(1, 80)
    ]
    (folder / "houses.csv").write_text(
        "\n".join(["size,sold,rooms,kind,price", *homes, homes[3]]) + "\n", encoding="utf-8"
    )
    with closing(sqlite3.connect(folder / "shop.db")) as connection:
        connection.execute("create table houses (id integer, size real, age integer, kind text, price integer)")
        houses = [
            (n, float(chance.normal(90, 9)), int(chance.integers(0, 99)), "new" if n % 3 else "old", 1000 + 7 * n)
            for n in range(70)
        ]
        connection.executemany("insert into houses values (?, ?, ?, ?, ?)", houses)
        connection.commit()
