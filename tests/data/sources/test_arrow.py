"""The source arrow: files and streams of Arrow."""

import datetime

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import feather

from kspec.data.context import Context
from kspec.data.sources import names
from kspec.data.sources.read_request import Request
from kspec.diagnostics import Report
from tests.data.helpers import make_spec, read

DAYS = [datetime.date(2024, 1, 1 + n) for n in range(12)]
TABLE = pa.table(
    {
        "a": pa.array([n if n else None for n in range(12)], pa.int16()),
        "o": pa.array([{"q": 2.5 * n, "t": {"z": "x"}} for n in range(12)]),
        "l": [[n, n + 1] for n in range(12)],
        "s": pa.array(["p", "q"] * 6).dictionary_encode(),
        "v": pa.array(["p", "q"] * 6, pa.string_view()),
        "b": [True, False] * 6,
        "d": pa.array(DAYS),
        "t": pa.array(DAYS).cast(pa.timestamp("ns", "UTC")),
        "u": pa.array(range(12), pa.duration("s")),
    }
)


def write(path, table=TABLE):
    if path.suffix == ".arrows":
        with pa.OSFile(str(path), "wb") as file, pa.ipc.new_stream(file, table.schema) as writer:
            writer.write_table(table, max_chunksize=5)
    else:
        feather.write_feather(table, path, compression="zstd" if path.stem == "packed" else "uncompressed")


@pytest.mark.parametrize("name", ["t.feather", "packed.arrow", "t.arrows"])
def test_files_and_streams(tmp_path, name):
    write(tmp_path / name)
    setting = f"{{arrow: {name}, inputs: [a, l, o.q], targets: s, missing: {{a: -1}}, split: {{time: d, validation: 0, test: 0.25}}}}"
    data = read(tmp_path, setting, "x: {shape: [4]}").data
    expected = [[n or -1, n, n + 1, 2.5 * n] for n in range(9)]
    np.testing.assert_array_equal(data.splits["train"].inputs["x"], np.array(expected, "float32"))
    assert data.splits["test"].targets["y"].tolist() == ["q", "p", "q"]
    assert data.unused == ["o.t.z", "v", "b", "t", "u"]


@pytest.mark.parametrize(("target", "first"), [("v", "p"), ("b", True), ("o.q", 0.0), ("l", [0, 1])])
def test_targets_of_each_kind(tmp_path, target, first):
    write(tmp_path / "t.feather")
    data = read(tmp_path, f"{{arrow: t.feather, inputs: o.q, targets: {target}, split: {{time: t, validation: 0, test: 0.25}}}}", "x: {shape: [1]}").data  # fmt: skip
    assert data.splits["train"].targets["y"][0] == pytest.approx(first)


def test_columns_are_known_from_the_schema(tmp_path):
    write(tmp_path / "t.feather")
    request = Request(Context(make_spec(tmp_path, "{arrow: t.feather}"), Report(), ("data", "arrow")), {}, [])
    assert names("arrow", "t.feather", request) == ["a", "o.q", "o.t.z", "l", "s", "v", "b", "d", "t", "u"]


def test_files_that_are_no_tables_are_errors(tmp_path):
    write(tmp_path / "t.feather")
    whole = (tmp_path / "t.feather").read_bytes()
    (tmp_path / "cut.feather").write_bytes(whole[:1500])
    (tmp_path / "text.feather").write_text("hello world, nothing else")
    (tmp_path / "old.feather").write_bytes(b"FEA1" + bytes(40))
    feather.write_feather(TABLE.slice(0, 0), tmp_path / "empty.feather")
    for name, problem in [
        ("cut", "KS504 cannot read `cut.feather`: it is not an Arrow file or stream"),
        ("text", "KS504 cannot read `text.feather`: it is not an Arrow file or stream"),
        ("old", "KS504 `old.feather` is a Feather file of version 1"),
        ("empty", "KS506 `empty.feather` has no rows"),
    ]:
        assert read(tmp_path, f"{{arrow: {name}.feather}}").only.startswith(problem)
    assert "KS508 column `u` cannot be used" in read(tmp_path, "{arrow: t.feather, inputs: a, targets: u}").only


@pytest.mark.parametrize("place", range(200, 1800, 97))
def test_damaged_files_end_in_a_diagnostic(tmp_path, place):
    write(tmp_path / "t.feather")
    data = bytearray((tmp_path / "t.feather").read_bytes())
    data[place : place + 8] = b"\xff" * 8
    (tmp_path / "t.feather").write_bytes(data)
    result = read(tmp_path, "{arrow: t.feather, inputs: [o.q, l], targets: a, missing: drop_row}", "x: {shape: [3]}")
    assert result.dataset is not None or result.problems


def test_sizes_are_looked_at_before_memory_is_taken(tmp_path):
    feather.write_feather(pa.table({"x": np.zeros(10_000_000)}), tmp_path / "t.feather", compression="zstd")
    assert "KS531" in read(tmp_path, "{arrow: t.feather}").only
    nothing = pa.record_batch({"x": pa.nulls(10**8)})
    with pa.OSFile(str(tmp_path / "n.feather"), "wb") as file, pa.ipc.new_stream(file, nothing.schema) as writer:
        writer.write_batch(nothing)
    assert "KS530" in read(tmp_path, "{arrow: n.feather, limits: {gigabytes: 0.5}}").only
    words = pa.DictionaryArray.from_arrays(pa.array(np.zeros(100_000, "int32")), pa.array(["x" * 10**6]))
    feather.write_feather(pa.table({"x": words}), tmp_path / "d.feather", compression="uncompressed")
    assert "KS530" in read(tmp_path, "{arrow: d.feather}").only
