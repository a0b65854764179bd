"""Exported files read JSON, SQLite, Arrow and arrays as kspec does."""

from __future__ import annotations

import bz2
import datetime
import json
import sqlite3
from contextlib import closing

import keras
import numpy as np
import pyarrow as pa
import pytest
from pyarrow import feather

from kspec.diagnostics import SpecError
from tests.codegen.data_part import assert_same_examples

ROWS = [
    {
        "age": n * 3 % 17 if n % 6 else None,
        "size": n / 3,
        "home": {"town": ["Oslo", "Rome", "Bern"][n % 3], "floor": n % 4},
        "rich": n % 4 == 1,
        "tags": [n, n + 0.5],
        "kind": "ab"[n % 2],
    }
    for n in range(24)
]
NETWORK = """\
inputs:
  n: {shape: [%d]}
  t: {shape: [2], dtype: string}
layers:
  - StringLookup: {output_mode: multi_hot}
    from: t
    name: s
  - Concatenate:
    from: [n, s]
  - Dense: {units: 1, activation: sigmoid}
    name: y
"""


def write(folder, data, inputs, size):
    path = folder / "spec.yaml"
    inputs = f"inputs: {{n: [{inputs[0]}], t: [{inputs[1]}]}}"
    path.write_text(
        f"kspec: 1\ndata:\n  {data}\n  {inputs}\n  targets: kind\n  missing: {{age: drop_row}}\n{NETWORK % size}"
    )
    return path


NESTED = ("age, size, home.floor, rich, tags", "home.town, home.floor"), 6
FLAT = ("age, size, rich", "town, size"), 3


def flat(row):
    return {
        "age": row["age"],
        "size": row["size"],
        "rich": row["rich"],
        "town": row["home"]["town"],
        "kind": row["kind"],
    }


def test_json(tmp_path):
    (tmp_path / "all.json").write_text(json.dumps(ROWS, indent=1))
    lines = "\n".join(map(json.dumps, ROWS)) + "\n"
    (tmp_path / "1.jsonl").write_text(lines)
    (tmp_path / "2.jsonl.bz2").write_bytes(bz2.compress(lines.encode()))
    for files in ("all.json", "[1.jsonl, 2.jsonl.bz2]", "{train: 1.jsonl, test: 1.jsonl}"):
        path = write(tmp_path, f"json: {files}", *NESTED)
        text = assert_same_examples(path)
    assert "json.loads(line)" in text


def test_sqlite(tmp_path):
    with closing(sqlite3.connect(tmp_path / "shop.db")) as connection:
        connection.execute("create table people (age integer, size real, rich integer, town text, kind text)")
        connection.executemany("insert into people values (:age, :size, :rich, :town, :kind)", map(flat, ROWS))
        connection.commit()
    query = "select *\n      from people\n      where size > 1 order by size desc"
    assert_same_examples(write(tmp_path, f'sql: {{connect: shop.db, query: "{query}"}}', *FLAT))


def test_arrow(tmp_path):
    feather.write_feather(pa.table(pa.Table.from_pylist(ROWS)), tmp_path / "1.arrow")
    feather.write_feather(pa.table(pa.Table.from_pylist(ROWS[:7])), tmp_path / "2.arrow")
    for files in ("1.arrow", "['?.arrow']", "{train: 1.arrow, validation: 2.arrow}"):
        assert_same_examples(write(tmp_path, f"arrow: {files}", *NESTED))


SHEET = 'Sales of "24"'


def workbook(path, rows, title=None):
    """Writes a workbook whose second sheet has a table, below a title and an empty row."""
    import openpyxl

    book = openpyxl.Workbook()
    sheet = book.create_sheet(SHEET)
    for line in [*([[title], []] if title else []), list(rows[0]), *(list(row.values()) for row in rows)]:
        sheet.append(line)
    book.save(path)


@pytest.mark.parametrize("title", [None, "People"])
def test_excel(title, tmp_path):
    start = datetime.date(2024, 1, 1)
    rows = [flat(row) | {"size": n + 0.5, "day": start + datetime.timedelta(n)} for n, row in enumerate(ROWS)]
    workbook(tmp_path / "1.xlsx", rows, title)
    workbook(tmp_path / "2.xlsx", rows, title)
    for files in ("1.xlsx", "['?.xlsx']"):
        path = write(
            tmp_path,
            f"excel: {{path: {files}, sheet: '{SHEET}'}}\n  split: {{time: day, validation: 0.2, test: 0.2}}",
            *FLAT,
        )
        text = assert_same_examples(path)
    assert "calamine.CalamineWorkbook.from_path" in text


