"""`keep: best` keeps the weights that Keras's EarlyStopping would restore, in all stages, engines and averages."""

import json

import numpy as np
import pytest

import kspec
from kspec.analysis.settings import Monitor
from tests.support.project import BINARY

FIT = "fit: {epochs: 2, batch_size: 8}"
SPEC = BINARY.replace(FIT, "compile: {optimizer: {Adam: {learning_rate: 0.3}}}\nfit: {epochs: 6, batch_size: 8}")
STOPPING = "[{EarlyStopping: {monitor: val_accuracy, patience: 9, restore_best_weights: true}}]"
BEST = ["fit.keep=best", "fit.monitor=val_accuracy"]


def equal(ours, theirs):
    pairs = zip(ours.model.get_weights(), theirs.model.get_weights(), strict=True)
    return all(np.array_equal(a, b) for a, b in pairs)


@pytest.fixture(params=["fused", pytest.param("keras", marks=pytest.mark.slow)])
def engine(request):
    return f"fit.engine={request.param}"


def test_the_best_epoch_is_kept_evaluated_and_recorded(project, engine):
    spec = project(SPEC)
    run = kspec.run(spec, [engine, *BEST])
    keras = kspec.run(spec, [engine, f"fit.callbacks={STOPPING}"])
    values = [row["val_accuracy"] for row in run.history]
    assert run.kept_epoch == keras.kept_epoch == values.index(max(values)) + 1 < 6
    assert equal(run, keras)
    assert run.metrics == keras.metrics
    assert run.validation["accuracy"] == max(values)
    metrics = json.loads((run.folder / "metrics.json").read_text())
    assert metrics["fit"]["epoch"] == run.kept_epoch
    assert metrics["validation"] == run.validation
    last = kspec.run(spec, [engine])
    assert last.kept_epoch == 6
    assert not equal(run, last)
    assert last.validation == {name[4:]: value for name, value in last.history[-1].items() if name[:4] == "val_"}


@pytest.mark.slow
def test_the_best_epoch_of_all_stages_is_kept(project, engine):
    spec = project(
        SPEC.replace("epochs: 6", "stages: [{epochs: 3}, {epochs: 2, optimizer: {SGD: {learning_rate: 9}}}]")
    )
    run = kspec.run(spec, [engine, "fit.keep=best"])
    values = [row["val_loss"] for row in run.history]
    assert len(values) == 5
    assert run.kept_epoch == values.index(min(values)) + 1 <= 3
    evaluated = kspec.run(spec, [engine, "fit.stages.2.epochs=1", "fit.keep=best", "evaluate.split=validation"])
    assert evaluated.metrics["loss"] == pytest.approx(min(values), rel=1e-6)


@pytest.mark.slow
def test_averaged_weights_are_validated_and_kept(project, engine):
    """As in plain Keras with SwapEMAWeights before EarlyStopping."""
    spec = project(SPEC.replace("0.3}", "0.3, use_ema: true, ema_momentum: 0.8}"))
    run = kspec.run(spec, [engine, *BEST, "evaluate.split=validation"])
    swap = "[{SwapEMAWeights: {swap_on_epoch: true}}, " + STOPPING[1:]
    keras = kspec.run(spec, [engine, f"fit.callbacks={swap}", "evaluate.split=validation"])
    assert equal(run, keras)
    assert run.kept_epoch == keras.kept_epoch
    assert run.metrics["accuracy"] == run.validation["accuracy"] == max(row["val_accuracy"] for row in run.history)
    last = kspec.run(spec, [engine, "evaluate.split=validation"])
    assert last.kept_epoch is None
    assert last.validation["loss"] == pytest.approx(last.metrics["loss"])
    assert last.validation["loss"] != pytest.approx(last.history[-1]["val_loss"])


@pytest.mark.slow
def test_an_interrupted_run_keeps_averaged_weights_as_a_finished_one_does(project, monkeypatch):
    from kspec.training.progress import InterruptCallback

    def interrupt(self, epoch, logs=None):
        if epoch == 1:
            raise KeyboardInterrupt

    spec = project(SPEC.replace("0.3}", "0.3, use_ema: true, ema_momentum: 0.8}"))
    whole = kspec.run(spec, ["fit.epochs=2"])
    assert json.loads((whole.folder / "metrics.json").read_text())["averaged_weights"] is True
    monkeypatch.setattr(InterruptCallback, "on_epoch_end", interrupt)
    run = kspec.run(spec)
    assert (run.status, len(run.history)) == ("interrupted", 2)
    assert equal(run, whole)
    assert json.loads((run.folder / "run.json").read_text())["averaged_weights"] is True


@pytest.mark.slow
def test_an_interrupted_run_keeps_the_best_epoch_so_far(project, monkeypatch):
    from kspec.training.progress import InterruptCallback

    def interrupt(self, epoch, logs=None):
        if epoch == 4:
            raise KeyboardInterrupt

    spec = project(SPEC)
    whole = kspec.run(spec, ["fit.epochs=5", *BEST])
    monkeypatch.setattr(InterruptCallback, "on_epoch_end", interrupt)
    run = kspec.run(spec, BEST)
    assert (run.status, len(run.history)) == ("interrupted", 5)
    assert run.kept_epoch == whole.kept_epoch
    assert equal(run, whole)
    assert (run.folder.parent / "latest").resolve() == run.folder.resolve()


def test_values_that_are_no_numbers_are_never_the_best():
    from kspec.training.best_weights import BestWeights

    class Model:
        weights = 0

        def get_weights(self):
            return self.weights

        def set_weights(self, weights):
            self.weights = weights

    for direction, kept in (("min", 3), ("max", 2)):
        best = BestWeights(Monitor("val_x", direction))
        model = Model()
        best.set_model(model)
        best.restore()
        for epoch, value in enumerate([float("nan"), 0.5, 0.4, 0.4, float("-inf"), None]):
            model.weights = epoch
            best.on_epoch_end(epoch, {} if value is None else {"val_x": value})
        best.restore()
        assert (best.epoch, model.weights) == (kept, kept - 1)
