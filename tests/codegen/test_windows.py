"""Exported files make the windows of kspec, and refuse what they cannot make."""

from __future__ import annotations

import pytest

from kspec.diagnostics import SpecError
from tests.codegen import window_sources
from tests.codegen.data_part import assert_same_examples

SPEC = "kspec: 1\nname: windows\n"


@pytest.fixture
def spec_of(tmp_path):
    window_sources.make_data(tmp_path)

    def write(text):
        path = tmp_path / "spec.yaml"
        path.write_text(text)
        return path

    return write


def test_forecasts_of_several_series(spec_of):
    text = assert_same_examples(spec_of(SPEC + window_sources.SPECS["stations"]))
    assert "order = np.lexsort((hour_times, station))" in text
    assert 'np.diff(hour_times[order]) != np.timedelta64(1, "h")' in text


def test_windows_that_share_no_row_are_split_by_chance(spec_of):
    assert "split_rows(len(x))" in assert_same_examples(spec_of(window_sources.GESTURES))


def test_a_split_in_the_order_of_rows_is_the_default(spec_of):
    months = window_sources.SPECS["months"]
    assert "ordered = np.sort(month_times)" in assert_same_examples(spec_of(SPEC + months))
    text = assert_same_examples(spec_of(SPEC + months.replace(", time: month", "")))
    assert "np.split(\n        np.arange(len(x))" in text


@pytest.mark.parametrize(
    ("split", "seen"),
    [
        ("{by: part}", True),
        ("{order: true, validation: 0.2, test: 0.2, gap: 3}", False),
        ("{time: month, validation: 0, test: 2019-03-01}", False),
    ],
)
def test_no_window_sees_a_later_split(split, seen, spec_of):
    months = window_sources.SPECS["months"].replace("  window:", f"  split: {split}\n  window:")
    text = assert_same_examples(spec_of(SPEC + months))
    assert ("np.isin(past, train).all(axis=1)" in text) == seen


def test_rows_of_a_series_that_are_left_out_cut_it(spec_of):
    stations = window_sources.SPECS["stations"].replace("warmth: mean", "warmth: drop_row")
    stations = stations.replace("length: 6, horizon: 3", "length: 3, horizon: 3").replace("[6, 2]", "[3, 2]")
    assert_same_examples(spec_of(SPEC + stations))
    with pytest.raises(SpecError, match=r"KS620.*cut series where a row is left out"):
        assert_same_examples(
            spec_of(SPEC + stations.replace(", time: hour, by: station, every: 1 hour", ", by: station"))
        )


@pytest.mark.parametrize(
    ("more", "what"),
    [
        ("evaluate: {data: months.csv}\n", "make windows over the data of a step"),
        ("predict: {data: months.csv}\n", "make windows over the data of a step"),
    ],
)
def test_what_is_refused(more, what, spec_of):
    with pytest.raises(SpecError, match=f"KS620.*{what}"):
        assert_same_examples(spec_of(SPEC + window_sources.SPECS["months"] + more))


def test_gaps_take_values_of_neighbors_in_one_series_alone(spec_of):
    stations = window_sources.SPECS["stations"].replace("warmth: mean", "warmth: {fill: forward, else: mean}")
    with pytest.raises(SpecError, match=r"KS620.*fill gaps from neighbors in several series"):
        assert_same_examples(spec_of(SPEC + stations))
    months = window_sources.SPECS["months"].replace("  window:", "  missing: {price: forward}\n  window:")
    months = months.replace("{both: [sales, price]}", "{both: sales}").replace("Dense: {units: 4}", "Dense: {units: 2}")
    path = spec_of(SPEC + months.replace("target_shape: [2, 2]", "target_shape: [2, 1]"))
    table = path.with_name("months.csv")
    lines = table.read_text().splitlines()
    for row in (9, 10, 33, 50):
        month, sales, _, part = lines[row].split(",")
        lines[row] = f"{month},{sales},,{part}"
    table.write_text("\n".join(lines) + "\n")
    assert "fill_forward(" in assert_same_examples(path)
