"""More small specs: windows over one series and over several, and the data that they read."""

from __future__ import annotations

import datetime
from pathlib import Path

import numpy as np

SPECS = {
    "stations": """\
data:
  csv: stations.csv
  inputs:
    history: {columns: [load, warmth], window: past}
    calendar: {columns: holiday, window: future}
    place: region
  targets: {load: {column: load, scale: standard}}
  missing: {warmth: mean}
  window: {length: 6, horizon: 3, time: hour, by: station, every: 1 hour}
  split: {time: hour, validation: 0.2, test: 0.2}
inputs:
  history: {shape: [6, 2]}
  calendar: {shape: [3, 1]}
  place: {shape: [1], dtype: string}
layers:
  - StringLookup: {output_mode: one_hot}
    from: place
    name: code
  - Normalization:
    from: history
  - GRU: {units: 4}
    name: state
  - Flatten:
    from: calendar
    name: days
  - Concatenate:
    from: [state, code, days]
  - Dense: {units: 3}
    name: load
predict: {keep: [holiday]}
""",
}
GESTURES = """\
kspec: 1
data:
  csv: gestures.csv
  inputs: {path: {columns: [x, y], window: past}}
  targets: {sign: sign}
  window: {length: 5, horizon: 0, stride: 5, by: take}
  split: {validation: 0.2, test: 0.2}
inputs: {path: {shape: [5, 2]}}
layers:
  - Normalization
  - LSTM: {units: 4}
  - Dense: {units: 3, activation: softmax}
    name: sign
"""
SPECS["months"] = """\
data:
  csv: months.csv
  inputs: {past: {columns: [sales, price], window: past}}
  targets: {both: [sales, price]}
  window: {length: 4, horizon: 2, gap: 1, time: month}
inputs: {past: {shape: [4, 2]}}
layers:
  - Flatten
  - Dense: {units: 4}
  - Reshape: {target_shape: [2, 2]}
    name: both
"""


def make_data(folder: Path) -> None:
    """Writes the data of these specs."""
    chance, start = np.random.default_rng(5), datetime.datetime(2024, 1, 1)
    lines = ["hour,station,region,load,warmth,holiday"]
    for hour in range(50):
        for station, region in (("b", "north"), ("a", "south"), ("c", "north")):
            if (station, hour) == ("a", 20):
                continue  # a hole in time
            time = start + datetime.timedelta(hours=hour)
            warmth = "" if hour % 9 == 4 else f"{chance.normal(9, 3):.2f}"
            lines.append(
                f"{time:%Y-%m-%d %H:%M},{station},{region},{chance.normal(50, 9):.2f},{warmth},{hour % 7 // 6}"
            )
    (folder / "stations.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    lines = ["take,x,y,sign"]
    for take in range(1, 31):
        sign = ["up", "down", "side"][take % 3]
        lines += [f"{take},{chance.normal():.3f},{chance.normal():.3f},{sign}" for _ in range(6)]
    (folder / "gestures.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    parts = ["train"] * 20 + ["validation"] * 10 + ["train"] * 15 + ["test"] * 15
    months = [
        f"{2015 + n // 12}-{n % 12 + 1:02},{chance.normal(30, 4):.2f},{chance.normal(5, 1):.2f},{part}"
        for n, part in enumerate(parts)
    ]
    (folder / "months.csv").write_text("\n".join(["month,sales,price,part", *months]) + "\n", encoding="utf-8")
