"""Forecasts of several series for several steps, with columns known beforehand and a static one."""

from __future__ import annotations

import csv
import datetime
import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import kspec
from kspec.runs.forecast import forecast_run
from kspec.runs.run_folder import RunFolderError
from kspec.runs.run_loader import LoadedRun, load_run, predictions_of, read_examples

pytestmark = pytest.mark.slow
START, DAYS = datetime.date(2024, 1, 1), 60
SPEC = """
kspec: 1
task: regression
seed: 1
data:
  csv: table.csv
  columns: {weekday: dayofweek(day)}
  window: {length: 5, horizon: 2, time: day, by: shop}
  inputs:
    past: {columns: [sold, staff], window: past}
    calendar: {columns: weekday, window: future}
    region: region
  targets: [sold, staff]
inputs:
  past: {shape: [5, 2]}
  calendar: {shape: [2, 1]}
  region: {shape: [1], dtype: string}
layers:
  - Normalization: {}
    from: past
  - GRU: {units: 4}
    name: seen
  - StringLookup: {output_mode: one_hot}
    from: region
    name: where
  - Concatenate: {}
    from: [seen, where]
  - RepeatVector: {n: 2}
    name: repeated
  - Concatenate: {}
    from: [repeated, calendar]
  - GRU: {units: 4, return_sequences: true}
  - Dense: {units: 2}
    name: out
fit: {epochs: 2, batch_size: 16}
"""


def _rows(days: int = DAYS) -> list[list[Any]]:
    random = np.random.default_rng(0)
    return [
        [shop, START + datetime.timedelta(day), region, *random.normal(size=2).round(4), int(random.integers(9))]
        for shop, region in (("b", "south"), ("a", "north"))
        for day in range(days)
    ]


def _write(rows: list[list[Any]], file: Path) -> str:
    with file.open("w", newline="", encoding="utf-8") as stream:
        csv.writer(stream).writerows([["shop", "day", "region", "sold", "staff", "visitors"], *rows])
    return str(file)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> LoadedRun:
    folder = tmp_path_factory.mktemp("forecasts")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        _write(_rows(), folder / "table.csv")
        (folder / "spec.yaml").write_text(SPEC, encoding="utf-8")
        return load_run(str((folder / kspec.run("spec.yaml").folder).resolve()))


def _forecast(run: LoadedRun, file: str, steps: int) -> list[list[str]]:
    table = io.StringIO()
    assert forecast_run(run, file, steps, table) == 2
    return list(csv.reader(io.StringIO(table.getvalue())))


def test_predictions_become_the_past_of_the_next(run: LoadedRun, tmp_path: Path) -> None:
    rows = _rows(20)
    header, *lines = _forecast(run, _write(rows, tmp_path / "recent.csv"), 5)
    assert header == ["row", "shop", "day", "step", "out_sold", "out_staff"]
    assert [line[:4] for line in lines] == [
        [row, shop, str(START + datetime.timedelta(20 + step)), str(step + 1)]
        for shop, row in (("a", "40"), ("b", "20"))
        for step in range(5)
    ]
    expected: dict[str, list[Any]] = {"a": [], "b": []}
    for _ in range(3):  # the same by hand: each time a file with what was predicted so far
        table = [[*row] for row in rows]
        for shop, region in (("b", "south"), ("a", "north")):
            for step in range(len(expected[shop]) + 2):
                values = expected[shop][step] if step < len(expected[shop]) else ["", ""]
                table.append([shop, START + datetime.timedelta(20 + step), region, *values, ""])
        examples, _ = read_examples(run, _write(table, tmp_path / "longer.csv"), None, need_targets=False)
        predictions = predictions_of(run, examples)[0]["out"]
        assert examples.windows is not None
        groups = examples.windows.groups(len(examples))
        times = examples.windows.times(len(examples))
        for shop, known in expected.items():
            day = str(START + datetime.timedelta(20 + len(known)))
            place = np.flatnonzero((groups == shop) & (times[:, 0] == day))
            known += predictions[place[0]].tolist()
    found = np.array([[float(value) for value in line[4:]] for line in lines]).reshape(2, 5, 2)
    assert np.allclose(found, [expected["a"][:5], expected["b"][:5]], rtol=1e-5, atol=1e-6)


def test_a_file_may_hold_what_is_known_of_later_rows(run: LoadedRun, tmp_path: Path) -> None:
    known = _rows(20)
    later = [[*row[:3], "", "", row[5]] if row[1] >= START + datetime.timedelta(17) else row for row in known]
    short = [row for row in known if row[1] < START + datetime.timedelta(17)]
    lines = [_forecast(run, _write(rows, tmp_path / "recent.csv"), 4) for rows in (later, short)]
    assert [line[1:] for line in lines[0]] == [line[1:] for line in lines[1]]


def test_series_without_a_window_are_named(run: LoadedRun, tmp_path: Path) -> None:
    rows = [row for row in _rows(20) if row[0] == "a" or row[1] < START + datetime.timedelta(4)]
    examples, _ = read_examples(run, _write(rows, tmp_path / "recent.csv"), None, need_targets=False)
    assert "`b` has no window, which needs 7 rows" in examples.notes


def test_what_cannot_be_known_is_named(run: LoadedRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = _write(
        [[*row[:2], "north" if n % 2 else "south", *row[3:]] for n, row in enumerate(_rows(20))], tmp_path / "t"
    )
    assert len(_forecast(run, file, 2)) == 5  # the horizon: nothing is fed back
    with pytest.raises(RunFolderError, match="`region` is not known, which the input `region` takes"):
        _forecast(run, file, 3)
    columns = run.fitted["columns"]["inputs"]
    monkeypatch.setitem(columns, "past", ["sold", "visitors"])
    with pytest.raises(RunFolderError, match="`visitors` is not known, which the input `past` takes"):
        _forecast(run, _write(_rows(20), tmp_path / "recent.csv"), 3)


def test_only_models_that_forecast_have_steps(run: LoadedRun, monkeypatch: pytest.MonkeyPatch) -> None:
    data = run.spec.document.data
    assert data is not None
    monkeypatch.setattr(data, "window", None)
    with pytest.raises(RunFolderError, match="their spec has a `window`"):
        forecast_run(run, "recent.csv", 3, io.StringIO())
