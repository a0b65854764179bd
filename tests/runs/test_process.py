"""Runs and the process: threads, standard output, killed processes, `latest`."""

import ctypes
import json
import os
import socket
import subprocess
import sys
import threading
from types import SimpleNamespace

import pytest

import kspec
from kspec.cli import main
from kspec.runs import process_table
from kspec.runs.failures import StepFailed
from kspec.runs.process import has_ended, status_of, this_process
from kspec.runs.run_folder import RunFolderError, find_run
from tests.support.project import BINARY

VERBOSE = "callbacks: [{EarlyStopping: {patience: 0, min_delta: 9, verbose: 1, restore_best_weights: true}}, {ReduceLROnPlateau: {patience: 1, verbose: 1, min_delta: 9}}]"


def test_runs_in_threads_compute_what_they_compute_alone(project):
    spec = project(BINARY)
    alone = kspec.run(spec).metrics
    results, problems = [], []

    def run():
        results.append(kspec.run(spec).metrics)

    def check():
        problems.extend(kspec.check(spec, data=True))

    threads = [threading.Thread(target=target) for target in (run, run, check)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [alone, alone]
    assert problems == []


@pytest.fixture(scope="module")
def verbose(tmp_path_factory):
    """What `kspec run` prints with callbacks that print: as JSON, and with -q."""
    from tests.support.project import make_project

    printed = {}
    with pytest.MonkeyPatch.context() as patch:
        spec = make_project(tmp_path_factory.mktemp("verbose"), patch)(
            BINARY.replace("epochs: 2,", f"epochs: 4, {VERBOSE},")
        )
        for options in ("--format json", "-q"):
            words = [sys.executable, "-m", "kspec", "run", spec, *options.split()]
            printed[options] = subprocess.run(words, capture_output=True, text=True, check=True)
    return printed


@pytest.mark.slow
def test_with_json_standard_output_is_one_document(verbose):
    result = json.loads(verbose["--format json"].stdout)
    assert result["status"] == "finished"
    assert result["kept_epoch"] == 1
    assert "early stopping" in verbose["--format json"].stderr


@pytest.mark.slow
def test_quiet_prints_nothing_but_the_folder(verbose):
    assert verbose["-q"].stdout.startswith("runs/small/")
    assert verbose["-q"].stdout.count("\n") == 1
    assert verbose["-q"].stderr == ""


def test_quiet_redirects_the_prints_of_its_own_thread(capsys):
    import warnings

    from kspec.training.console import Console

    def elsewhere():
        print("elsewhere")

    with Console(quiet=True).own_output():
        print("here")
        warnings.warn("here", stacklevel=1)
        thread = threading.Thread(target=elsewhere)
        thread.start()
        thread.join()
    print("after")
    assert capsys.readouterr() == ("elsewhere\nafter\n", "")


def test_json_output_sends_other_prints_to_standard_error(capfd):
    from kspec.cli._json_output import reserve_stdout

    with reserve_stdout():
        print("Python")
        os.write(1, b"native\n")
    print("{}")
    out, err = capfd.readouterr()
    assert out == "{}\n"
    assert sorted(err.split()) == ["Python", "native"]


def test_faults_are_one_json_document_too(project, capsys):
    assert main(["run", project(BINARY.replace("Dense", "Dens", 1)), "--format", "json"]) == 1
    assert [fault["code"] for fault in json.loads(capsys.readouterr().out)["diagnostics"]] == ["KS106"]


def test_a_failed_run_is_marked_and_is_not_the_latest(project, tmp_path, monkeypatch):
    spec = project(BINARY)
    run = kspec.run(spec)

    def fail(*_, **__):
        raise RuntimeError("no memory")

    monkeypatch.setattr("kspec.runs.execute.fit", fail)
    with pytest.raises(StepFailed, match="no memory"):
        kspec.run(spec)
    assert find_run("runs/small") == run.folder.resolve()
    states = [
        json.loads((path / "run.json").read_text())["status"] for path in (tmp_path / "runs" / "small").glob("2*")
    ]
    assert sorted(states) == ["failed", "finished"]
    for path in (run.folder, run.folder.parent / "latest"):
        (path / "run.json").unlink() if path.is_dir() and not path.is_symlink() else path.unlink()
    with pytest.raises(RunFolderError, match="has finished"):
        find_run("runs/small")


def test_a_run_with_faulty_data_leaves_no_folder(project, tmp_path):
    with pytest.raises(kspec.SpecError):
        kspec.run(project(BINARY.replace("targets: kind", "targets: knd")))
    assert not list((tmp_path / "runs").glob("*"))


def test_a_killed_process_is_not_running():
    process = this_process()
    assert not has_ended(process)
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    other = {**process, "pid": child.pid}
    assert has_ended(other)  # another process has its id
    child.kill()
    child.wait()
    assert has_ended(other)
    assert status_of({"status": "running", "process": other}) == "killed"
    assert status_of({"status": "failed", "process": other}) == "failed"
    assert not has_ended({**other, "host": "elsewhere"})
    assert not has_ended(None)
    assert status_of({}) == "unknown"


@pytest.fixture
def windows(monkeypatch):
    """The functions of Windows that tell of processes: id → creation time and exit code, or an error."""
    table = {7: (1340, 259), 8: (1350, 1), 9: 5}
    closed, error = [], []

    def open_process(access, inherit, pid):
        found = table.get(pid, 87)
        error[:] = [found]
        return 0 if isinstance(found, int) else pid

    def exit_code(handle, code):
        code._obj.value = table[handle.value][1]
        return 1

    def process_times(handle, creation, *_):
        creation._obj.value = table[handle.value][0]
        return 1

    kernel = SimpleNamespace(
        OpenProcess=open_process,
        GetExitCodeProcess=exit_code,
        GetProcessTimes=process_times,
        CloseHandle=lambda handle: closed.append(handle.value),
    )
    monkeypatch.setattr("sys.platform", "win32")
    monkeypatch.setattr(ctypes, "WinDLL", lambda *_, **__: kernel, raising=False)
    monkeypatch.setattr(ctypes, "get_last_error", lambda: error[0], raising=False)
    monkeypatch.setattr(os, "kill", None)  # there it would end the process
    return closed


def test_a_killed_process_on_windows(windows):
    def ended(pid, started):
        return has_ended({"host": socket.gethostname(), "pid": pid, "started": started})

    assert not ended(7, "1340")
    assert ended(7, "1339")  # another process has its id
    assert ended(8, "1350")  # it has ended, and something holds a handle of it
    assert ended(6, "1330")
    assert not ended(9, "1360")  # another user's
    assert windows == [7, 7, 8]


def test_a_killed_process_without_start_times(monkeypatch):
    monkeypatch.setattr("kspec.runs.process.start_time", process_table._on_posix)
    process = this_process()
    assert not has_ended(process)
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait()
    assert has_ended({**process, "pid": child.pid})
    assert not has_ended({**process, "pid": 2**70})
