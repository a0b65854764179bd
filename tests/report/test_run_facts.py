"""A report reads the predictions of a run from its folder, whatever their form."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from kspec.report import prediction_files
from kspec.report.run_facts import read_facts
from tests.report.runs import binary_run, mask_run, multiclass_run, regression_run


def test_a_binary_output(tmp_path: Path) -> None:
    folder, values, actual = binary_run(tmp_path / "run")
    [own] = read_facts(str(folder)).predictions
    assert (own.kind, own.names) == ("binary", ("bad", "good"))
    np.testing.assert_array_equal(own.values[:, 0], values)
    np.testing.assert_array_equal(own.actual, actual)
    np.testing.assert_array_equal(own.predicted(), values > 0.5)


def test_a_multiclass_output(tmp_path: Path) -> None:
    folder, values, actual = multiclass_run(tmp_path / "run")
    [own] = read_facts(str(folder)).predictions
    assert (own.kind, own.names) == ("multiclass", ("a", "b", "c"))
    np.testing.assert_array_equal(own.values, values)
    np.testing.assert_array_equal(own.actual, actual)


def test_a_regression(tmp_path: Path) -> None:
    folder, values, actual = regression_run(tmp_path / "run")
    [own] = read_facts(str(folder)).predictions
    assert own.kind == "regression"
    np.testing.assert_array_equal(own.values[:, 0], values)
    np.testing.assert_array_equal(own.actual[:, 0], actual)


def test_masks_count_by_position_and_by_picture(tmp_path: Path) -> None:
    folder, values, actual = mask_run(tmp_path / "run")
    facts = read_facts(str(folder))
    [own], [masks] = facts.predictions, facts.masks
    assert (own.kind, own.names, own.unit) == ("binary", ("ground", "road"), "positions")
    np.testing.assert_array_equal(own.values[:, 0], values.ravel())
    np.testing.assert_array_equal(own.actual, actual.ravel())
    np.testing.assert_array_equal(masks.actual, actual)
    np.testing.assert_array_equal(masks.predicted, values > 0.5)


def test_examples_without_an_actual_value_are_left_out(tmp_path: Path) -> None:
    folder, *_ = regression_run(tmp_path / "run", count=3)
    (folder / "predictions.csv").write_text("row,kind,kind_actual\n1,2.5,\n2,,3\n3,1.5,1.25\n", encoding="utf-8")
    [own] = read_facts(str(folder)).predictions
    assert own.rows.tolist() == [3]


def test_labels_with_line_breaks_and_quotes_are_read(tmp_path: Path) -> None:
    folder, _, actual = binary_run(tmp_path / "run", names=('say "no"', "a\nb"))
    [own] = read_facts(str(folder)).predictions
    np.testing.assert_array_equal(own.actual, actual)


def test_of_a_large_table_a_part_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder, values, _ = binary_run(tmp_path / "run", count=5000)
    monkeypatch.setattr(prediction_files, "MOST_BYTES", 1 << 15)
    [own] = read_facts(str(folder)).predictions
    assert 0.1 < own.share < 0.5
    assert 500 < len(own) < 2500
    assert own.rows.max() > 4900
    np.testing.assert_array_equal(own.values[:, 0], values[own.rows - 1])


@pytest.mark.parametrize("text", ["", "row,kind\n", "row,kind,kind_actual\n1,x,2\n", "\xff\xfe", '"', "row\n1\n"])
def test_a_damaged_table_ends_no_report(tmp_path: Path, text: str) -> None:
    folder, *_ = regression_run(tmp_path / "run", count=3)
    (folder / "predictions.csv").write_bytes(text.encode("latin-1"))
    assert read_facts(str(folder)).predictions == []
