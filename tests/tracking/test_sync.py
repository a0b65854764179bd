"""What is sent, in which order, and that nothing is sent twice, whatever the tracker does."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from kspec.tracking.state import FILE, State
from kspec.tracking.sync import Sync
from kspec.tracking.tracker import Description, Metric, Model, Status, TrackedRun, Tracker
from tests.tracking.run_folders import write_history, write_run


class Recorder(Tracker):
    """Remembers what it gets; fails when it is told to, before or after it has taken a call."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, str, Any]] = []
        self.fails_before = ""
        self.fails_after = ""

    def _take(self, kind: str, run: TrackedRun, value: Any) -> None:
        if kind == self.fails_before:
            raise ConnectionError("down")
        self.calls.append((kind, run.name, value))
        if kind == self.fails_after:
            raise ConnectionError("no answer")

    def begin(self, run: TrackedRun) -> str:
        self._take("begin", run, (run.parent, run.id))
        return run.id or f"id of {run.path}"

    def describe(self, run: TrackedRun, description: Description) -> None:
        self._take("describe", run, description)

    def log_metrics(self, run: TrackedRun, metrics: Sequence[Metric]) -> None:
        self._take("metrics", run, list(metrics))

    def log_artifact(self, run: TrackedRun, name: str, file: Path) -> None:  # noqa: ARG002
        self._take("artifact", run, name)

    def log_model(self, run: TrackedRun, model: Model) -> None:
        self._take("model", run, model)

    def end(self, run: TrackedRun, status: Status, time: float) -> None:  # noqa: ARG002
        self._take("end", run, status)

    def of(self, kind: str) -> list[Any]:
        return [value for each, _, value in self.calls if each == kind]


def send(folder: Path, tracker: Recorder) -> None:
    """Sends a run as a process that has just begun does."""
    Sync(folder, State(folder, "recorder"), tracker).send(is_last=True)


def losses(tracker: Recorder) -> list[tuple[int, float]]:
    """The epochs and losses that a tracker has."""
    return [(each.epoch, each.value) for batch in tracker.of("metrics") for each in batch if each.name == "loss"]


def test_a_finished_run_is_sent_once(tmp_path: Path) -> None:
    folder, tracker = write_run(tmp_path / "20260131-120000-1"), Recorder()
    (folder / "model.keras").write_bytes(b"")
    (folder / "confusion.png").symlink_to("/etc/passwd")
    (folder / "history.png").write_bytes(b"png")
    send(folder, tracker)
    (described,) = tracker.of("describe")
    assert described.parameters["layers.hidden"] == "Dense"
    assert described.parameters["layers.hidden.units"] == 3
    assert described.data[0].fingerprint == "0" * 64
    assert losses(tracker) == [(1, 1.0), (2, 0.5), (3, 1 / 3)]
    final = {each.name: each.value for each in tracker.of("metrics")[-1]}
    assert final == {"test/loss": 0.5, "validation/loss": 0.4}
    assert tracker.of("artifact") == ["run.json", "resolved.yaml", "metrics.json", "history.csv", "history.png"]
    (model,) = tracker.of("model")
    assert (model.inputs[0].name, model.inputs[0].shape, model.outputs[0].shape) == ("x", (-1, 4), (-1, 1))
    assert tracker.calls[-1][::2] == ("end", "finished")
    count = len(tracker.calls)
    send(folder, tracker)
    assert len(tracker.calls) == count
    (folder / "report.html").write_text("later")
    send(folder, tracker)
    assert [call[2] for call in tracker.calls[count:]] == ["report.html"]


def test_metrics_are_sent_while_the_run_goes_on(tmp_path: Path) -> None:
    folder, tracker = write_run(tmp_path / "run", epochs=1, status="running"), Recorder()
    sync = Sync(folder, State(folder, "recorder"), tracker)
    sync.send()
    assert losses(tracker) == [(1, 1.0)]
    write_history(folder, 2)
    sync.send()
    assert [epoch for epoch, _ in losses(tracker)] == [1, 2]
    assert not tracker.of("end")
    write_run(folder, epochs=3)
    sync.send()
    assert [epoch for epoch, _ in losses(tracker)] == [1, 2, 3]
    assert tracker.of("end") == ["finished"]


@pytest.mark.parametrize("kind", ["begin", "describe", "metrics", "artifact", "model", "end"])
def test_a_tracker_that_was_down_gets_the_rest(tmp_path: Path, kind: str) -> None:
    folder, tracker = write_run(tmp_path / "run"), Recorder()
    (folder / "model.keras").write_bytes(b"")
    tracker.fails_before = kind
    with pytest.raises(ConnectionError):
        send(folder, tracker)
    tracker.fails_before = ""
    send(folder, tracker)
    undisturbed = Recorder()
    send(write_run_again(folder), undisturbed)
    assert tracker.calls == undisturbed.calls


