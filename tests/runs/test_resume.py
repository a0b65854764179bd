"""A run that was stopped goes on in its folder, and ends with the bits of one that was never stopped."""

import json
import os
import re
import shutil
from contextlib import contextmanager

import numpy as np
import pytest

import kspec
from kspec.language import load_file
from kspec.runs.folder_lock import locked
from kspec.runs.process_table import start_time
from kspec.runs.resume import find_unfinished, resume_run, unfinished_run_of
from kspec.runs.run_folder import RunFolderError
from kspec.runs.verify import verify
from kspec.training.checkpoints.recording import Checkpoints
from tests.support.project import BINARY, make_project

SPEC = BINARY.replace("units: 4, activation: relu}", "units: 4, activation: relu}\n  - Dropout: {rate: 0.2}").replace(
    "fit: {epochs: 2, batch_size: 8}",
    """fit:
  epochs: 4
  batch_size: 8
  checkpoint: {every: 3 steps}
  callbacks:
    - EarlyStopping: {patience: 2}
    - CSVLogger: {filename: log.csv}""",
)
FILES = ("history.csv", "predictions.csv", "metrics.json", "log.csv")


class Killed(BaseException):
    """The end of a process, without a word."""


@contextmanager
def killed_at(epoch, step=0):
    """Ends a run right after its first checkpoint at such a place or later."""
    write = Checkpoints.write

    def write_and_end(self, facts, arrays):
        write(self, facts, arrays)
        if (facts.epoch, facts.step) >= (epoch, step):
            raise Killed

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Checkpoints, "write", write_and_end)
        try:
            yield
        except Killed:
            return
    pytest.fail("the run was not killed")


def folder_of_the_latest(runs):
    return max((path for path in runs.iterdir() if path.name != "latest"), key=lambda path: path.stat().st_mtime_ns)


