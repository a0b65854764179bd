"""What `kspec estimate` says of a run: sizes as Keras has them, times of what it has measured, budgets."""

import json
import subprocess
import sys

import numpy as np
import pytest

import kspec
from kspec.cli import main
from kspec.language import load_file
from kspec.runs.estimate import estimate
from tests.support.project import BINARY

FIT = "fit: {epochs: 2, batch_size: 8}"


@pytest.fixture
def impatient(monkeypatch):
    """Measures a few steps, however short they are."""
    from kspec.training.engine import measuring

    monkeypatch.setattr(measuring, "SETTLED_SECONDS", 0.0)
    monkeypatch.setattr(measuring, "FINISH_SECONDS", 0.0)


def test_a_short_run_is_measured_whole_and_leaves_nothing(project, tmp_path):
    found, compiled = estimate(load_file(project(f"{BINARY}budget: {{memory: 1 MB, time: 0.01 s}}\n")))
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["spec.yaml", "table.csv"]
    assert [problem.message.split(" takes ")[0] for problem in compiled.report.sorted()] == ["a run", "a run"]
    assert (found.parameters, found.epochs, found.batch_size, found.runs) == (5 + 12 + 5, 2, 8, 1)
    assert (found.training.weights, found.training.gradients, found.training.optimizer) == (88, 68, 136)
    assert found.data == 80 * (2 * 4 + 8)
    assert found.memory > 50e6
    assert found.disk > 1000
    assert set(found.seconds) == {"start", "fit", "finish"}
    assert all(seconds > 0 for seconds in found.seconds.values())
    assert 0 < found.epoch < found.seconds["fit"] < found.total == pytest.approx(sum(found.seconds.values()))


@pytest.mark.parametrize("engine", ["fused", pytest.param("keras", marks=pytest.mark.slow)])
def test_of_long_training_a_part_is_run(project, impatient, engine):
    spec = BINARY.replace(
        FIT, "fit: {epochs: 4000, batch_size: 1}\nevaluate: {batch_size: 1}\npredict: {batch_size: 1}"
    )
    found, _ = estimate(load_file(project(spec), [f"fit.engine={engine}"]))
    steps = 80 * 0.7
    assert found.seconds["fit"] > 3000 * found.epoch > 0
    assert found.epoch < 50 * steps  # of the order of a step, not of the import of TensorFlow
    limited, _ = estimate(load_file(project(spec), [f"fit.engine={engine}", "fit.time_limit=3 s"]))
    assert limited.seconds["fit"] < found.seconds["fit"]


def test_a_callback_that_may_end_training_makes_it_an_upper_bound(project, impatient, capsys):
    stopping = "fit: {epochs: 400, engine: keras, callbacks: [{EarlyStopping: {patience: 3, start_from_epoch: 300}}]}"
    spec = project(BINARY.replace(FIT, stopping))
    assert main(["estimate", spec]) == 0
    lines = dict(line.strip().split("  ", 1) for line in capsys.readouterr().out.splitlines()[1:])
    assert lines["fit"].strip().startswith("at most ")
    assert lines["fit"].endswith("400 epochs with their start; EarlyStopping may end them sooner")
    assert lines["time"].strip().startswith("at most ")
    stop = "fit.callbacks.EarlyStopping"
    soon = [f"{stop}.patience=0", f"{stop}.start_from_epoch=0", f"{stop}.min_delta=100", "fit.batch_size=64"]
    found, _ = estimate(load_file(spec, soon))
    assert not found.is_bound  # it has ended training after the first epochs, and will do so again


def test_the_part_of_a_run_that_is_measured_extrapolates(project):
    """Steps of a known length give the time of all of them."""
    import time

    from kspec.training.engine import measuring

    class Slow:
        plan = notes = None

        def evaluate(self, _, steps):
            time.sleep(0.03 * steps)
            return {"loss": 1.0}

        def predict(self, batches, steps):
            self.evaluate(batches, steps)
            return np.arange(2.0 * steps).reshape(-1, 1)

    class Rows:
        steps, batch_size, examples = 1000, 2, 1999

    engine = measuring.MeasuringEngine(Slow())
    assert engine.evaluate(Rows) == {"loss": 1.0}
    assert engine.missing["evaluate"] == pytest.approx(30, rel=0.2)
    assert engine.predict(Rows).shape == (1999, 1)
    assert engine.missing["predict"] == pytest.approx(30, rel=0.2)


def test_static_imports_no_tensorflow_and_counts_folds(project):
    spec = project(BINARY.replace("targets: kind}", "targets: kind, split: {folds: 4}}"))
    call = f"main(['estimate', {spec!r}, '--static', '--format', 'json'])"
    code = f"import sys\nfrom kspec.cli import main\n{call}\nsys.exit('tensorflow' in sys.modules)"
    facts = json.loads(subprocess.run([sys.executable, "-c", code], check=True, capture_output=True).stdout)
    assert facts["runs"] == 4
    assert facts["memory"] == {
        **{"weights": 88, "gradients": 68, "optimizer": 136},
        "activations": 8 * (2 + 2 + 4 + 1) * 4,
        **{"data": None, "peak": None},
    }
    assert facts["seconds"] == {"epoch": None, "total": None, "at_most": False}


def test_a_network_that_cannot_fit_is_refused_before_it_is_run(project):
    spec = project(f"{BINARY}budget: {{memory: 200 bytes}}\n".replace("bytes", "B"))
    (problem,) = kspec.check(spec)
    assert problem.code == "KS626"
    assert "292 bytes" in problem.message
    assert kspec.check(spec, ["budget.memory=292 B"]) == []


@pytest.mark.parametrize("budget", ["{memory: 4}", "{memory: 0 GB}", "{memory: much}", "{time: 3}", "{time: late}"])
def test_budgets_have_units(project, budget):
    assert [problem.code for problem in kspec.check(project(f"{BINARY}budget: {budget}\n"))] == ["KS103"]