def write_run_again(folder: Path) -> Path:
    """The same run, of which no tracker has anything."""
    (folder / FILE).unlink()
    return folder


def test_a_batch_whose_answer_was_lost_is_sent_again_as_it_was(tmp_path: Path) -> None:
    folder, tracker = write_run(tmp_path / "run", epochs=2, status="running"), Recorder()
    tracker.fails_after = "metrics"
    with pytest.raises(ConnectionError):
        send(folder, tracker)
    tracker.fails_after = ""
    write_history(folder, 5)
    send(folder, tracker)
    first, again, rest = tracker.of("metrics")
    assert again == first  # times too, so that a server knows that it has them
    assert sorted({each.epoch for each in rest}) == [3, 4, 5]


def test_a_line_that_a_crash_has_cut_is_passed_over(tmp_path: Path) -> None:
    folder, tracker = write_run(tmp_path / "run"), Recorder()
    send(folder, tracker)
    count = len(tracker.calls)
    with (folder / FILE).open("a") as file:
        file.write('{"tracker": "recorder", "run": ".", "epo')
    send(folder, tracker)
    assert len(tracker.calls) == count


def test_trials_and_folds_are_runs_in_their_run(tmp_path: Path) -> None:
    folder, tracker = write_run(tmp_path / "run", sweep={"trials": 2}), Recorder()
    (folder / "sweep.json").write_text("{}")
    for number in (10, 2):
        write_run(folder / "trials" / str(number))
    write_run(folder / "best", members={"kind": "repeat", "count": 2, "shares_split": True})
    write_run(folder / "best" / "repeat-1")
    send(folder, tracker)
    begun = {name: parent for kind, name, value in tracker.calls if kind == "begin" for parent in value[:1]}
    whole, best = "id of run", "id of run/best"
    assert begun == {"run": None, "best": whole, "trial 2": whole, "trial 10": whole, "repeat-1": best}
    assert list(begun).index("trial 2") < list(begun).index("trial 10")


def test_a_trial_that_was_ended_early_is_pruned(tmp_path: Path) -> None:
    folder, tracker = write_run(tmp_path / "run", sweep={"trials": 2}), Recorder()
    write_run(folder / "trials" / "0")
    write_run(folder / "trials" / "1", pruned=True)
    send(folder, tracker)
    ends = {name: value for kind, name, value in tracker.calls if kind == "end"}
    assert ends == {"run": "finished", "trial 0": "finished", "trial 1": "pruned"}
    tags = [
        value.tags["kspec.status"] for kind, name, value in tracker.calls if kind == "describe" and name == "trial 1"
    ]
    assert tags == ["pruned"]


def test_a_part_whose_folder_is_gone_has_failed(tmp_path: Path) -> None:
    folder, tracker = write_run(tmp_path / "run", status="running", sweep={"trials": 2}), Recorder()
    trial = write_run(folder / "trials" / "0", status="running")
    sync = Sync(folder, State(folder, "recorder"), tracker)
    sync.send()
    shutil.rmtree(trial)
    write_run(folder, sweep={"trials": 2})
    sync.send(is_last=True)
    assert [call[1:] for call in tracker.calls if call[0] == "end"] == [("run", "finished"), ("trial 0", "failed")]


def test_a_resumed_run_goes_on_under_its_id(tmp_path: Path) -> None:
    folder, tracker = write_run(tmp_path / "run", epochs=3, status="interrupted"), Recorder()
    send(folder, tracker)
    write_run(folder, epochs=4, resumed=[{"epoch": 2, "overrides": []}])
    send(folder, tracker)
    assert tracker.of("begin") == [(None, ""), (None, "id of run")]
    assert [epoch for epoch, _ in losses(tracker)] == [1, 2, 3, 4]
    assert tracker.of("end") == ["interrupted", "finished"]


def test_epochs_that_are_trained_again_with_other_values_are_sent_again(tmp_path: Path) -> None:
    folder, tracker = write_run(tmp_path / "run", epochs=3, status="interrupted"), Recorder()
    send(folder, tracker)
    write_run(folder, epochs=4, resumed=[{"epoch": 2, "overrides": ["fit.epochs=4"]}])
    send(folder, tracker)
    assert [epoch for epoch, _ in losses(tracker)] == [1, 2, 3, 3, 4]


def test_a_run_without_a_model_is_not_begun(tmp_path: Path) -> None:
    folder, tracker = write_run(tmp_path / "run", epochs=0, status="running"), Recorder()
    (folder / "resolved.yaml").unlink()
    send(folder, tracker)
    assert not tracker.calls
