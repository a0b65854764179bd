"""A sweep on one page: its history, its points, what each parameter brought, its front, its best run."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from kspec.report.charts.trials import history_chart
from kspec.report.numbers.trials import best_so_far, pareto_front, positions
from kspec.report.report import report_text
from kspec.report.sections.sweep import front_section, parameters_section, trials_section
from kspec.report.sweep_facts import read_sweep_facts
from kspec.runs.run_folder import RunFolderError
from kspec.sweep.parameter_importance import parameter_importances
from tests.report.runs import sweep_run


def test_the_best_so_far() -> None:
    values = np.array([np.nan, 3.0, 4.0, np.nan, 1.0])
    np.testing.assert_array_equal(best_so_far(values, more_is_better=False), [np.nan, 3, 3, 3, 1])
    np.testing.assert_array_equal(best_so_far(values, more_is_better=True), [np.nan, 3, 4, 4, 4])


def test_the_front_is_that_of_optuna() -> None:
    optuna = pytest.importorskip("optuna")
    values = np.random.default_rng(2).integers(0, 12, (60, 2)).astype("float64")  # some are equal
    study = optuna.create_study(directions=["minimize", "maximize"])
    study.add_trials([optuna.create_trial(values=own.tolist()) for own in values])
    expected = [trial.number for trial in study.best_trials]
    assert np.flatnonzero(pareto_front(values, [False, True])).tolist() == expected


def test_places_on_axes() -> None:
    np.testing.assert_allclose(positions(np.array([1e-4, 1e-2, 1.0]), 1e-4, 1.0, is_log=True), [0, 0.5, 1])
    np.testing.assert_allclose(positions(np.array([1.0, 2.0, 5.0]), 1, 5, is_log=False), [0, 0.25, 1])
    np.testing.assert_array_equal(positions(np.array([7.0]), 7, 7, is_log=False), [0.5])


def test_a_history_marks_what_was_pruned_and_what_failed(tmp_path: Path) -> None:
    facts = read_sweep_facts(sweep_run(tmp_path / "sweep")[0])
    chart = history_chart(facts.result.trials, facts.result.goals, 0)
    line, points, lost = (chart.spec["datasets"][layer["data"]["name"]] for layer in chart.spec["layer"])
    assert [row["trial"] for row in points if row["status"] == "pruned"] == [3]
    assert [row["trial"] for row in lost] == [4]
    assert line[-1]["value"] == min(trial.values[0] for trial in facts.complete())


def test_what_decides_is_the_most_important(tmp_path: Path) -> None:
    pytest.importorskip("optuna")
    facts = read_sweep_facts(sweep_run(tmp_path / "sweep", count=60)[0])
    found = parameter_importances(facts.result, facts.space, 0)
    assert next(iter(found)) == "compile.optimizer.Adam.learning_rate"
    assert sum(found.values()) == pytest.approx(1)
    few = read_sweep_facts(sweep_run(tmp_path / "few", count=6)[0])
    assert parameter_importances(few.result, few.space, 0) == {}


def test_axes_are_those_of_the_search(tmp_path: Path) -> None:
    folder, _ = sweep_run(tmp_path / "sweep")
    section = parameters_section(read_sweep_facts(folder))
    assert section is not None
    scales = {chart.title: chart.spec["layer"][0]["encoding"]["x"]["scale"] for chart in section.charts[-3:]}
    assert scales["learning_rate"] == {"type": "log", "domain": [1e-4, 1e-1]}
    assert scales["Dense.units"]["domain"] == ["2", "4", "8"]
    (folder / "spec.yaml").write_text("kspec: 1\ninclude: gone.yaml\n")
    section = parameters_section(read_sweep_facts(folder))
    assert section is not None
    assert "cannot be read" in section.notes[0]


def test_two_goals_have_a_front(tmp_path: Path) -> None:
    folder, trials = sweep_run(tmp_path / "sweep", goals=("val_loss", "parameters"))
    section = front_section(read_sweep_facts(folder))
    assert section is not None
    values = np.array([trial["values"] for trial in trials if trial["status"] == "complete"])
    count = pareto_front(values, [False, False]).sum()
    assert section.charts[0].text.startswith(f"{count} of 18 trials")


@pytest.mark.parametrize("count", [0, 1, 4])
def test_a_sweep_that_has_hardly_begun(tmp_path: Path, count: int) -> None:
    folder, _ = sweep_run(tmp_path / "sweep", count=count)
    facts = read_sweep_facts(folder)
    assert len(trials_section(facts).tables["Trials"].rows) == count
    assert "of 0 trials" in report_text([str(folder)]) or count


def test_the_page_has_the_best_run_and_imports_no_tensorflow(tmp_path: Path) -> None:
    folder, _ = sweep_run(tmp_path / "sweep")
    code = (
        "import sys; from kspec.report.report import report_text; text = report_text(sys.argv[1:]); "
        "assert 'Best run: Result' in text and 'Best run: Network' in text; assert 'tensorflow' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code, str(folder)], check=True)


@pytest.mark.parametrize(
    "change",
    [{"goals": []}, {"trials": [{"number": -1}]}, {"trials": 3}, {"goals": [{"name": "a", "direction": "up"}]}],
)
def test_a_damaged_sweep_is_reported(tmp_path: Path, change: dict[str, object]) -> None:
    folder, _ = sweep_run(tmp_path / "sweep", count=1)
    known = json.loads((folder / "sweep.json").read_text())
    (folder / "sweep.json").write_text(json.dumps(known | change))
    with pytest.raises(RunFolderError, match="is damaged"):
        report_text([str(folder)])


def test_points_with_other_values_than_the_search(tmp_path: Path) -> None:
    folder, _ = sweep_run(tmp_path / "sweep", count=10)
    known = json.loads((folder / "sweep.json").read_text())
    known["trials"][0]["point"] = {"layers.0.Dense.units": [1], "fit.batch_size": None, "x": {"</script>": 1}}
    (folder / "sweep.json").write_text(json.dumps(known))
    assert "<!doctype html>" in report_text([str(folder)])
