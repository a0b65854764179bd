"""Columns that the parser of CSV reads as numbers are the same as those that are read as texts, to the bit."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kspec.data.context import Context, InvalidData
from kspec.data.sources import csv, csv_files
from kspec.data.sources.read_request import Request
from kspec.data.storage import mapped_arrays
from kspec.data.table import Table
from kspec.diagnostics import Report
from kspec.language.csv_options import CsvOptions
from tests.data.helpers import make_spec

NUMBERS = ["1", "-0", "0", "007", "+1", "12", "9007199254740993", "9223372036854775807"]
FLOATS = [
    "1.5",
    "1e5",
    "-1E-7",
    ".5",
    "5.",
    "0.1",
    "1e400",
    "inf",
    "-inf",
    "9223372036854775808",
    "123456789.123456789",
]
ODD = [
    "",
    "NA",
    "nan",
    "null",
    " 1",
    "2 ",
    " 1.5",
    "0x1",
    "1_000",
    "1,5",
    "1.000,5",
    "1 000",
    "?",
    " ?",
    "-999",
    "-999.0",
]
WORSE = [
    "NAN",
    " nan",
    " NA",
    '"3"',
    '""',
    '"NA"',
    '" 4"',
    ' "5"',
    "x",
    "true",
    "\u00a07",
    "é",
    "infinity",
    '"-999"',
    "--1",
]
CELLS = st.one_of(st.sampled_from(NUMBERS), st.sampled_from(NUMBERS + FLOATS), st.sampled_from(NUMBERS + FLOATS + ODD))
OPTIONS = (
    {},
    {"decimal": ","},
    {"missing": ["?", -999]},
    {"missing": {"b": ["?", -999.0], "c": 0}},
    {"missing": 0, "decimal": ","},
    {"thousands": ","},
    {"quote": False},
    {"encoding": "latin-1"},
    {"comment": "x"},
)
NAMES = ("a", "b", "c")


def columns(rows: int) -> Any:
    """Columns of cells, most of which are numbers; some have a few cells that are none."""
    kinds = [
        st.lists(st.sampled_from(cells), min_size=rows, max_size=rows)
        for cells in (
            NUMBERS,
            FLOATS,
            NUMBERS + FLOATS,
            [*NUMBERS, "", "?"],
            FLOATS + ODD,
            NUMBERS + FLOATS + ODD + WORSE,
        )
    ]
    late = st.tuples(st.sampled_from(kinds).flatmap(lambda kind: kind), st.sampled_from(FLOATS + ODD + WORSE))
    return st.one_of(*kinds, late.map(lambda found: [*found[0][:-1], found[1]]))


@st.composite
def tables(draw: Any) -> tuple[list[list[list[str]]], dict[str, Any]]:
    """The rows of each file, and the options of the source."""
    options = draw(st.sampled_from(OPTIONS))
    files = []
    for _ in range(draw(st.integers(1, 2))):
        rows = draw(st.integers(1, 9))
        files.append(list(zip(*(draw(columns(rows)) for _ in NAMES), strict=True)))
    return files, options


def read(folder: Path, names: list[str], options: dict[str, Any]) -> tuple[Table | None, list[str]]:
    """The table of files, and its problems."""
    report = Report()
    context = Context(make_spec(folder, f"{{csv: {names}}}"), report, ("data", "csv"))
    setting = CsvOptions.model_validate({**options, "delimiter": ";", "path": names})
    with mapped_arrays.table_arrays():
        table = csv.read(setting, Request(context, {}, []))
    return table, [str(problem) for problem in report]


def assert_same(one: Table, other: Table) -> None:
    assert list(one.columns) == list(other.columns)
    assert (one.rows, one.files, one.fingerprints) == (other.rows, other.files, other.fingerprints)
    for name, column in one.columns.items():
        same = other.columns[name]
        assert column.kind == same.kind, name
        assert column.kind == "text" or column.values.dtype == same.values.dtype
        np.testing.assert_array_equal(column.missing, same.missing)
        known = [each.values[~each.missing] for each in (column, same)]
        assert known[0].tolist() == known[1].tolist()
        assert column.kind == "text" or known[0].tobytes() == known[1].tobytes()
        assert column.texts().tolist() == same.texts().tolist()


@settings(max_examples=60, deadline=None)
@given(tables(), st.booleans(), st.sampled_from([1, 3, 100]), st.sampled_from([1 << 20, 64, 24]), st.booleans())
def test_numbers_and_texts_give_the_same_table(
    found: Any, is_large: bool, typed: int, block: int, is_quoted: bool
) -> None:
    files, options = found
    with pytest.MonkeyPatch.context() as patch, tempfile.TemporaryDirectory() as name:
        folder, paths = Path(name), [f"t{number}.csv" for number in range(len(files))]
        for path, rows in zip(paths, files, strict=True):
            lines = [";".join(row) for row in [[f'"{name}"' for name in NAMES] if is_quoted else NAMES, *rows]]
            (folder / path).write_bytes("\n".join(lines).encode(options.get("encoding", "utf-8"), "replace"))
        patch.setattr(csv_files, "TYPED", typed)
        patch.setattr(csv_files, "FEW_BLOCKS", 1 << 40)
        texts, problems = read(folder, paths, options)
        patch.setattr(csv_files, "FEW_BLOCKS", 0)
        patch.setattr(csv_files, "BLOCK", block)
        patch.setattr(csv_files, "COLUMN_BLOCK", 1)
        patch.setattr(mapped_arrays, "MOST", 0 if is_large else 1e15)
        numbers, same_problems = read(folder, paths, options)
        assert problems == same_problems
        assert (texts is None) == (numbers is None)
        if texts is not None and numbers is not None:
            assert_same(texts, numbers)


def large(folder: Path, monkeypatch: pytest.MonkeyPatch, text: str) -> Table:
    monkeypatch.setattr(csv_files, "FEW_BLOCKS", 0)
    (folder / "t.csv").write_text(text)
    table, problems = read(folder, ["t.csv"], {})
    assert table is not None, problems
    return table


def test_numbers_are_not_read_as_texts_until_somebody_asks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csv, "_read_texts", None)
    table = large(tmp_path, monkeypatch, "a;b\n007;1.50\n8;x\n")
    assert [column.kind for column in table.columns.values()] == ["integer", "text"]
    monkeypatch.undo()
    assert table.columns["a"].texts().tolist() == ["007", "8"]
    assert table.columns["a"].take(np.array([1])).texts().tolist() == ["8"]


@pytest.mark.parametrize("change", ["vanished", "changed", "shorter"])
def test_a_file_that_changes_before_its_texts_are_read(
    change: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = large(tmp_path, monkeypatch, "a;b\n007;1.50\n8;x\n")
    if change == "vanished":
        (tmp_path / "t.csv").unlink()
    else:
        (tmp_path / "t.csv").write_text("a;b\n007;1.50\n" if change == "shorter" else "a;b\n007;1.50\n99;x\n")
    with pytest.raises(InvalidData):
        table.columns["a"].texts()
