"""Rows in memory are predicted as the same rows in a file."""

import csv
import datetime

import numpy as np
import pytest

import kspec
from kspec.runs.rows import file_of
from tests.support.project import make_project

SPEC = """\
kspec: 1
name: mixed
data:
  csv: table.csv
  columns: {year: year(day)}
  inputs: {x: [a, b, year], city: city}
  targets: kind
  missing: {a: median}
inputs: {x: {shape: [3]}, city: {shape: [1], dtype: string}}
layers:
  - StringLookup: {output_mode: one_hot}
    name: places
    from: city
  - Concatenate: {}
    from: [x, places]
  - Dense: {units: 1, activation: sigmoid}
    name: kind
fit: {epochs: 1}
"""


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    with pytest.MonkeyPatch.context() as monkeypatch:
        folder = tmp_path_factory.mktemp("rows")
        write = make_project(folder, monkeypatch)
        rows = list(csv.reader((folder / "table.csv").read_text().splitlines()))
        days = ["day", *(f"20{10 + index % 15}-03-0{1 + index % 9}" for index in range(80))]
        rows = [[*row, day] for row, day in zip(rows, days, strict=True)]
        rows[5][0] = ""
        with (folder / "table.csv").open("w", newline="") as file:
            csv.writer(file).writerows(rows)
        return kspec.run(write(SPEC))


def forms(path):
    """The rows of the table as a program may hold them."""
    pandas = pytest.importorskip("pandas")
    pyarrow = pytest.importorskip("pyarrow")
    frame = pandas.read_csv(path, parse_dates=["day"])
    columns = {name: [None if value != value else value for value in frame[name]] for name in frame}
    return {
        "frame": frame,
        "columns": columns,
        "rows": frame.astype(object).where(frame.notna(), None).to_dict("records"),
        "texts": list(csv.DictReader(path.read_text().splitlines())),
        "arrow": pyarrow.table({**columns, "day": [day.date() for day in columns["day"]]}),
        "arrays": {name: frame[name].to_numpy() for name in frame},
    }


@pytest.mark.parametrize("form", ["frame", "columns", "rows", "texts", "arrow", "arrays"])
def test_every_form_of_rows_gives_the_predictions_of_the_file(run, form):
    path = run.folder.parent.parent.parent / "table.csv"
    expected = kspec.predict(run, path)["kind"]
    rows = forms(path)[form]
    assert np.array_equal(kspec.predict(run, rows)["kind"], expected)
    assert kspec.evaluate(run, rows) == pytest.approx(kspec.evaluate(run, path), rel=1e-6)


def test_arrays_of_several_axes_are_an_npz_file():
    with file_of({"picture": np.ones((3, 4, 4), "float32"), "id": [1, 2, 3]}) as path:
        found = np.load(path)
        assert found["picture"].shape == (3, 4, 4)
        assert found["id"].tolist() == [1, 2, 3]


@pytest.mark.parametrize(
    ("rows", "error", "message"),
    [
        (7, TypeError, "not int"),
        ({"a": 3}, TypeError, "`a` must hold a value for each row, not int"),
        ({"a": "text"}, TypeError, "not str"),
        ({"a": [1], "b": [1, 2]}, ValueError, "a 1, b 2"),
        ([{"a": object()}], TypeError, "type object"),
    ],
)
def test_what_are_no_rows_is_refused(rows, error, message):
    with pytest.raises(error, match=message), file_of(rows):
        pass


def test_gaps_of_every_kind_are_null():
    values = [None, float("nan"), np.nan, np.datetime64("NaT"), np.float32("inf")]
    with file_of({"a": values, "b": [datetime.date(2024, 2, 1)] * 5}) as path, open(path) as file:
        assert {line.strip() for line in file} == {'{"a": null, "b": "2024-02-01"}'}
