"""Windows over a table whose arrays lie in files, and those of its store, are those of a table in memory, to the bit."""

from __future__ import annotations

import mmap
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv as arrow_csv
import pyarrow.parquet as pq
import pytest

import kspec
from kspec.data.pipeline import Batches
from kspec.data.storage import mapped_arrays
from kspec.data.storage.disk_space import temporary_file
from kspec.data.storage.stored_data import stored_data
from kspec.data.windows.arrays import WindowArray
from tests.data.helpers import read
from tests.data.test_mapped_arrays import assert_same, on_disk

DAYS = 40
INPUTS = "past: {shape: [4, 2]}, ahead: {shape: [2, 1]}, place: {shape: [1], dtype: string}"
COLUMNS = "past: {columns: [a, b], window: past}, ahead: {columns: [c], window: future}, place: site"
SETTINGS = {
    "one series": "window: {length: 4, horizon: 2, gap: 1}, missing: drop_row",
    "times": "window: {length: 4, horizon: 2, time: number, by: site}, missing: forward",
    "series": "window: {length: 4, horizon: 2, time: day, by: site}, missing: {b: median}, "
    "split: {time: day, validation: 0.2, test: 0.2}",
    "dropped": "window: {length: 4, horizon: 2, time: day, by: site, stride: 3}, missing: drop_row, "
    "split: {time: day, validation: '2024-01-22', test: '2024-02-01'}",
    "drawn": "window: {length: 4, horizon: 2, time: day, by: site, stride: 6}, missing: {b: 0}",
}


def write_series(folder: Path) -> None:
    """Three series, whose rows are mixed, with a hole in time and gaps."""
    rows = [
        {
            "day": str(np.datetime64("2024-01-01") + day),
            "number": day,
            "site": site,
            "a": number * 100 + day,
            "b": None if (day + number) % 9 == 5 else day / 7,
            "c": day % 7,
            "y": (day * day + number) % 11 / 2,
        }
        for day in range(DAYS)
        for number, site in enumerate(("north", "east", "a-site-with-a-name"))
        if (site, day) != ("east", 13)
    ]
    np.random.default_rng(1).shuffle(rows)  # type: ignore[arg-type]
    table = pa.Table.from_pylist(rows)
    pq.write_table(table, folder / "t.parquet", row_group_size=50)
    arrow_csv.write_csv(table, folder / "t.csv", arrow_csv.WriteOptions(quoting_style="none"))


@pytest.fixture(autouse=True)
def _series(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_series(tmp_path)
    monkeypatch.setattr(mapped_arrays, "PIECE_BYTES", 200)
    monkeypatch.setenv("KSPEC_CACHE", str(tmp_path / "cache"))


@pytest.mark.parametrize("setting", SETTINGS)
def test_windows_are_the_same(setting: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = "parquet: t.parquet" if setting in ("series", "times") else "csv: t.csv"
    text = f"{{{source}, inputs: {{{COLUMNS}}}, targets: y, {SETTINGS[setting]}}}"
    before = read(tmp_path, text, INPUTS)
    on_disk(monkeypatch)
    after = read(tmp_path, text, INPUTS)
    assert before.data is not None
    assert after.problems == before.problems
    assert_same(before.data, after.data)
    assert len(stored_data()) == 1
    monkeypatch.setattr("kspec.data.reading.read", None)  # a second run reads no table
    again = read(tmp_path, text, INPUTS)
    assert again.problems == before.problems
    assert_same(before.data, again.data)
    train = again.data.splits["train"]
    assert train.inputs["past"].base is again.data.splits["test"].inputs["past"].base
    assert train.inputs["past"].anchors is train.windows.anchors is train.inputs["ahead"].anchors
    for array in (train.inputs["past"].base, train.windows.anchors, train.windows.series.order, train.targets["y"]):
        assert mapped_arrays.is_mapped(array)


def test_batches_gather_from_files() -> None:
    base, anchors = np.arange(60.0).reshape(20, 3), np.array([9, 4, 17, 5])
    with temporary_file() as file:
        file.write(base.tobytes())
        file.flush()
        mapped = np.frombuffer(mmap.mmap(file.fileno(), 0), float).reshape(20, 3)
    chosen = np.array([2, 0, 3])
    expected = np.stack([base[row - 3 : row + 1] for row in anchors[chosen]])
    for each in (base, mapped):
        batches = Batches({"x": WindowArray(each, anchors, 4, -3)}, {}, {}, batch_size=3, shuffle=False, seed=0)
        batches.inputs["x"] = WindowArray(each, anchors, 4, -3)  # a small one was copied
        assert np.array_equal(batches.picker()(chosen), expected)
        assert np.array_equal(next(iter(batches.only(chosen).dataset())), expected)


@pytest.mark.slow
@pytest.mark.parametrize("engine", ["fused", "keras"])
def test_trained_weights_are_the_same(engine: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kspec.data.pipeline.CHUNK_BYTES", 0)  # no windows are copied, however few
    (tmp_path / "spec.yaml").write_text(
        f"""\
kspec: 1
data: {{csv: t.csv, inputs: {{past: {{columns: [a, b], window: past}}, place: {{columns: site, window: past}}}}, targets: y, {SETTINGS["series"]}}}
inputs: {{past: {{shape: [4, 2]}}, place: {{shape: [4], dtype: string}}}}
layers:
  - {{Normalization: {{}}, name: scaled, from: past}}
  - {{Flatten: {{}}, name: flat}}
  - {{StringLookup: {{output_mode: multi_hot}}, name: known, from: place}}
  - {{Concatenate: {{}}, from: [flat, known]}}
  - {{Dense: {{units: 2}}, name: y}}
outputs: y
compile: {{optimizer: sgd, loss: mse}}
fit: {{epochs: 2, batch_size: 8, engine: {engine}}}
"""
    )
    results: list[Any] = []
    for _ in range(3):  # in memory, from files, from the store
        result = kspec.run(tmp_path / "spec.yaml", out=tmp_path / "runs")
        table = (result.folder / "predictions.csv").read_text()
        results.append((result.model.get_weights(), result.metrics, table))
        on_disk(monkeypatch)
    for weights, metrics, table in results[1:]:
        assert all(np.array_equal(one, other) for one, other in zip(results[0][0], weights, strict=True))
        assert (metrics, table) == results[0][1:]
