"""Checkpoints on disk: whole ones are read, damaged ones are passed over, old ones are deleted."""

import os
import zipfile

import ml_dtypes
import numpy as np
import pytest

from kspec.runs.run_folder import RunFolder
from kspec.training.checkpoints.archive import DamagedCheckpoint, read_archive, write_archive
from kspec.training.checkpoints.checkpoint import Checkpoint, EngineFacts, Facts
from kspec.training.checkpoints.store import CheckpointStore

ARRAYS = [
    np.arange(6, dtype="float32").reshape(2, 3),
    np.array(7),
    np.zeros((0, 2)),
    np.array([2.5], ml_dtypes.bfloat16),
]


def checkpoint(epoch, step=0):
    facts = Facts(
        spec={"name": "small"},
        data={"table.csv": "0"},
        stage=1,
        epoch=epoch,
        step=step,
        stopped="",
        history=[{"epoch": number + 1, "loss": 0.1 + number} for number in range(epoch)],
        stages=[],
        engine=EngineFacts(setting="auto", changes=[(0, "fused")], settled=False),
        variables={"model": 1, "optimizer": 1},
        random={},
        callbacks=[],
        seconds=1.5,
    )
    return Checkpoint(facts, ARRAYS)


@pytest.fixture
def store(tmp_path):
    return CheckpointStore(tmp_path, RunFolder(tmp_path).write)


def test_arrays_come_back_bit_by_bit(store):
    store.add(checkpoint(2))
    found = store.newest(pytest.fail)
    assert found.facts == checkpoint(2).facts
    for ours, theirs in zip(ARRAYS, found.arrays, strict=True):
        assert (ours.dtype, ours.shape, ours.tobytes()) == (theirs.dtype, theirs.shape, theirs.tobytes())


def test_the_newest_two_stay(store):
    for place in ((9, 0), (9, 500), (10, 0), (100, 7)):
        store.add(checkpoint(*place))
    (store.folder / ".epoch-000101.writing.npz").write_bytes(b"half")
    store.prune(2)
    assert sorted(os.listdir(store.folder)) == ["epoch-000010.npz", "epoch-000100-step-000000007.npz"]
    assert store.newest(pytest.fail).facts.place == "epoch 100, step 7"


@pytest.mark.parametrize("damage", [lambda data: data[: len(data) // 2], lambda data: b"", lambda data: data[:-1]])
def test_a_truncated_checkpoint_falls_back_to_the_one_before(store, damage):
    store.add(checkpoint(1))
    store.add(checkpoint(2))
    newest = store.folder / "epoch-000002.npz"
    newest.write_bytes(damage(newest.read_bytes()))
    warnings = []
    assert store.newest(warnings.append).facts.epoch == 1
    assert len(warnings) == 1
    assert "epoch-000002.npz" in warnings[0]


def test_a_flipped_bit_is_noticed(tmp_path):
    path = tmp_path / "one.npz"
    write_archive(path, b"{}", [np.zeros(1000)])
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    with pytest.raises(DamagedCheckpoint, match="CRC"):
        read_archive(path)


def entries(path, **files):
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in files.items():
            archive.writestr(name.replace("_", ".", 1), data)


def test_strange_archives_are_no_checkpoints(tmp_path):
    path = tmp_path / "strange.npz"
    header = b"\x93NUMPY\x01\x00" + (118).to_bytes(2, "little")
    huge = header + b"{'descr': '<f8', 'fortran_order': False, 'shape': (1000000000000,), }".ljust(117) + b"\n"
    objects = header + b"{'descr': '|O', 'fortran_order': False, 'shape': (1,), }".ljust(117) + b"\n" + b"12345678"
    for files in ({"x": b"1"}, {"checkpoint_json": b"{}", "0_npy": huge}, {"checkpoint_json": b"{}", "0_npy": objects}):
        entries(path, **files)
        with pytest.raises(DamagedCheckpoint):
            read_archive(path)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("checkpoint.json", "{}" + " " * 100_000)
    with pytest.raises(DamagedCheckpoint, match="compressed"):
        read_archive(path)


def test_what_does_not_fit_together_is_no_checkpoint(store):
    broken = checkpoint(3)
    broken.facts.history.pop()
    store.add(broken)
    assert store.newest(lambda warning: None) is None
