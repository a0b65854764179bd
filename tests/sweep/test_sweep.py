"""Sweeps end to end: trials are judged on validation data alone, and the best point is trained again and tested once."""

import csv
import json
import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import kspec
from kspec.cli import main
from kspec.diagnostics import SpecError
from kspec.language import Permissions, load_file
from tests.support.project import make_project

pytest.importorskip("optuna")

from kspec.runs.resume import resume_run, unfinished_run_of
from kspec.runs.run_folder import RunFolderError
from kspec.sweep.resume import load_sweep, stopped_sweep_of, sweep_to_resume
from kspec.sweep.saved_sweep import read_sweep
from kspec.sweep.sweep import run_sweep

SPEC = """\
kspec: 1
name: small
vars: {width: 2}
data: {csv: table.csv, inputs: [a, b], targets: kind, split: {validation: 0.25, test: 0.25}}
inputs: {x: {shape: [2]}}
layers:
  - Dense: {units: $width, activation: relu}
  - Dense: {units: 1, activation: sigmoid}
    name: kind
compile: {optimizer: {SGD: {learning_rate: 0.1}}, metrics: [accuracy]}
fit: {epochs: 2, batch_size: 8, engine: keras}
sweep:
  search:
    vars.width: {choice: [1, 2, 300]}
    compile.optimizer.SGD.learning_rate: {log: [1e-3, 1.0]}
  goal: {minimize: val_loss}
  trials: 4
  batch: 2
  sampler: Random
  constraints: [parameters < 1000]
  then: {repeat: 2}
"""


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    """A sweep of four trials."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        write = make_project(tmp_path_factory.mktemp("sweep"), monkeypatch)
        result = run_sweep(load_file(write(SPEC)))
        yield result


def record(folder, name):
    return json.loads((folder / name).read_text())


def test_trials_are_judged_on_the_validation_split(found):
    assert [trial.status for trial in found.trials] == ["complete"] * 4
    for trial in found.trials:
        folder = found.folder / "trials" / str(trial.number)
        rows = list(csv.DictReader((folder / "history.csv").read_text().splitlines()))
        assert trial.values == [float(rows[-1]["val_loss"])]
        assert record(folder, "metrics.json")["evaluate"] == {}
        assert not (folder / "model.keras").exists()
        assert not (folder / "predictions.csv").exists()
    assert found.best == [min(found.trials, key=lambda trial: trial.values[0]).number]


def test_a_trial_equals_a_run_with_its_values(found, monkeypatch):
    trial = found.trials[1]
    overrides = [f"{address}={value!r}" for address, value in trial.point.items()]
    monkeypatch.chdir(found.folder.parent.parent.parent)
    run = kspec.run("spec.yaml", overrides=[*overrides, "sweep=null"], out="elsewhere")
    assert run.validation == trial.validation


def test_points_beyond_a_constraint_cost_no_trial(found):
    assert {trial.point["vars.width"] for trial in found.trials} <= {1, 2}
    journal = [json.loads(line) for line in (found.folder / "journal.log").read_text().splitlines()]
    asked = {line["trial_id"] for line in journal if "trial_id" in line}
    assert len(asked) == len(found.trials) + found.refused
    assert found.refused > 0
    saved = record(found.folder, "sweep.json")["refusals"]
    assert [each["reasons"] for each in saved] == [["parameters < 1000"]] * found.refused
    assert {each["point"]["vars.width"] for each in saved} == {300}
    assert read_sweep(found.folder).refusals == found.refusals
    assert found.refusals_text().endswith(f": parameters < 1000 ({found.refused})")


def test_the_best_point_is_trained_with_other_seeds_and_tested(found):
    best = found.folder / "best"
    assert [record(best / f"repeat-{n}", "run.json")["seed"] for n in (1, 2)] == [1, 2]
    assert found.run.metrics["split"] == "test"
    assert record(found.folder, "metrics.json")["evaluate"] == record(best, "metrics.json")["evaluate"]
    files = [Path(found.folder, "best", f"repeat-{n}", "predictions.csv") for n in (1, 2)]
    first, second = ([row["row"] for row in csv.DictReader(path.read_text().splitlines())] for path in files)
    assert first == second  # the split is that of the trials


def test_verbs_take_the_best_run_of_a_sweep(found, capsys, monkeypatch):
    monkeypatch.chdir(found.folder.parent.parent.parent)
    assert main(["runs"]) == 0
    assert "sweep of 4 trials" in capsys.readouterr().out
    assert main(["render", "small", "--best"]) == 0
    text = capsys.readouterr().out
    assert "sweep" not in text
    assert f"learning_rate: {found.best_trials[0].point['compile.optimizer.SGD.learning_rate']!r}" in text
    assert main(["evaluate", "small"]) == 0
    assert "loss" in capsys.readouterr().out


def test_a_stopped_sweep_is_no_run_to_go_on_with(found, monkeypatch):
    monkeypatch.chdir(found.folder.parent.parent.parent)
    spec = load_file("spec.yaml")
    before = (found.folder / "run.json").read_text()
    try:
        (found.folder / "run.json").write_text(json.dumps({**json.loads(before), "status": "interrupted"}))
        assert stopped_sweep_of(spec, "runs").folder.name == found.folder.name
        assert unfinished_run_of(spec, "runs") is None
        with pytest.raises(RunFolderError, match="go on with all of it: kspec resume"):
            resume_run(found.folder)
        with pytest.raises(RunFolderError, match=r"trials/0 is a trial of .*; its spec: kspec render .* --trial 0"):
            resume_run(found.folder / "trials" / "0", "fit.epochs=9")
    finally:
        (found.folder / "run.json").write_text(before)


def test_a_stopped_sweep_of_another_spec_is_named(found, monkeypatch):
    monkeypatch.chdir(found.folder.parent.parent.parent)
    before = (found.folder / "run.json").read_text()
    try:
        (found.folder / "run.json").write_text(json.dumps({**json.loads(before), "status": "interrupted"}))
        other = stopped_sweep_of(load_file("spec.yaml", ["fit.epochs=3", "sweep.trials=9"]), "runs")
        assert (other.goes_on, other.changes) == (False, "fit.epochs 2 → 3, sweep.trials 4 → 9")
        longer = stopped_sweep_of(load_file("spec.yaml", ["sweep.trials=9"]), "runs")
        assert (longer.goes_on, longer.changes) == (True, "sweep.trials 4 → 9")
        with pytest.raises(SpecError, match="KS624"):
            load_sweep(found.folder, ["fit.epochs=3"], Permissions())
        assert sweep_to_resume("small", "runs") == found.folder.resolve()
    finally:
        (found.folder / "run.json").write_text(before)
    with pytest.raises(RunFolderError, match=r"has finished its 4 trials; for more: .* --set sweep.trials=8"):
        load_sweep(found.folder, [], Permissions())


def test_a_finished_sweep_goes_on_with_more_trials(found, tmp_path, monkeypatch):
    monkeypatch.chdir(found.folder.parent.parent.parent)
    folder = Path("runs", "small", "20200101-000000-1")
    shutil.copytree(found.folder, folder)
    try:
        assert main(["resume", str(folder), "--set", "sweep.trials=5", "--set", "sweep.then=null"]) == 0
        trials = read_sweep(folder).trials
        whole = run_sweep(load_file("spec.yaml", ["sweep.trials=5", "sweep.then=null"]), out=tmp_path)
    finally:
        shutil.rmtree(folder)
    assert [(trial.point, trial.values) for trial in trials] == [(t.point, t.values) for t in whole.trials]


def test_points_of_one_spec_run_once(project):
    text = SPEC.replace(
        "  - Dense: {units: 1,", '  - when: "${deep}"\n    Dense: {units: $deeper}\n  - Dense: {units: 1,'
    )
    text = text.replace("vars: {width: 2}", "vars: {width: 2, deep: false, deeper: 2}").replace("Random", "Grid")
    text = text.replace("vars.width: {choice: [1, 2, 300]}", "vars.deep: {choice: [false, true]}")
    text = text.replace("compile.optimizer.SGD.learning_rate: {log: [1e-3, 1.0]}", "vars.deeper: {choice: [2, 3]}")
    found = run_sweep(load_file(project(text.replace("then: {repeat: 2}", "then: null"))))
    shallow = [trial for trial in found.trials if not trial.point["vars.deep"]]
    assert sorted(trial.status for trial in shallow) == ["complete", "repeated"]
    assert shallow[0].values == shallow[1].values
    assert all(trial.status == "complete" for trial in found.trials if trial.point["vars.deep"])


@pytest.mark.slow
def test_results_do_not_depend_on_the_number_of_jobs(found, tmp_path, monkeypatch):
    monkeypatch.chdir(found.folder.parent.parent.parent)
    beside = run_sweep(load_file("spec.yaml", ["sweep.then=null"]), out=tmp_path, jobs=2)
    assert [(trial.point, trial.values) for trial in beside.trials] == [(t.point, t.values) for t in found.trials]


STACKED = (
    SPEC.replace("engine: keras", "engine: auto")
    .replace("epochs: 2, batch_size: 8", "epochs: 60, batch_size: 1")
    .replace("[1, 2, 300]", "[1, 2]")
    .replace("{log: [1e-3, 1.0]}", "{choice: [0.003, 0.01, 0.03]}")
    .replace("  trials: 4\n  batch: 2\n  sampler: Random\n", "  trials: 6\n  sampler: Grid\n")
    .replace("then: {repeat: 2}", "then: null")
)


@pytest.mark.slow
def test_auto_chooses_one_engine_for_a_sweep(found, tmp_path, monkeypatch):
    monkeypatch.chdir(found.folder.parent.parent.parent)
    changes = ["fit.engine=auto", "sweep.then=null", "sweep.sampler=TPE", "sweep.search.vars.width={choice: [1, 2]}"]
    chosen = []
    for jobs in (1, 2):
        folder = run_sweep(load_file("spec.yaml", changes), out=tmp_path / str(jobs), jobs=jobs).folder
        records = [json.loads((folder / "trials" / str(number) / "run.json").read_text()) for number in range(4)]
        chosen.append([(record["engine"], record["engine_notes"]) for record in records])
    assert chosen[0] == chosen[1]
    engine, (note,) = chosen[0][0]
    assert engine == "fused"
    assert note.startswith("fused: about ")
    assert note.endswith(" steps in 2 trainings share what is compiled")


@pytest.mark.slow
def test_trials_that_train_together_equal_those_alone(project, tmp_path):
    spec = project(STACKED)
    found = run_sweep(load_file(spec))
    for trial in found.trials:
        assert record(found.folder / "trials" / str(trial.number), "run.json")["stacked"] == 3
    beside = run_sweep(load_file(spec), out=tmp_path / "beside", jobs=2)
    assert [(trial.point, trial.values) for trial in beside.trials] == [(t.point, t.values) for t in found.trials]
    alone = run_sweep(load_file(spec, ["fit.engine=fused"]), out=tmp_path / "alone")
    assert "stacked" not in record(alone.folder / "trials" / "0", "run.json")
    for trial, other in zip(found.trials, alone.trials, strict=True):
        assert trial.point == other.point
        assert trial.validation == pytest.approx(other.validation, rel=1e-6, abs=1e-6)


@pytest.mark.slow
@pytest.mark.parametrize("sampler", ["Random", "TPE"])
def test_a_killed_sweep_goes_on_without_losing_a_trial(tmp_path, monkeypatch, sampler):
    write = make_project(tmp_path, monkeypatch)
    text = SPEC.replace("trials: 4", "trials: 5").replace("sampler: Random", f"sampler: {sampler}")
    spec = write(text.replace("then: {repeat: 2}", "then: null"))
    whole = run_sweep(load_file(spec), out=tmp_path / "whole")
    command = [sys.executable, "-m", "kspec", "sweep", "spec.yaml"]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if "(3 of 5)" in line:
                process.send_signal(signal.SIGKILL)
                break
    output = subprocess.run([*command, "--resume"], capture_output=True, text=True, env=environment, check=True).stdout
    assert re.search("[34] of them done", output), output  # the next may have ended before the signal arrived
    found = record(next(tmp_path.glob("runs/small/latest")), "sweep.json")
    assert [(trial["point"], trial["values"]) for trial in found["trials"]] == [
        (trial.point, trial.values) for trial in whole.trials
    ]


def test_a_trial_that_diverges_fails_alone(project):
    text = SPEC.replace("then: {repeat: 2}", "then: null").replace("trials: 4", "trials: 2")
    text = text.replace("{log: [1e-3, 1.0]}", "{choice: [0.1, 1e38]}").replace("sampler: Random", "sampler: Grid")
    found = run_sweep(load_file(project(text.replace("[1, 2, 300]", "[2]"))))
    by_rate = {trial.point["compile.optimizer.SGD.learning_rate"]: trial for trial in found.trials}
    assert (by_rate[0.1].status, by_rate[1e38].status) == ("complete", "failed")
    assert "no number" in by_rate[1e38].message
    assert found.best == [by_rate[0.1].number]


def test_several_goals_have_a_front(project, capsys):
    text = SPEC.replace("goal: {minimize: val_loss}", "goal: {minimize: [val_loss, parameters]}")
    text = text.replace("[1, 2, 300]", "[1, 2, 30]").replace("{log: [1e-3, 1.0]}", "{choice: [0.1]}")
    found = run_sweep(load_file(project(text.replace("sampler: Random", "sampler: Grid"))))
    assert found.ended == "all 3 points are tried"
    assert [trial.values[1] for trial in sorted(found.trials, key=lambda t: t.point["vars.width"])] == [5, 9, 121]
    worse = [
        t for t in found.trials for o in found.trials if all(a < b for a, b in zip(o.values, t.values, strict=True))
    ]
    assert set(found.best) == {trial.number for trial in found.trials if trial not in worse}
    assert found.run is None
    capsys.readouterr()
    assert main(["render", "small", "--best"]) == 3
    assert f"several goals: take a trial of its front by --trial: {found.best[0]}" in capsys.readouterr().err
    assert main(["render", "small", "--trial", str(found.best[0])]) == 0
    assert main(["runs"]) == 0
    assert "sweep, 3 of 4 trials" in capsys.readouterr().out
