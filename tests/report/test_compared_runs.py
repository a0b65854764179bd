"""Several runs on one page: what differs in their specs, their metrics and on the examples that both predicted."""

from __future__ import annotations

import dataclasses
import re
import shutil
from pathlib import Path

import numpy as np
import pytest

from kspec.report.compared_page import compared_sections
from kspec.report.compared_runs import differences, read_runs
from kspec.report.numbers.bootstrap import resampled_counts
from kspec.report.numbers.paired import AREA, MEAN_AREA, paired_metrics, resampled_metrics
from kspec.report.report import report_text
from kspec.report.run_facts import read_facts
from kspec.report.run_places import find_runs
from kspec.report.sections.compared_predictions import predictions_section
from kspec.runs.run_folder import RunFolderError
from tests.report.runs import (
    binary_run,
    change_metrics,
    compared_binary_runs,
    folds_run,
    identify_data,
    multiclass_run,
    regression_run,
)  # fmt: skip


def test_each_run_differs_from_the_first_in_its_spec_and_its_metrics(tmp_path: Path) -> None:
    compared = read_runs(compared_binary_runs(tmp_path))
    assert [run.label for run in compared.runs] == ["units 4", "units 5", "units 6"]
    found = differences(compared.first.facts, compared.runs[2].facts)
    assert found is not None
    assert "units 4 → 6" in str(found[0])
    runs, specs, paired, _ = compared_sections(compared)
    assert [row[0].text for row in runs.tables["Runs"].rows] == [
        "units 6",
        "units 5",
        "units 4",
    ]  # the lowest loss first
    assert [cell.text for cell in specs.tables["Differences"].rows[1][2:]] == ["-0.2", "+0.02"]
    bootstrap = paired.tables["Paired bootstrap"]
    assert len(bootstrap.rows) == 12  # six pairs, two metrics
    assert bootstrap.groups.count("units 4") == 4
    shares = [[cell.text for cell in row[1:]] for row in paired.tables["Who beats whom: accuracy"].rows]
    for at, line in enumerate(shares):
        assert line[at] == "–"
        assert all(abs(int(line[of][:-1]) + int(shares[of][at][:-1]) - 100) <= 1 for of in range(3) if of != at)


def test_the_bootstrap_of_predictions_equals_scikit_learn(tmp_path: Path) -> None:
    metrics = pytest.importorskip("sklearn.metrics")
    folders = compared_binary_runs(tmp_path, 2)
    [other], [own] = (read_facts(str(folder)).predictions for folder in folders)
    found = {each.name: each for each in paired_metrics(own, other, 50, seed=3)}
    [counts] = resampled_counts(len(own), 50, seed=3)
    areas = np.array([
        [metrics.roc_auc_score(each.actual, each.values[:, 0], sample_weight=weights) for weights in counts]
        for each in (own, other)
    ])  # fmt: skip
    accuracies = np.array([
        [metrics.accuracy_score(each.actual, each.predicted(), sample_weight=weights) for weights in counts]
        for each in (own, other)
    ])  # fmt: skip
    for name, values in ((AREA, areas), ("accuracy", accuracies)):
        difference = values[0] - values[1]
        np.testing.assert_allclose(found[name].difference.interval, np.quantile(difference, [0.025, 0.975]), rtol=1e-9)
    wins = np.sum(areas[0] > areas[1]) + np.sum(areas[0] == areas[1]) / 2
    assert found[AREA].difference.wins == wins
    assert found[AREA].own == pytest.approx(metrics.roc_auc_score(own.actual, own.values[:, 0]), rel=1e-12)


def test_the_area_of_several_classes_equals_scikit_learn(tmp_path: Path) -> None:
    metrics = pytest.importorskip("sklearn.metrics")
    [own] = read_facts(str(multiclass_run(tmp_path / "a")[0])).predictions
    shares = own.values / own.values.sum(axis=1, keepdims=True)
    own = dataclasses.replace(own, values=shares)
    [counts] = resampled_counts(len(own), 50, seed=3)
    expected = [metrics.roc_auc_score(own.actual, shares, multi_class="ovr", sample_weight=each) for each in counts]
    found = resampled_metrics(own, 50, seed=3)[MEAN_AREA]
    assert found.value == pytest.approx(metrics.roc_auc_score(own.actual, shares, multi_class="ovr"), rel=1e-12)
    np.testing.assert_allclose(found.drawn, expected, rtol=1e-9)


