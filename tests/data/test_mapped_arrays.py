"""A table whose arrays lie in files gives the same data set, and the same training, as one in memory, to the bit."""

from __future__ import annotations

import errno
import io
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields, is_dataclass
from pathlib import Path
from threading import Barrier
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv as arrow_csv
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import kspec
from kspec.data import arrays
from kspec.data.profile import repeated_examples
from kspec.data.sources import csv_files
from kspec.data.storage import array_files, mapped_arrays
from kspec.data.storage.growing_array import SharedFile
from kspec.data.type_inference import NumberFormat, typed_column
from tests.data.helpers import read

ROWS = 160
INPUTS = (
    "x: {shape: [4]}, n: {shape: [1], dtype: int32}, w: {shape: [1], dtype: string}, id: {shape: [1], dtype: string}"
)
TARGETS = "inputs: {x: [a, f, g, b], n: n, w: word, id: n}, missing: {f: median, g: most_frequent, word: none}"
TABLE = {
    "a": [i % 7 for i in range(ROWS)],
    "n": [i * i % 13 for i in range(ROWS)],
    "f": [None if i % 11 == 3 else i * 0.37 - 5 for i in range(ROWS)],
    "g": [None if i % 17 == 5 else (i % 5) / 4 for i in range(ROWS)],
    "b": [i % 3 == 0 for i in range(ROWS)],
    "word": [None if i % 23 == 7 else ("ox", "hen", "cow")[i % 3] for i in range(ROWS)],
    "day": [f"2024-{1 + i // 28:02d}-{1 + i % 28:02d}" for i in range(ROWS)],
    "group": [f"p{i % 40}" for i in range(ROWS)],
    "weight": [1 + i % 4 / 2 for i in range(ROWS)],
    "kind": [("no", "yes", "maybe")[i % 7 % 3] for i in range(ROWS)],
    "price": [i * 1.5 for i in range(ROWS)],
}
SETTINGS = {
    "classes": f"{TARGETS}, targets: kind, weights: weight, split: {{stratify: true}}",
    "numbers": f"{TARGETS}, targets: price, split: {{order: true, validation: 0.2, test: 0.2}}",
    "groups": f"{TARGETS}, targets: b, split: {{group: group, validation: 0.2, test: 0.2}}",
    "filtered": f"{TARGETS}, targets: [a, n], columns: {{half: price / 2}}, where: a > 0, distinct: true",
    "time": f"{TARGETS}, targets: n, split: {{time: day, validation: 0.2, test: 0.2}}",
    "dropped": "inputs: {x: [a, f, g, b], n: n, w: word, id: n}, missing: drop_row, targets: price",
}
SOURCES = {
    "csv": "csv: t.csv",
    "several": "csv: [t.csv, t.csv]",
    "splits": "csv: {train: t.csv, validation: t.csv}",
    "parquet": "parquet: t.parquet",
    "parquets": "parquet: [t.parquet, t.parquet]",
}


@pytest.fixture(autouse=True)
def _small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mapped_arrays, "PIECE_BYTES", 1000)


