"""Signals end a run as Ctrl-C does: what was trained is saved."""

import json
import os
import signal
import subprocess
import sys

import pytest

import kspec
from kspec.runs import recorder
from kspec.runs.execute import execute
from kspec.runs.run import Run
from kspec.runs.run_folder import RunFolder
from kspec.training.interrupt import Interrupt
from kspec.training.progress import OnEpochEnd
from tests.support.project import BINARY

pytestmark = pytest.mark.skipif(os.name == "nt", reason="Windows has other signals")
LONG = BINARY.replace("epochs: 2", "epochs: 1000000, verbose: 2")


@pytest.fixture(autouse=True)
def default_handlers():
    """The handlers of a program, even where the tests run under others."""
    usual = {signal.SIGINT: signal.default_int_handler, signal.SIGTERM: signal.SIG_DFL, signal.SIGHUP: signal.SIG_DFL}
    before = {number: signal.signal(number, handler) for number, handler in usual.items()}
    yield usual
    assert {number: signal.getsignal(number) for number in usual} == usual
    for number, handler in before.items():
        signal.signal(number, handler)


def test_the_first_signal_counts(default_handlers):
    for number in default_handlers:
        with Interrupt() as interrupt:
            with pytest.raises(KeyboardInterrupt):
                signal.raise_signal(number)
            interrupt.clear()
            for other in default_handlers:
                signal.raise_signal(other)
            interrupt.check()
            assert interrupt.signal == number


def test_a_deferred_signal_interrupts_afterwards():
    with Interrupt() as interrupt:
        interrupt.defer()
        signal.raise_signal(signal.SIGTERM)
        interrupt.check()
        with pytest.raises(KeyboardInterrupt):
            interrupt.resume()


def test_a_signal_that_is_ignored_stays_so():
    signal.signal(signal.SIGHUP, signal.SIG_IGN)  # nohup
    with Interrupt():
        signal.raise_signal(signal.SIGHUP)
    assert signal.signal(signal.SIGHUP, signal.SIG_DFL) is signal.SIG_IGN


def record_of(run):
    return json.loads((run.folder / "run.json").read_text())


def test_sigterm_saves_what_was_trained(project, monkeypatch):
    end, write = OnEpochEnd.on_epoch_end, RunFolder.write

    def at_the_second_epoch(self, epoch, logs=None):
        end(self, epoch, logs)
        if epoch == 1:
            signal.raise_signal(signal.SIGTERM)

    def again(self, name, writer):
        if name == "model.keras":
            signal.raise_signal(signal.SIGTERM)
            signal.raise_signal(signal.SIGHUP)
        write(self, name, writer)

    monkeypatch.setattr(OnEpochEnd, "on_epoch_end", at_the_second_epoch)
    monkeypatch.setattr(RunFolder, "write", again)
    run = execute(kspec.load(project(LONG.replace("1000000", "9"))))
    assert (run.status, run.interrupted_by) == ("interrupted", "SIGTERM")
    assert len(run.history) == 2
    record = record_of(run)
    assert (record["status"], record["message"], record["epochs"]) == ("interrupted", "stopped by SIGTERM", 2)
    assert set(kspec.predict(run)) == {"kind"}


@pytest.mark.slow
def test_a_signal_while_the_model_is_saved_waits(project, monkeypatch):
    write = RunFolder.write

    def interrupted(self, name, writer):
        if name == "model.keras":
            signal.raise_signal(signal.SIGTERM)
        write(self, name, writer)

    monkeypatch.setattr(RunFolder, "write", interrupted)
    run = execute(kspec.load(project(BINARY)))
    assert (run.status, run.metrics) == ("interrupted", {})
    assert (run.folder / "model.keras").exists()
    assert (run.folder.parent / "latest").resolve() == run.folder.resolve()


def test_the_duration_does_not_follow_the_clock(project, tmp_path, monkeypatch):
    times = iter([2e9])
    monkeypatch.setattr(recorder.time, "time", lambda: next(times, 1e9))
    run = Run("small", tmp_path)
    recorder.Recorder(kspec.load(project(BINARY)), run, RunFolder(tmp_path)).begin()
    assert 0 <= record_of(run)["seconds"] < 1000


@pytest.mark.slow
@pytest.mark.parametrize(("number", "status"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_the_exit_status_names_the_signal(project, tmp_path, number, status):
    command = [sys.executable, "-m", "kspec", "run", project(LONG)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        for line in process.stdout:
            if "epoch" in line and "/1000000" in line:
                break
        process.send_signal(number)
        process.send_signal(number)
        _, message = process.communicate()
    assert process.returncode == status
    assert "Traceback" not in message
    (folder,) = (tmp_path / "runs" / "small").glob("2*")
    assert json.loads((folder / "run.json").read_text())["status"] == "interrupted"
    assert (folder / "model.keras").exists()