def test_cells_of_several_types_are_refused(tmp_path):
    rows = [flat(row) | {"size": n + 0.5, "town": n if n % 7 == 3 else "Oslo"} for n, row in enumerate(ROWS)]
    workbook(tmp_path / "1.xlsx", rows)
    with pytest.raises(SpecError, match=r"KS620.*cells of several types in `town`"):
        assert_same_examples(write(tmp_path, f"excel: {{path: 1.xlsx, sheet: '{SHEET}'}}", *FLAT))


def test_folders_of_texts(tmp_path):
    for number in range(24):
        place = tmp_path / ("one" if number % 3 else "two") / ("good" if number % 2 else "bad")
        place.mkdir(parents=True, exist_ok=True)
        (place / f"{number}.txt").write_bytes(f"word {number}\r\nlast wörd\n".encode())
    network = "layers:\n  - TextVectorization: {output_mode: multi_hot}\n  - Dense: {units: 1, activation: sigmoid}\n"
    path = tmp_path / "spec.yaml"
    for folders, shape in (("one", "[]"), ("[one, two]", "[1]"), ("{train: one, test: two}", "[]")):
        inputs = f"inputs: {{x: {{shape: {shape}, dtype: string}}}}\n"
        path.write_text(f"kspec: 1\ndata: {{texts: {folders}}}\n{inputs}{network}    name: y\n")
        text = assert_same_examples(path)
    assert "read_text(file) for file in files" in text


ARRAYS = """\
inputs: {x: {shape: [2]}}
layers:
  - Dense: {units: 3, activation: softmax}
    name: y
"""


def arrays(folder, data):
    path = folder / "spec.yaml"
    path.write_text(f"kspec: 1\ndata:\n  {data}\n{ARRAYS}")
    return path


@pytest.mark.parametrize(
    "data",
    [
        "npy: {x: x.npy, y: y.npy}",
        "npy: {train: {x: x.npy, y: y.npy}, test: {x: x2.npy, y: y2.npy}}",
        "npy: table.npy\n  inputs: [c0, c1]\n  targets: c2",
        "npz: {path: t.npz, train: {x: a, y: b}, validation: {x: c, y: d}}\n  split: {test: 0.25}",
        "npz: {path: t.npz, train: {x: a, y: b}, validation: {x: c, y: d}, test: {x: c, y: d}}",
    ],
)
def test_arrays(data, tmp_path):
    x, y = np.random.default_rng(0).normal(size=(40, 2)), np.arange(40) % 3
    np.savez(tmp_path / "t.npz", a=x, b=y, c=x[:9] + 1, d=y[:9])
    for name, array in {"x": x, "y": y, "x2": x[:8], "y2": y[:8], "table": np.column_stack([x, y])}.items():
        np.save(tmp_path / f"{name}.npy", array)
    assert_same_examples(arrays(tmp_path, data))


def test_data_sets_of_keras(tmp_path, monkeypatch):
    chance = np.random.default_rng(0)
    parts = [(chance.integers(0, 255, (rows, 4, 4), dtype="uint8"), np.arange(rows) % 3) for rows in (30, 12)]
    monkeypatch.setattr("kspec.data.sources.keras._contents", lambda *_: b"")
    monkeypatch.setattr("kspec.data.sources.keras._parts", lambda *_: parts)
    monkeypatch.setattr(keras.datasets.mnist, "load_data", lambda: parts)
    path = tmp_path / "spec.yaml"
    path.write_text(
        "kspec: 1\ndata:\n  keras: mnist\n  split: {validation: 0.2, stratify: true}\ninputs: {x: {shape: [4, 4]}}\n"
        "layers:\n  - Flatten\n  - Dense: {units: 3, activation: softmax}\n    name: y\n"
    )
    assert "keras.datasets.mnist.load_data()" in assert_same_examples(path, keras=keras)


def test_what_is_refused(tmp_path):
    rows = [{"a": n, "b": "x" if n == 3 else n, "y": n} for n in range(20)]
    (tmp_path / "t.json").write_text(json.dumps(rows))
    with (
        pa.OSFile(str(tmp_path / "t.arrow"), "wb") as file,
        pa.ipc.new_stream(file, pa.schema([("y", "int64")])) as out,
    ):
        out.write_table(pa.table({"y": list(range(9)), "a": list(range(9))}).select(["y"]))
    path = tmp_path / "spec.yaml"
    for data, inputs, what in (
        ("json: t.json", "t: {shape: [1], dtype: string}", "values of several types in `b`"),
        ("arrow: t.arrow", "t: {shape: [1]}", "a stream of Arrow"),
    ):
        column = "b" if "json" in data else "y"
        layers = "  - StringLookup: {output_mode: one_hot}\n" if "string" in inputs else ""
        path.write_text(
            f"kspec: 1\ndata:\n  {data}\n  inputs: {{t: {column}}}\n  targets: y\ninputs: {{{inputs}}}\nlayers:\n"
            f"{layers}  - Dense: {{units: 1}}\n    name: out\n"
        )
        with pytest.raises(SpecError, match=what):
            assert_same_examples(path)
