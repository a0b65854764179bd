"""Windows over a table: which rows each example has, and the split that it is in, compared with loops over the rows."""

from __future__ import annotations

import csv
import datetime
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest

from kspec.compiler.compile import CompiledSpec, compile_spec
from kspec.data.pipeline import Batches
from kspec.data.windows.arrays import WindowArray, copied_if_small

PARTS = ("train", "validation", "test")
START = datetime.date(2020, 1, 1)
SPEC = """
kspec: 1
data:
  csv: table.csv
  window: {window}
  inputs:
    history: {{columns: [load, wind], window: past}}
    calendar: {{columns: holiday, window: future}}
    place: region
  targets: load
  {split}
inputs:
  history: {{shape: [{length}, 2]}}
  calendar: {{shape: [{horizon}, 1]}}
  place: {{shape: [1]}}
layers:
  - GRU: {{units: 2}}
    name: seen
    from: history
  - Flatten: {{}}
    name: known
    from: calendar
  - Concatenate: {{}}
    from: [seen, known, place]
  - Dense: {{units: {horizon}}}
    name: load
"""


class Row(NamedTuple):
    day: int
    sensor: str
    load: float
    wind: float
    holiday: int
    region: int
    part: str


def _rows(random: np.random.Generator, shuffle: bool) -> list[Row]:
    """Some series with holes; each later in its days than rows of the part before."""
    rows = []
    first, second = sorted(random.choice(np.arange(25, 55), 2, replace=False))
    for number, sensor in enumerate("abc"[: random.integers(1, 4)]):
        for day in range(int(random.integers(0, 8)), 70):
            if random.random() < 0.04:
                continue
            part = PARTS[int(day >= first) + int(day >= second)]
            load, wind = np.round(random.normal(size=2), 4)
            rows.append(Row(day, sensor, float(load), float(wind), day % 7 // 5, number, part))
    if shuffle:
        rows = [rows[place] for place in random.permutation(len(rows))]
    return rows


def _write(rows: list[Row], path: Path) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow([*Row._fields])
        writer.writerows([[START + datetime.timedelta(row.day), *row[1:]] for row in rows])


def _expected(rows: list[Row], window: dict[str, Any]) -> dict[str, list[tuple[Any, ...]]]:
    """By part, the examples, made row by row."""
    length, horizon, gap, stride = (window[key] for key in ("length", "horizon", "gap", "stride"))
    found: dict[str, list[tuple[Any, ...]]] = {part: [] for part in PARTS}
    for sensor in sorted({row.sensor for row in rows}):
        days = {row.day: row for row in rows if row.sensor == sensor}
        for first in sorted(days):
            if first - 1 in days:
                continue
            last = first
            while last + 1 in days:
                last += 1
            for day in range(first + length - 1, last - gap - horizon + 1, stride):
                past = [days[d] for d in range(day - length + 1, day + 1)]
                future = [days[d] for d in range(day + gap + 1, day + gap + horizon + 1)]
                parts = {row.part for row in future}
                if len(parts) == 1 and all(PARTS.index(row.part) <= PARTS.index(future[0].part) for row in past):
                    found[parts.pop()].append((past, future, days[day]))
    return found


def _compiled(text: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> CompiledSpec:
    monkeypatch.chdir(folder)
    (folder / "spec.yaml").write_text(text, encoding="utf-8")
    return compile_spec(folder / "spec.yaml", data="always")


@pytest.mark.parametrize("seed", range(4))
def test_windows_are_those_of_a_loop_over_the_rows(seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    random = np.random.default_rng(seed)
    rows = _rows(random, shuffle=seed % 2 == 1)
    _write(rows, tmp_path / "table.csv")
    window = {"length": int(random.integers(1, 7)), "horizon": int(random.integers(1, 5)),
              "stride": int(random.integers(1, 4)), "gap": int(random.integers(0, 3))}  # fmt: skip
    setting = f"{{{', '.join(f'{key}: {value}' for key, value in window.items())}, time: day, by: sensor}}"
    text = SPEC.format(window=setting, split="split: {by: part}", **window)
    compiled = _compiled(text, tmp_path, monkeypatch)
    assert not compiled.report.has_errors, compiled.report.diagnostics
    assert compiled.dataset is not None
    expected = _expected(rows, window)
    assert {part: len(own) for part, own in expected.items() if own} == {
        part: len(split) for part, split in compiled.dataset.splits.items()
    }
    places = {(row.day, row.sensor): number for number, row in enumerate(rows, start=1)}
    for part, split in compiled.dataset.splits.items():
        own = expected[part]
        past = np.array([[[row.load, row.wind] for row in each] for each, _, _ in own], np.float32)
        np.testing.assert_array_equal(split.inputs["history"].array(), past)
        future = np.array([[[row.holiday] for row in each] for _, each, _ in own], np.float32)
        np.testing.assert_array_equal(split.inputs["calendar"].array(), future)
        np.testing.assert_array_equal(split.inputs["place"], [[row.region] for _, _, row in own])
        np.testing.assert_array_equal(split.targets["load"], [[row.load for row in each] for _, each, _ in own])
        np.testing.assert_array_equal(split.rows, [places[row.day, row.sensor] for _, _, row in own])
        assert split.windows is not None
        days = [[str(START + datetime.timedelta(row.day)) for row in each] for _, each, _ in own]
        times = split.windows.times(len(split))
        assert times is not None
        assert times.tolist() == days


def test_a_split_in_time_is_the_default(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = _rows(np.random.default_rng(5), shuffle=True)
    _write(rows, tmp_path / "table.csv")
    window = {"length": 4, "horizon": 2}
    text = SPEC.format(window="{length: 4, horizon: 2, time: day, by: sensor}", split="", **window)
    dataset = _compiled(text, tmp_path, monkeypatch).dataset
    assert dataset is not None
    by_number = dict(enumerate(rows, start=1))
    last, latest, targets = {}, -1, set()
    for part in PARTS:
        split = dataset.splits[part]
        days = [by_number[number].day for number in split.rows.tolist()]
        last[part] = max(days)
        own = {(by_number[number].sensor, day + i) for number, day in zip(split.rows.tolist(), days, strict=True)
               for i in (1, 2)}  # fmt: skip
        assert not own & targets, "no target is in two splits"
        assert min(day for _, day in own) > latest, "no split predicts what an earlier one has seen"
        targets |= own
        latest = max(day for _, day in own)
    assert last["train"] < last["validation"] < last["test"]


def test_values_after_training_change_nothing_that_is_learned(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = _rows(np.random.default_rng(6), shuffle=False)
    text = SPEC.format(window="{length: 4, horizon: 2, time: day, by: sensor}", split="split: {by: part}",
                       length=4, horizon=2).replace("targets: load", "targets: load\n  missing: {wind: mean}")  # fmt: skip
    learned = []
    for factor in (1.0, 1000.0):
        changed = [row if row.part == "train" else row._replace(load=row.load * factor, wind=row.wind * factor)
                   for row in rows]  # fmt: skip
        _write(changed, tmp_path / "table.csv")
        lines = (tmp_path / "table.csv").read_text(encoding="utf-8").splitlines()
        cells = lines[3].split(",")
        lines[3] = ",".join([*cells[:3], "", *cells[4:]])
        (tmp_path / "table.csv").write_text("\n".join(lines), encoding="utf-8")
        dataset = _compiled(text, tmp_path, monkeypatch).dataset
        assert dataset is not None
        train = dataset.splits["train"]
        learned.append((dataset.fitted["fill"], train.inputs["history"].array(), train.targets["load"]))
    (fills, inputs, targets), (other_fills, other_inputs, other_targets) = learned
    assert fills == other_fills
    np.testing.assert_array_equal(inputs, other_inputs)
    np.testing.assert_array_equal(targets, other_targets)


def test_windows_are_gathered_as_copies_would_be() -> None:
    random = np.random.default_rng(0)
    base, starts = random.normal(size=(200, 3)).astype("float32"), random.integers(0, 190, 60)
    windows = WindowArray(base, starts, 9)
    copy = np.stack([base[start : start + 9] for start in starts])
    np.testing.assert_array_equal(windows.array(), copy)
    np.testing.assert_array_equal(windows[np.arange(5, 20)].array(), copy[5:20])
    assert copied_if_small(windows, windows.nbytes - 1) is windows
    settings: dict[str, Any] = {"batch_size": 16, "shuffle": True, "seed": 3}
    gathered = Batches({"x": windows}, {"y": starts}, {}, **settings)
    assert isinstance(gathered.inputs["x"], np.ndarray)
    gathered.inputs["x"] = windows
    assert not gathered.in_memory
    copied = Batches({"x": copy}, {"y": starts}, {}, **settings)
    for (x, y), (other_x, other_y) in zip(gathered.dataset(), copied.dataset(), strict=True):
        np.testing.assert_array_equal(x, other_x)
        np.testing.assert_array_equal(y, other_y)
    chosen = np.array([4, 59, 0])
    np.testing.assert_array_equal(gathered.picker()(chosen)[0], copy[chosen])


FORECAST = """
kspec: 1
name: waves
data:
  csv: waves.csv
  window: {length: 24, horizon: 3, time: hour, by: buoy, season: 12}
  inputs: {history: {columns: height, window: past}}
  targets: height
inputs:
  history: {shape: [24, 1]}
layers:
  - Flatten: {}
  - Dense: {units: 3}
    name: height
compile: {optimizer: {Adam: {learning_rate: 0.02}}, metrics: [mean_absolute_error]}
fit: {epochs: 30}
"""


def test_a_forecast_beats_the_naive_one_and_goes_beyond_the_table(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import kspec
    from kspec.runs.run_loader import load_run, read_examples

    monkeypatch.chdir(tmp_path)
    hours = np.arange(200)
    heights = {
        buoy: np.round(np.sin(2 * np.pi * hours / 12 + shift) + hours * 0.01, 5) for buoy, shift in (("a", 0), ("b", 1))
    }
    lines = [f"2024-01-{1 + h // 24:02d} {h % 24:02d}:00,{buoy},{heights[buoy][h]}" for h in hours for buoy in "ab"]
    (tmp_path / "waves.csv").write_text("hour,buoy,height\n" + "\n".join(lines) + "\n", encoding="utf-8")
    (tmp_path / "waves.yaml").write_text(FORECAST, encoding="utf-8")
    run = kspec.run("waves.yaml")
    dataset = compile_spec(tmp_path / "waves.yaml", data="always").dataset
    assert dataset is not None
    split, baseline = dataset.splits["test"], run.baseline
    true = split.targets["height"]
    anchors = split.inputs["history"].array()[:, -1, :]
    seasonal = split.inputs["history"].array()[:, -12:-9, 0]
    forecasts = baseline["forecasts"]
    for name, naive in (("the last value", anchors), ("the last season of 12 rows", seasonal)):
        assert forecasts[name]["mean_absolute_error"] == pytest.approx(np.abs(true - naive).mean(), rel=1e-5)
    predicted = run.predictions["height"]
    assert run.metrics["mean_absolute_error"] == pytest.approx(np.abs(true - predicted).mean(), rel=1e-4)
    assert (
        run.metrics["mean_absolute_error"]
        < forecasts["the last season of 12 rows"]["mean_absolute_error"]
        < forecasts["the last value"]["mean_absolute_error"]
    )
    with (run.folder / "predictions.csv").open(encoding="utf-8") as file:
        table = list(csv.DictReader(file))
    assert list(table[0]) == ["row", "buoy", "hour", "step", "height", "height_actual"]
    assert [float(line["height_actual"]) for line in table] == pytest.approx(true.ravel())
    loaded = load_run("waves")
    examples, _ = read_examples(loaded, "waves.csv", None, need_targets=False)
    assert examples.windows is not None
    times, groups = examples.windows.times(len(examples)), examples.windows.groups(len(examples))
    assert times is not None
    assert groups is not None
    last = times[groups == "b"][-1].tolist()
    assert last == ["2024-01-09 08:00", "2024-01-09 09:00", "2024-01-09 10:00"]
    assert examples.absent["height"][-1].tolist() == [True, True, True]
    assert len(examples) == 2 * (200 - 24 + 1)
    newest = "\n".join(lines[-2 * 24 :])
    (tmp_path / "recent.csv").write_text(f"hour,buoy,height\n{newest}\n", encoding="utf-8")
    assert len(read_examples(loaded, "recent.csv", None, need_targets=False)[0]) == 2