def test_errors_of_regressions_are_compared(tmp_path: Path) -> None:
    [other] = read_facts(str(regression_run(tmp_path / "a")[0])).predictions
    metrics = pytest.importorskip("sklearn.metrics")
    absolute, squared = paired_metrics(other, other, 20)
    assert absolute.own == pytest.approx(metrics.mean_absolute_error(other.actual, other.values), rel=1e-9)
    assert squared.own == pytest.approx(metrics.root_mean_squared_error(other.actual, other.values), rel=1e-9)
    assert absolute.difference == (0.0, (0.0, 0.0), 10.0, 20)  # a draw each time


def test_runs_that_share_a_part_of_their_examples_are_compared_on_it(tmp_path: Path) -> None:
    folders = compared_binary_runs(tmp_path, 2)
    lines = (folders[1] / "predictions.csv").read_text(encoding="utf-8").splitlines()
    (folders[1] / "predictions.csv").write_text("\n".join([lines[0], *reversed(lines[21:])]), encoding="utf-8")
    row, *_ = predictions_section(read_runs(folders)).tables["Paired bootstrap"].rows
    assert row[-1].text == "40"


@pytest.mark.parametrize(
    ("write", "digest", "reason"),
    [(binary_run, "other", "their data differ"), (multiclass_run, "d1", "they predict different things")],
)
def test_why_runs_are_not_compared(tmp_path: Path, write: object, digest: str, reason: str) -> None:
    [first] = compared_binary_runs(tmp_path, 1)
    other, *_ = write(tmp_path / "other")  # type: ignore[operator]
    section = predictions_section(read_runs([first, identify_data(other, digest)]))
    assert section.tables == {}
    assert section.notes == [f"Not compared, since {reason}: other and run-0."]


def test_runs_that_name_no_data_are_not_compared(tmp_path: Path) -> None:
    folders = [binary_run(tmp_path / name)[0] for name in "ab"]
    assert "nothing identifies" in predictions_section(read_runs(folders)).notes[0].lower()


def test_places_are_names_folders_patterns_and_folders_of_runs(tmp_path: Path) -> None:
    runs = tmp_path / "runs"
    folders = compared_binary_runs(runs / "mlp", 3)
    (runs / "mlp" / "notes.txt").write_text("")
    resolved = [folder.resolve() for folder in folders]
    assert find_runs([f"{runs}/mlp/*"]) == resolved
    assert find_runs([str(runs / "mlp"), str(folders[1])]) == resolved
    assert find_runs([str(runs)]) == resolved
    (runs / "mlp" / "latest").symlink_to("run-1")
    assert find_runs(["mlp"], runs) == [resolved[1]]
    assert find_runs([f"{runs}/mlp/*"]) == [resolved[1], resolved[0], resolved[2]]
    with pytest.raises(RunFolderError, match="no run at"):
        find_runs([f"{runs}/cnn/*"])


def test_folds_are_points_with_their_mean(tmp_path: Path) -> None:
    text = report_text([str(folds_run(tmp_path / "run"))])
    assert "mean 0.72, standard deviation 0.01" in text
    assert "predicted by the fold that did not train on it" in text
    assert all(f"fold {number}" in text for number in (1, 2, 3))


def test_a_hundred_runs_stay_below_two_megabytes(tmp_path: Path) -> None:
    [first] = compared_binary_runs(tmp_path, 1)
    for number in range(1, 100):
        shutil.copytree(first, tmp_path / f"run-{number}")
        change_metrics(tmp_path / f"run-{number}", loss=number / 100)
    text = report_text([f"{tmp_path}/run-*"])
    assert len(text) < 2_000_000
    assert len(re.findall("<tr[^>]*><th[^>]*data-value=", text)) == 99 + 100 + 2 * 99