def same(run, other):
    weights = zip(run.model.get_weights(), other.model.get_weights(), strict=True)
    return (
        all(np.array_equal(ours, theirs) for ours, theirs in weights)
        and all((run.folder / name).read_bytes() == (other.folder / name).read_bytes() for name in FILES)
        and run.kept_epoch == other.kept_epoch
    )


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A working directory with a spec."""
    folder = tmp_path_factory.mktemp("resume")
    with pytest.MonkeyPatch.context() as patch:
        make_project(folder, patch)(SPEC)
        yield folder


@pytest.fixture(scope="module")
def whole(place):
    """The run that was never stopped."""
    return kspec.run("spec.yaml")


@pytest.fixture(scope="module")
def resumed(place, whole):
    """A run that was killed within its second epoch, and went on."""
    with killed_at(1, 3):
        kspec.run("spec.yaml")
    folder = folder_of_the_latest(place / "runs" / "small")
    assert unfinished_run_of(load_file("spec.yaml")) == find_unfinished("small") == folder.resolve()
    assert unfinished_run_of(load_file("spec.yaml", ["seed=4"])) is None
    return resume_run(folder)


def test_it_ends_with_the_bits_of_a_run_that_was_never_stopped(whole, resumed):
    assert same(resumed, whole)
    record = json.loads((resumed.folder / "run.json").read_text())
    assert record["status"] == "finished"
    (again,) = record["resumed"]
    assert (again["epoch"], again["step"] > 0) == (1, True)
    assert (record["spec"], record["overrides"]) == ("spec.yaml", [])
    assert (resumed.folder / "spec.yaml").read_text() == SPEC
    assert [path.name for path in (resumed.folder / "checkpoints").iterdir()] == ["epoch-000004.npz"]


def test_a_finished_run_trains_on(place, resumed):
    longer = kspec.run("spec.yaml", ["fit.epochs=6"])
    with pytest.raises(RunFolderError, match="has finished, after 4 epochs; to train on"):
        resume_run(resumed.folder)
    with pytest.raises(RunFolderError, match="has trained its 4 epochs"):
        resume_run(resumed.folder, ["fit.verbose=2"])
    assert same(resume_run(resumed.folder, ["fit.epochs=6"]), longer)


@pytest.mark.parametrize(
    ("override", "reason"),
    [
        ("fit.batch_size=4", "the epochs so far were trained with it"),
        ("seed=4", "the order of the examples"),
        ("layers.dense.units=5", "the weights so far are those of this network"),
        ("fit.engine=keras", "engines differ"),
        ("compile.optimizer=sgd", "what the optimizer"),
        ("fit.callbacks.EarlyStopping.monitor=loss", "trained with it"),
    ],
)
def test_what_may_not_change_is_refused(whole, override, reason):
    before = (whole.folder / "run.json").read_bytes()
    with pytest.raises(kspec.SpecError, match=reason) as refused:
        resume_run(whole.folder, [override])
    (error,) = refused.value.diagnostics
    assert error.code == "KS624"
    assert f"`{override.partition('=')[0].replace('layers.dense', 'layers.1.Dense')}`" in error.message
    assert (whole.folder / "run.json").read_bytes() == before


def test_changed_data_is_refused_and_the_run_stays_as_it_was(place, whole):
    table, before = place / "table.csv", (whole.folder / "run.json").read_bytes()
    text = table.read_text()
    table.write_text(text.replace("oslo", "Oslo", 1))
    try:
        with pytest.raises(kspec.SpecError, match="KS625"):
            resume_run(whole.folder, ["fit.epochs=6"])
    finally:
        table.write_text(text)
    assert (whole.folder / "run.json").read_bytes() == before


def test_an_edited_spec_is_refused(whole):
    resolved = whole.folder / "resolved.yaml"
    text = resolved.read_text()
    resolved.write_text(re.sub("rate: 0.2", "rate: 0.3", text))
    try:
        with pytest.raises(kspec.SpecError, match=r"layers.*cannot change while a run goes on"):
            resume_run(whole.folder, ["fit.epochs=6"])
    finally:
        resolved.write_text(text)


def test_a_run_in_another_process_is_left_alone(whole):
    file = whole.folder / "run.json"
    text = file.read_text()
    record = json.loads(text) | {"status": "running"}
    parent = {**record["process"], "pid": os.getppid(), "started": start_time(os.getppid())}
    for process, hint in ((parent, "in process"), ({"host": "elsewhere", "pid": 1}, "add --force")):
        file.write_text(json.dumps(record | {"process": process}))
        with pytest.raises(RunFolderError, match=hint):
            resume_run(whole.folder)
    file.write_text(text)


def test_a_run_folder_elsewhere_reads_the_files_of_its_spec(project, tmp_path, monkeypatch):
    """Its resolved spec names them by paths that leave the run folder and the working directory."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "spec").mkdir()
    shutil.copy(tmp_path / "table.csv", tmp_path / "spec")
    inner = kspec.build(project("kspec: 1\ninputs: {v: {shape: [2]}}\nlayers: [{Dense: {units: 3}}]\n", "inner.yaml"))
    (tmp_path / "spec" / "inner.json").write_text(inner.to_json())
    text = BINARY.replace("layers:\n", "models: {inner: {file: inner.json}}\nlayers:\n  - model: inner\n")
    (tmp_path / "spec" / "spec.yaml").write_text(text)
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    run = kspec.run(tmp_path / "spec" / "spec.yaml", out=tmp_path / "far" / "runs")
    assert run.status == "finished"


def test_two_processes_do_not_go_on_with_one_run(whole):
    before = (whole.folder / "run.json").read_bytes()
    with locked(whole.folder), pytest.raises(RunFolderError, match="another process is writing to the run folder"):
        resume_run(whole.folder, ["fit.epochs=6"])
    assert (whole.folder / "run.json").read_bytes() == before


def test_a_folder_that_was_copied_goes_on_elsewhere(place, whole, tmp_path, monkeypatch):
    """Its data stays where it was, and so do the bits."""
    with killed_at(2):
        kspec.run("spec.yaml")
    folder = folder_of_the_latest(place / "runs" / "small")
    copy = place / "deep" / "else where"
    shutil.copytree(folder, copy)
    shutil.rmtree(folder)
    resumed = resume_run(copy, ["fit.checkpoint=false"])
    assert same(resumed, whole)
    assert [path.name for path in (copy / "checkpoints").iterdir()] == ["epoch-000002.npz"]  # and none was written
    again = copy.rename(place / "moved")
    assert kspec.evaluate(again) == pytest.approx({key: whole.metrics[key] for key in kspec.evaluate(whole.folder)})
    assert {each.verdict for each in verify(str(again))} <= {"same", "other"}
    away = shutil.copytree(again, tmp_path / "away")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(kspec.SpecError, match="KS701"):  # as of any other path
        kspec.evaluate(away)
