"""Rows in memory are predicted as the same rows in a file."""

import csv
import datetime

import numpy as np
import pyarrow.csv
import pytest

import kspec
from kspec.runs.rows import file_of
from kspec.runs.run_folder import RunFolderError
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
        return kspec.run(write(SPEC)).folder.resolve()


def rows_in_form(path, form):
    """The rows of the table as a program may hold them."""
    table = pyarrow.csv.read_csv(path)
    columns = table.to_pydict()
    forms = {
        "frame": lambda: pytest.importorskip("pandas") and table.to_pandas(),
        "columns": lambda: columns,
        "rows": table.to_pylist,
        "texts": lambda: list(csv.DictReader(path.read_text().splitlines())),
        "arrow": lambda: table,
        "arrays": lambda: {name: np.array([np.nan if v is None else v for v in columns[name]]) for name in columns},
    }
    return forms[form]()


@pytest.fixture(scope="module")
def of_the_file(run):
    """The predictions and the metrics of the whole table."""
    path = run.parent.parent.parent / "table.csv"
    return kspec.predict(run, path)["kind"], kspec.evaluate(run, path)


@pytest.mark.parametrize(
    "form", [pytest.param("frame", marks=pytest.mark.slow), "columns", "rows", "texts", "arrow", "arrays"]
)
def test_every_form_of_rows_gives_the_predictions_of_the_file(run, of_the_file, form):
    rows, (predictions, metrics) = rows_in_form(run.parent.parent.parent / "table.csv", form), of_the_file
    assert np.array_equal(kspec.predict(run, rows)["kind"], predictions)
    assert kspec.evaluate(run, rows) == pytest.approx(metrics, rel=1e-6)


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


def test_a_run_is_opened_without_its_model(run, monkeypatch):
    """And predicts again what it has predicted at its end."""
    monkeypatch.chdir(run.parent.parent.parent)
    opened = kspec.open(run)
    assert (opened.name, opened.status, opened.kept_epoch, len(opened.history)) == ("mixed", "finished", 1, 1)
    assert opened.metrics["split"] == "test"
    assert opened._model is None
    written = list(csv.DictReader((run / "predictions.csv").read_text().splitlines()))
    probabilities = [float(row["kind_probability"]) for row in written]
    assert opened.predictions["kind"][:, 0] == pytest.approx(probabilities, rel=1e-6)
    assert opened.evaluate()["loss"] == pytest.approx(opened.metrics["loss"], rel=1e-6)
    assert opened.model.count_params() == 8
    assert kspec.open(run.parent / "latest").folder == run


def test_a_run_in_a_notebook_shows_its_numbers_and_pictures(run):
    opened = kspec.open(run)
    page = opened._repr_html_()
    assert f"<td>{opened.metrics['loss']:.4g}</td>" in page
    assert "<b>mixed</b> finished, 1 epochs" in page
    assert page.count("data:image/png;base64,") == len([path for path in run.glob("*.png") if path.stem != "model"]) > 0
    assert "<script" not in page
    opened.name = "<script>"
    assert "<script" not in opened._repr_html_()


@pytest.mark.slow
def test_runs_are_listed_as_a_table(run):
    pandas = pytest.importorskip("pandas")
    found = kspec.list_runs("mixed", runs=run.parent.parent)
    frame = found.to_dataframe()
    assert isinstance(frame, pandas.DataFrame)
    assert frame["name"].tolist() == ["mixed"]
    assert frame["loss"][0] == found[0].metrics["loss"]
    assert found._repr_html_().startswith("<table>")
    assert kspec.list_runs("other", runs=run.parent.parent) == []


def test_a_run_trains_on_from_python(run, monkeypatch):
    monkeypatch.chdir(run.parent.parent.parent)
    first = kspec.run("spec.yaml")
    second = first.resume("fit.epochs=2")
    whole = kspec.run("spec.yaml", "fit.epochs=2")
    assert second.history == whole.history
    assert second.predict()["kind"].tolist() == whole.predictions["kind"].tolist()
    with pytest.raises(RunFolderError, match="finished"):
        kspec.resume(second)


def test_a_run_without_a_model_says_so(run, tmp_path, monkeypatch):
    monkeypatch.chdir(run.parent.parent.parent)
    smoke = kspec.run("spec.yaml", smoke=True)
    with pytest.raises(RunFolderError, match="smoke run"):
        smoke.predict([{"a": 1}])
    with pytest.raises(RunFolderError, match="no run"):
        kspec.open(tmp_path / "none")
