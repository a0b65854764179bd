"""Runs and the process: threads, standard output, killed processes, `latest`."""

import json
import os
import subprocess
import sys
import threading

import pytest

import kspec
from kspec.cli import main
from kspec.runs.execute import StepFailed
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
