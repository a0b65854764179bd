"""What callbacks remember goes into checkpoints; what the spec says of them does not."""

import keras
import numpy as np
import pytest

from kspec.training.checkpoints.callback_state import WatchedCallback, has_ended
from kspec.training.checkpoints.checkpoint import CallbackFacts, EngineFacts, Facts


def restored(callback, fresh):
    """A new callback, with the state of another."""
    arrays = []
    saved = WatchedCallback(callback).capture(arrays)
    WatchedCallback(fresh).restore(saved, arrays)
    return fresh


def test_early_stopping_keeps_its_state_and_takes_its_new_settings():
    before = keras.callbacks.EarlyStopping(patience=3, restore_best_weights=True)
    before.wait, before.best, before.best_epoch, before.best_weights = 2, 0.25, 7, [np.arange(3.0)]
    after = restored(before, keras.callbacks.EarlyStopping(patience=9, restore_best_weights=True))
    assert (after.patience, after.wait, after.best, after.best_epoch) == (9, 2, 0.25, 7)
    assert np.array_equal(after.best_weights[0], np.arange(3.0))


def test_no_checkpoint_says_where_a_callback_writes(tmp_path):
    before = keras.callbacks.ModelCheckpoint("elsewhere.keras", save_best_only=True)
    before.best = 0.5
    after = restored(before, keras.callbacks.ModelCheckpoint("here.keras", save_best_only=True))
    assert (after.filepath, after.best) == ("here.keras", 0.5)
    saved = {"state": {"filepath": "elsewhere.keras", "__dict__": {"dict": []}, "on_epoch_end": 1, "best": 0.25}}
    WatchedCallback(after).restore(saved, [])
    assert (after.filepath, after.best, callable(after.on_epoch_end)) == ("here.keras", 0.25, True)


class Averages(keras.callbacks.Callback):
    """A callback as users write them: it changes what it was made with, and keeps variables."""

    def __init__(self, decay=0.9, steps=0):
        super().__init__()
        self.decay, self.steps = decay, steps
        self.average = keras.Variable(np.zeros(2, "float32"))
        self.function = print


def test_a_callback_of_a_user_is_restored_with_what_it_has_changed():
    before, after = Averages(), Averages(decay=0.5)
    watched = WatchedCallback(before)
    before.steps = 12
    before.average.assign([1.0, 2.0])
    variable, arrays = after.average, []
    WatchedCallback(after).restore(watched.capture(arrays), arrays)
    assert (after.steps, after.decay) == (12, 0.5)
    assert after.average is variable
    assert variable.numpy().tolist() == [1.0, 2.0]


def test_files_end_where_the_checkpoint_was_made(tmp_path):
    (tmp_path / "tb" / "train").mkdir(parents=True)
    log, events = tmp_path / "log.csv", tmp_path / "tb" / "train" / "events.out.tfevents.1"
    log.write_text("epoch,loss\n0,1.5\n")
    events.write_bytes(b"events")
    callbacks = [keras.callbacks.CSVLogger(str(log)), keras.callbacks.TensorBoard(str(tmp_path / "tb"))]
    watched = [WatchedCallback(callback) for callback in callbacks]
    saved = [each.capture([]) for each in watched]
    log.write_text(log.read_text() + "1,1.25\n")
    events.write_bytes(b"events, later")
    later = events.with_name("events.out.tfevents.2")
    later.write_bytes(b"later")
    for each, state in zip(watched, saved, strict=True):
        each.cut_files(state, tmp_path)
    assert log.read_text() == "epoch,loss\n0,1.5\n"
    assert callbacks[0].append
    assert events.read_bytes() == b"events"
    assert not later.exists()


def test_files_outside_the_run_folder_are_left_alone(tmp_path):
    log = tmp_path / "log.csv"
    log.write_text("epoch,loss\n0,1.5\n")
    watched = WatchedCallback(keras.callbacks.CSVLogger(str(log)))
    watched.cut_files({"files": {"csv": 3}}, tmp_path / "runs")
    assert log.read_text() == "epoch,loss\n0,1.5\n"


@pytest.mark.parametrize(
    ("stopped", "patience", "seconds", "ended"),
    [
        ("", 3, None, False),
        ("callback", 3, None, True),
        ("callback", 5, None, False),
        ("time", 3, 60.0, True),
        ("time", 3, 600.0, False),
        ("time", 3, None, False),
    ],
)
def test_a_stage_goes_on_if_patience_or_time_are_raised(stopped, patience, seconds, ended):
    state = {"wait": 3, "stopped_epoch": 7}
    facts = Facts(
        spec={},
        data={},
        stage=1,
        epoch=0,
        stopped=stopped,
        history=[],
        stages=[],
        engine=EngineFacts(setting="auto", changes=[(0, "fused")], settled=True),
        variables={},
        random={},
        callbacks=[CallbackFacts(kind="EarlyStopping", state=state, files={})],
        seconds=61.0,
    )
    assert has_ended(facts, [keras.callbacks.EarlyStopping(patience=patience)], seconds) is ended