def on_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Makes every table a large one."""
    monkeypatch.setattr(mapped_arrays, "MOST", 0)


def write_tables(folder: Path) -> None:
    table = pa.table({name: pa.array(values) for name, values in TABLE.items()})
    pq.write_table(table, folder / "t.parquet", row_group_size=90)
    arrow_csv.write_csv(table, folder / "t.csv", arrow_csv.WriteOptions(quoting_style="none"))


def assert_same(one: Any, other: Any, place: str = "") -> None:
    """Compares two values by what they hold, arrays bit by bit; texts in files have one width."""
    assert type(one) is type(other), place
    if isinstance(one, np.ndarray):
        if one.dtype.kind in "OU":
            assert one.tolist() == other.tolist(), place
            return
        assert (one.dtype, one.shape) == (other.dtype, other.shape), place
        assert one.tobytes() == other.tobytes(), place
    elif is_dataclass(one):
        for field in fields(one):
            assert_same(getattr(one, field.name), getattr(other, field.name), f"{place}.{field.name}")
    elif isinstance(one, dict):
        assert list(one) == list(other), place
        for key in one:
            assert_same(one[key], other[key], f"{place}.{key}")
    else:
        assert repr(one) == repr(other), place


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("setting", SETTINGS)
def test_data_sets_are_the_same(setting: str, source: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if setting != "classes" and source not in ("csv", "parquet"):
        pytest.skip("other settings need one source of each kind")
    write_tables(tmp_path)
    if source == "parquet":  # too much for a comparison of examples, and so stacked split by split
        monkeypatch.setattr(arrays, "MAX_COMPARED_BYTES", 0)
        monkeypatch.setattr(repeated_examples, "MAX_COMPARED_BYTES", 0)
    text = f"{{{SOURCES[source]}, {SETTINGS[setting]}}}"
    if source == "splits":
        text = text.replace("split: {stratify: true}", "split: {test: 0.2}")
    before = read(tmp_path, text, INPUTS)
    on_disk(monkeypatch)
    after = read(tmp_path, text, INPUTS)
    assert after.problems == before.problems
    assert_same(before.data, after.data)
    assert mapped_arrays.is_mapped(after.data.splits["train"].inputs["x"])
    assert not mapped_arrays.is_mapped(before.data.splits["train"].inputs["x"])


@pytest.mark.parametrize(
    "engine",
    [pytest.param("keras", marks=pytest.mark.slow), "fused", pytest.param("fused_xla", marks=pytest.mark.slow)],
)
def test_trained_weights_are_the_same(engine: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_tables(tmp_path)
    (tmp_path / "spec.yaml").write_text(
        f"""\
kspec: 1
data: {{csv: t.csv, inputs: {{x: [a, f, g, b], word: word}}, targets: kind, weights: weight, missing: {{f: mean, g: 0, word: none}}}}
inputs: {{x: {{shape: [4]}}, word: {{shape: [1], dtype: string}}}}
layers:
  - {{Normalization: {{}}, name: scaled, from: x}}
  - {{StringLookup: {{output_mode: one_hot}}, name: known, from: word}}
  - {{Concatenate: {{}}, from: [scaled, known]}}
  - Dense: {{units: 8, activation: relu}}
  - Dense: {{units: 3, activation: softmax}}
fit: {{epochs: 2, batch_size: 16, engine: {engine}, class_weight: balanced}}
"""
    )
    results = []
    for _ in range(2):
        result = kspec.run(tmp_path / "spec.yaml", out=tmp_path / "runs")
        results.append((result.history, result.model.get_weights(), result.metrics))
        on_disk(monkeypatch)
    (history, weights, metrics), (others, other_weights, other_metrics) = results
    assert [{**row, "seconds": 0} for row in history] == [{**row, "seconds": 0} for row in others]
    assert all(np.array_equal(one, other) for one, other in zip(weights, other_weights, strict=True))
    assert metrics == other_metrics


CELLS = st.sampled_from(
    ["1", "-0", "0", "007", " 2 ", "1.5", "nan", " nan", "inf", "NA", " NA", "", "  ", "true", "x", None]
)


@settings(max_examples=60)
@given(st.lists(CELLS, min_size=1), st.integers(1, 4), st.booleans(), st.sampled_from([(), (0,), ("x",), (1.5, "?")]))
def test_the_type_of_a_column_does_not_depend_on_its_chunks(
    cells: list[str | None], length: int, trimmed: bool, marks: Any
) -> None:
    numbers = NumberFormat(marks=marks, trimmed=trimmed)
    whole = pa.chunked_array([pa.array(cells, pa.string())])
    parts = pa.chunked_array(
        [pa.array(cells[start : start + length], pa.string()) for start in range(0, len(cells), length)]
    )
    one, other = (typed_column("c", texts, lambda: None, numbers) for texts in (whole, parts))
    assert one.kind == other.kind
    assert_same(one.missing, other.missing)
    assert_same(one.values[~one.missing], other.values[~other.missing])
    assert_same(one.texts(), other.texts())


def test_a_full_disk_is_an_error_before_the_table_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_tables(tmp_path)
    on_disk(monkeypatch)
    monkeypatch.setattr("shutil.disk_usage", lambda _: type("Usage", (), {"free": 3e8})())
    monkeypatch.setattr(mapped_arrays, "RESERVE", 3e8)
    problem = read(tmp_path, f"{{csv: t.csv, {SETTINGS['numbers']}}}", INPUTS).only
    assert problem.startswith("KS566 ")
    assert "300 MB free of the 300 MB" in problem


@pytest.mark.parametrize("source", ["csv", "parquet"])
@pytest.mark.parametrize("allowed", [0, 5])
def test_a_disk_that_fills_up_is_an_error(
    allowed: int, source: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After some arrays, the disk has no place for another."""
    write_tables(tmp_path)
    on_disk(monkeypatch)
    left, fallocate = [allowed], os.posix_fallocate

    def allocate(file: int, start: int, size: int) -> None:
        left[0] -= 1
        if left[0] < 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        fallocate(file, start, size)

    monkeypatch.setattr(os, "posix_fallocate", allocate)
    monkeypatch.setattr(array_files, "RESERVED", 1)
    assert read(tmp_path, f"{{{SOURCES[source]}, {SETTINGS['numbers']}}}", INPUTS).only.startswith("KS566 ")


