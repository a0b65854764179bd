"""The source json: rows in an array, or one after another."""

import gzip
import json

import numpy as np
import pytest

from kspec.data.context import Context
from kspec.data.sources import names
from kspec.data.sources.read_request import Request
from kspec.diagnostics import Report
from tests.data.helpers import make_spec, read

ALL_TRAIN = "split: {validation: 0, test: 0}"
COLUMNS = ["a", "f", "s", "b", "l", "o.q", "o.t.z", "d", "m"]


def row(number):
    return {
        "a": number,
        "f": number / 4 if number % 3 else None,
        "s": "pq"[number % 2],
        "b": number % 2 == 0,
        "l": [number, number + 1],
        "o": {"q": number * 2, "t": {"z": "x"}},
        "d": f"2024-01-{number + 1:02d}",
        "m": number if number % 2 else "w",
    }


ROWS = [row(number) for number in range(12)]
del ROWS[3]["f"]
WRITTEN = {
    "array.json": json.dumps(ROWS, indent=1).encode(),
    "lines.jsonl": "\n".join(map(json.dumps, ROWS)).encode(),
    "packed.json.gz": gzip.compress(json.dumps(ROWS).encode()),
    "utf16.json": json.dumps(ROWS).encode("utf-16"),
    "mark.ndjson": b"\xef\xbb\xbf" + "\r\n".join(map(json.dumps, ROWS)).encode(),
}


@pytest.mark.parametrize("name", WRITTEN)
def test_each_way_to_write_rows_gives_the_same_columns(tmp_path, name):
    (tmp_path / name).write_bytes(WRITTEN[name])
    data = read(tmp_path, f"{{json: {name}, inputs: [a, f, l, o.q], targets: s, missing: {{f: -1}}, {ALL_TRAIN}}}", "x: {shape: [5]}").data  # fmt: skip
    expected = [[n, -1 if n % 3 == 0 else n / 4, n, n + 1, 2 * n] for n in range(12)]
    np.testing.assert_array_equal(data.splits["train"].inputs["x"], np.array(expected, "float32"))
    assert data.splits["train"].targets["y"].tolist() == ["p", "q"] * 6
    assert data.unused == ["b", "o.t.z", "d", "m"]


@pytest.mark.parametrize(
    ("target", "values"),
    [
        ("a", list(range(12))),
        ("b", [True, False] * 6),
        ("m", [str(n) if n % 2 else "w" for n in range(12)]),
        ("[o.q, a]", [[2 * n, n] for n in range(12)]),
        ("l", [[n, n + 1] for n in range(12)]),
    ],
)
def test_targets_of_each_kind(tmp_path, target, values):
    (tmp_path / "t.json").write_bytes(WRITTEN["array.json"])
    data = read(tmp_path, f"{{json: t.json, inputs: a, targets: {target}, {ALL_TRAIN}}}", "x: {shape: [1]}").data
    assert data.splits["train"].targets["y"].tolist() == values


def test_dates_are_times(tmp_path):
    (tmp_path / "t.json").write_bytes(WRITTEN["array.json"])
    data = read(
        tmp_path, "{json: t.json, inputs: [a, o.q], targets: s, split: {time: d, validation: 0, test: 0.25}}"
    ).data
    assert data.splits["test"].inputs["x"][:, 0].tolist() == [9, 10, 11]
    window = "window: {length: 3, horizon: 1, time: d}, inputs: {x: {columns: a, window: past}}, targets: a"
    data = read(tmp_path, f"{{json: t.json, {window}, {ALL_TRAIN}}}", "x: {shape: [3, 1]}").data
    assert np.asarray(data.splits["train"].targets["y"][:2]).ravel().tolist() == [3, 4]


def test_columns_are_known_from_the_first_rows(tmp_path):
    (tmp_path / "t.json").write_bytes(WRITTEN["array.json"])
    spec = make_spec(tmp_path, "{json: t.json}")
    request = Request(Context(spec, Report(), ("data", "json")), {}, [])
    assert names("json", "t.json", request) == COLUMNS
    (tmp_path / "t.json").write_bytes(WRITTEN["array.json"][:-30])
    assert names("json", "t.json", request) == COLUMNS


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('[{"a": 1}, {"a": 2}', "KS504 `t.json` ends within its array"),
        ('{"a": 1}\n{"a":\n', "KS504 `t.json` is no JSON at line 3, column 1"),
        ('[{"a": 1,}]', "KS504 `t.json` is no JSON at line 1, column 10"),
        ('[{"a": 1}] 2', "KS504 `t.json` goes on after its array at line 1, column 12"),
        ("[1, 2]", "KS504 `t.json` has a number in row 1, not an object"),
        ('{"a": 1}\n[3]', "KS504 `t.json` has a list in row 2, not an object"),
        ('{"columns": ["a"], "data": [[1]]}', "KS502 unknown column `y`"),
        ("hello", "KS504 `t.json` is no JSON at line 1, column 1"),
        ("[]", "KS506 `t.json` has no rows"),
        ('{"a.b": 1, "a": {"b": 2}}', "KS504 `t.json` has two values of `a.b` in row 1"),
        ('[{"x": ' + "[" * 100_000, "KS504 `t.json` nests values too deep"),
        ('{"x": [1, "a"], "y": 0}', "KS508 column `x` cannot be used"),
        ('{"x": [1], "y": 0}\n{"x": 2, "y": 0}', "KS508 column `x` cannot be used"),
        ("{" + ", ".join(f'"{n}": 1' for n in range(20)) + "}", "KS532 `t.json` has 11 columns"),
    ],
)
def test_texts_without_rows_are_errors(tmp_path, text, problem):
    (tmp_path / "t.json").write_text(text)
    result = read(tmp_path, "{json: t.json, inputs: x, targets: y, limits: {columns: 10}}")
    assert result.problems[0].startswith(problem)
    assert result.pointed in ("t.json", "x", "y")


def test_memory_is_looked_at_before_values_are_made(tmp_path):
    (tmp_path / "t.json").write_text('[{"x": [' + "1," * 200_000 + "1]}]")
    assert "KS530" in read(tmp_path, "{json: t.json, limits: {gigabytes: 0.01}}").only
    (tmp_path / "t.json.gz").write_bytes(gzip.compress(b" " * 40_000_000))
    assert "KS531" in read(tmp_path, "{json: t.json.gz}").only
