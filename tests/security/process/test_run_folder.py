"""A run folder that cannot be written any more: one line, and the trained model is saved elsewhere."""

import errno
import os
import re
import shutil
from contextlib import contextmanager

import keras
import pytest

import kspec
from kspec.runs import recorder
from kspec.runs.run_folder import RunFolder, RunFolderError
from tests.support.project import BINARY


@pytest.fixture
def temporary(tmp_path, monkeypatch):
    """The folder of temporary files."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    return folder


def test_a_folder_that_becomes_a_file_loses_no_model(project, temporary, monkeypatch):
    monkeypatch.setattr(recorder, "HISTORY_SECONDS", 0)
    real, epochs = recorder.HistoryWriter.__call__, []

    def replace_and_write(writer, history):
        epochs.append(len(history))
        if writer.folder.path.is_dir():
            shutil.rmtree(writer.folder.path)
            writer.folder.path.touch()
        real(writer, history)

    monkeypatch.setattr(recorder.HistoryWriter, "__call__", replace_and_write)
    with pytest.raises(RunFolderError, match=r"cannot be written: .*; the trained model is in .*model.keras") as raised:
        kspec.run(project(BINARY))
    assert epochs == [1, 2]
    file = re.search(r"in (\S+)$", str(raised.value))[1]
    assert file.startswith(str(temporary))
    assert keras.saving.load_model(file).count_params() > 0


def fill_disk_at(monkeypatch, place):
    """From the writing of some file on, nothing can be written into run folders."""
    real, is_full = RunFolder.writing, []

    @contextmanager
    def writing(folder, name):
        is_full.extend([True] * name.startswith(place))
        if is_full:
            raise RunFolderError(f"{name} cannot be written: {os.strerror(errno.ENOSPC)}")
        with real(folder, name) as path:
            yield path

    monkeypatch.setattr(RunFolder, "writing", writing)


@pytest.mark.parametrize("place", ["run.json", "spec.yaml", "summary.txt"])
def test_a_disk_that_is_full_before_training_leaves_no_folder(project, tmp_path, monkeypatch, place):
    fill_disk_at(monkeypatch, place)
    with pytest.raises(RunFolderError, match=rf"^{place} cannot be written: No space left on device$"):
        kspec.run(project(BINARY))
    assert not list((tmp_path / "runs").iterdir())


@pytest.mark.parametrize(
    "place",
    [
        "metrics.json",
        *(pytest.param(name, marks=pytest.mark.slow) for name in ("checkpoints", "model.keras", "history.png")),
    ],
)
def test_a_disk_that_is_full_loses_no_model_and_the_run_goes_on(project, temporary, tmp_path, monkeypatch, place):
    spec = project(BINARY.replace("epochs: 2", "epochs: 1, engine: keras"))
    with pytest.MonkeyPatch.context() as patch:
        fill_disk_at(patch, place)
        with pytest.raises(RunFolderError, match="No space left on device") as raised:
            kspec.run(spec)
    (folder,) = (tmp_path / "runs" / "small").iterdir()
    message, _, way = str(raised.value).partition("\n")
    assert way == f"once that is mended, go on: kspec resume {folder.relative_to(tmp_path)}"
    models = [*temporary.rglob("model.keras"), *folder.glob("model.keras")]
    assert [str(model) in message for model in models] == [place in ("checkpoints", "model.keras")]
    assert keras.saving.load_model(models[0]).count_params() > 0
    run = kspec.resume(folder)
    assert run.status == "finished"
    assert (folder / "history.png").is_file()


def test_a_callback_that_cannot_write_loses_no_model(project, temporary, monkeypatch):
    def fail(logger, epoch, logs=None):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(keras.callbacks.CSVLogger, "on_epoch_end", fail)
    spec = project(BINARY.replace("epochs: 2", "epochs: 2, callbacks: [{CSVLogger: {filename: log.csv}}]"))
    with pytest.raises(
        RunFolderError, match=r"No space left on device; the trained model is in .*\n.*go on: kspec resume"
    ):
        kspec.run(spec)
    assert list(temporary.rglob("model.keras"))
