"""The spec that `kspec init` writes for a series in time."""

from __future__ import annotations

import csv
import datetime
import json
import math
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import kspec
from kspec.data.table_preview import profile_file
from kspec.diagnostics import Report
from kspec.rewrite.from_table import Choices, from_table
from tests.conftest import SPECS

SPECS_DATA = SPECS / "data"
DAY = datetime.date(2020, 1, 1)
NOISE = np.random.default_rng(0).normal(size=2000).round(3)


def _months(count: int) -> list[str]:
    return [f"{2000 + month // 12}-{month % 12 + 1:02d}" for month in range(count)]


def _days(count: int, step: int = 1) -> list[datetime.date]:
    return [DAY + datetime.timedelta(step * number) for number in range(count)]


def _yearly(count: int, scale: float = 10.0) -> list[float]:
    """Months with a season of twelve, a trend and a little noise."""
    return [round(scale * math.sin(month / 6 * math.pi) + month / 10 + NOISE[month], 3) for month in range(count)]


def _infer(folder: Path, header: str, rows: Iterable[Iterable[Any]], **choices: str) -> kspec.Spec:
    """The spec of a table, which has no errors."""
    with (folder / "table.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(header.split(","))
        writer.writerows(rows)
    report = Report()
    preview = profile_file(folder / "table.csv", report)
    assert preview is not None, list(report)
    text = from_table(
        preview.profile,
        "table.csv",
        Choices(**choices),
        options=preview.options,
        hints=preview.hints,
        notes=preview.notes,
        columns=preview.columns,
        table=preview.table,
    )
    (folder / "spec.yaml").write_text(text, encoding="utf-8")
    assert [str(each) for each in kspec.check(folder / "spec.yaml") if each.is_error] == [], text
    return kspec.load(folder / "spec.yaml")


def test_months_have_a_season_of_a_year(tmp_path: Path) -> None:
    spec = _infer(tmp_path, "month,sales", zip(_months(120), _yearly(120), strict=True))
    data = spec.values["data"]
    assert data["window"] == {"length": 24, "horizon": 12, "time": "month", "season": 12}
    assert data["inputs"] == {"past": {"columns": "sales", "window": "past"}}
    assert data["split"] == {"time": "month", "validation": 0.2, "test": 0.2}
    assert {"Cropping1D": {"cropping": [12, 0]}, "from": "past"} in spec.values["layers"]


@pytest.mark.parametrize("form", ["{:d}", "%b", "%B"])
def test_a_year_and_a_month_are_a_time(form: str, tmp_path: Path) -> None:
    rows = [
        (month[:4], form.format(int(month[5:7])) if "{" in form else datetime.date(2000, int(month[5:7]), 1), value)
        for month, value in zip(map(str, _months(120)), _yearly(120), strict=True)
    ]
    rows = [(year, each if isinstance(each, str) else each.strftime(form), value) for year, each, value in rows]
    spec = _infer(tmp_path, "Year,month,sales", rows)
    data = spec.values["data"]
    assert data["window"] == {"length": 24, "horizon": 12, "time": "date", "season": 12}
    assert data["inputs"] == {"past": {"columns": "sales", "window": "past"}}
    assert [str(each) for each in kspec.check(tmp_path / "spec.yaml", data=True) if each.is_error] == []


def test_a_longer_season_is_predicted_by_quarters(tmp_path: Path) -> None:
    values = [round(math.sin(week / 26 * math.pi) + NOISE[week] / 50, 3) for week in range(400)]
    spec = _infer(tmp_path, "week,level", zip(_days(400, 7), values, strict=True))
    assert spec.values["data"]["window"] == {"length": 104, "horizon": 13, "time": "week", "season": 52}
    assert {"Cropping1D": {"cropping": [52, 39]}, "from": "past"} in spec.values["layers"]


def test_without_a_calendar_the_season_is_a_peak_of_the_correlation(tmp_path: Path) -> None:
    values = [round(5 * math.sin(year / 11 * 2 * math.pi) + NOISE[year], 3) for year in range(200)]
    spec = _infer(tmp_path, "year,spots", zip(range(1800, 2000), values, strict=True))
    assert spec.values["data"]["window"] == {"length": 22, "horizon": 1, "time": "year", "season": 11}


def test_chance_has_no_season(tmp_path: Path) -> None:
    spec = _infer(tmp_path, "month,level", zip(_months(200), NOISE[:200].cumsum().round(3), strict=True))
    assert spec.values["data"]["window"] == {"length": 24, "horizon": 1, "time": "month"}
    assert "no season was found" in spec.source.text


def test_several_series_and_other_numbers(tmp_path: Path) -> None:
    rows = [
        (store, "north" if store < 12 else "south", month, value, wind)
        for store in (10, 11, 12)
        for month, value, wind in zip(_months(90), _yearly(90, store), NOISE, strict=False)
    ]
    data = _infer(tmp_path, "store,region,month,sales,wind", rows).values["data"]
    assert data["window"] == {"length": 24, "horizon": 12, "time": "month", "by": "store", "season": 12}
    assert data["inputs"] == {
        "past": {"columns": "sales", "window": "past"},
        "others": {"columns": ["wind"], "window": "past"},
        "store": "store",
        "region": "region",
    }
    assert data["targets"] == "sales"


def test_many_gaps_of_a_series_are_filled_in_the_past_alone(tmp_path: Path) -> None:
    rows = [
        (day, "" if at % 9 == 4 else f"{value} kW", "" if at % 7 == 2 else wind)
        for at, (day, value, wind) in enumerate(zip(_days(300), NOISE.cumsum().round(3) * 40, NOISE, strict=False))
    ]
    data = _infer(tmp_path, "day,load,wind", rows, target="load").values["data"]
    fill = {"fill": "forward", "else": "median"}
    assert data["missing"] == {"wind": fill, "load_number_known": fill, "load_number": "ignore"}
    assert data["inputs"]["past"] == {"columns": "load_number_known", "window": "past"}
    assert data["targets"] == "load_number"
    assert [str(each) for each in kspec.check(tmp_path / "spec.yaml", data=True) if each.is_error] == []


def test_a_rare_gap_of_a_series_costs_its_windows(tmp_path: Path) -> None:
    values = ["" if at == 100 else value for at, value in enumerate(NOISE[:300].cumsum().round(3))]
    assert _infer(tmp_path, "day,level", zip(_days(300), values, strict=True)).values["data"]["missing"] == {
        "level": "drop_row"
    }


def test_working_days_follow_each_other(tmp_path: Path) -> None:
    days = [day for day in _days(400) if day.weekday() < 5]
    data = _infer(tmp_path, "day,close", zip(days, NOISE.cumsum().round(3), strict=False)).values["data"]
    assert data["window"]["every"] == "row"


def test_the_choices_of_the_user_hold(tmp_path: Path) -> None:
    rows = [(day, later, value, other) for day, later, value, other in zip(
        _days(100), _days(100, 7), _yearly(100), NOISE, strict=False)]  # fmt: skip
    data = _infer(tmp_path, "a,b,one,two", rows, time="b", target="one").values["data"]
    assert (data["window"]["time"], data["targets"]) == ("b", "one")
    assert data["inputs"]["others"] == {"columns": ["two"], "window": "past"}


@pytest.mark.parametrize(
    ("header", "rows"),
    [
        ("day,age,dose,healed", [(DAY + datetime.timedelta(n * n % 97), n % 60, NOISE[n], n % 2) for n in range(100)]),
        ("day,rain,wind,weather", [(d, NOISE[n], n % 7, "ab"[n % 2]) for n, d in enumerate(_days(100))]),
    ],
)
def test_events_and_classes_keep_their_rows_as_examples(tmp_path: Path, header: str, rows: list[Any]) -> None:
    data = _infer(tmp_path, header, rows).values["data"]
    assert "window" not in data
    assert data["targets"] == header.split(",")[-1]


def test_rows_whose_past_says_nothing_are_examples(tmp_path: Path) -> None:
    """Sales of houses, one a day: the last price says less of the next than the mean of all."""
    sizes = np.random.default_rng(4).uniform(20, 200, 300).round(1)
    rows = [(day, size, size * 3 + noise) for day, size, noise in zip(_days(300), sizes, NOISE, strict=False)]
    data = _infer(tmp_path, "date,size,price", rows).document.data
    assert data is not None
    assert data.window is None
    assert data.split.time == "date"


def test_counts_in_a_series_are_amounts(tmp_path: Path) -> None:
    rows = zip(_days(200), [int(abs(4 * value)) % 9 for value in NOISE[:200]], strict=True)
    spec = _infer(tmp_path, "day,calls", rows)
    assert (spec.document.task, spec.values["data"]["window"]["horizon"]) == ("regression", 1)


@pytest.mark.slow
def test_a_real_series_beats_the_naive_forecasts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with (SPECS_DATA / "sunspots.csv").open(encoding="utf-8") as file:
        header, *rows = csv.reader(file)
    spec = _infer(tmp_path, ",".join(header), rows)
    metrics = json.loads((kspec.run(spec.source.name).folder / "metrics.json").read_text())
    scores = [each["mean_absolute_error"] for each in metrics["baseline"]["forecasts"].values()]
    assert len(scores) == 2
    assert metrics["evaluate"]["mean_absolute_error"] < 0.8 * min(scores)
