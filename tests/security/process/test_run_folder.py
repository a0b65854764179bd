"""A run folder that cannot be written any more: one line, and the trained model is saved elsewhere."""

import re
import shutil

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


def test_a_disk_that_is_full_loses_no_model(project, temporary, monkeypatch):
    real = RunFolder.write

    def write(folder, name, writer):
        if name == "model.keras":
            raise RunFolderError("no space left on device")
        real(folder, name, writer)

    monkeypatch.setattr(RunFolder, "write", write)
    with pytest.raises(RunFolderError, match="no space left on device; the trained model is in"):
        kspec.run(project(BINARY))
    assert list(temporary.rglob("model.keras"))