@pytest.mark.parametrize("source", ["csv", "parquet"])
def test_a_table_of_more_columns_than_files_may_be_open(
    source: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    resource = pytest.importorskip("resource")
    columns = {f"x{number}": [*range(number, number + 30), None if number % 9 else 5] for number in range(300)}
    table = pa.table(columns)
    arrow_csv.write_csv(table, tmp_path / "t.csv")
    pq.write_table(table, tmp_path / "t.parquet")
    text = f"{{{source}: t.{source}, targets: x0, missing: mean}}"
    before = read(tmp_path, text, "x: {shape: [299]}")
    on_disk(monkeypatch)
    monkeypatch.setattr(csv_files, "FEW_BLOCKS", 0)  # as in a table of millions of rows, the parser reads the numbers
    monkeypatch.setattr("kspec.data.storage.mapped_arrays.allow_many_files", lambda: None)
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (len(os.listdir("/dev/fd")) + 40, limits[1]))
    try:
        after = read(tmp_path, text, "x: {shape: [299]}")
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)
    assert_same(before.data, after.data)


def test_arrays_with_files_of_their_own_beside_those_that_share_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_tables(tmp_path)
    text = f"{{csv: t.csv, {SETTINGS['classes']}}}"
    before = read(tmp_path, text, INPUTS)
    on_disk(monkeypatch)
    monkeypatch.setattr(array_files, "SHARED", 200)
    monkeypatch.setattr(array_files, "SHARED_FILE", 1000)
    assert_same(before.data, read(tmp_path, text, INPUTS).data)


def test_a_disk_that_is_full_when_texts_are_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Full(io.BytesIO):
        def write(self, _: Any) -> int:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    write_tables(tmp_path)
    on_disk(monkeypatch)
    monkeypatch.setattr("kspec.data.sources.large_csv.temporary_file", Full)
    assert read(tmp_path, f"{{csv: t.csv, {SETTINGS['numbers']}}}", INPUTS).only.startswith("KS566 ")


def test_columns_that_share_a_file_are_read_by_several_threads() -> None:
    for _ in range(50):
        shared, together = SharedFile(), Barrier(8)
        places = [shared.append(np.full(100, number)) for number in range(8)]

        def values(number: int, shared: SharedFile, places: list[int], together: Barrier) -> list[int]:
            together.wait()
            return shared.values(places[number], 100, np.int64).tolist()

        with ThreadPoolExecutor(8) as threads:
            found = [threads.submit(values, number, shared, places, together) for number in range(8)]
            assert [each.result() for each in found] == [[number] * 100 for number in range(8)]
