"""The index of run folders is only a cache: whatever happens to it, the list is that of the folders. No TensorFlow."""

import json
import os
from pathlib import Path

import pytest

from kspec.runs import file_index, run_facts, run_index
from kspec.runs.run_facts import RunFacts
from kspec.runs.run_index import past_runs
from tests.runs.test_run_index import make


@pytest.fixture
def index(tmp_path, monkeypatch):
    """The file of the index of two runs, which has been written."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("KSPEC_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(file_index, "MIN_READ", 1)
    monkeypatch.setattr(file_index, "SETTLED", -1.0)
    make("runs", "mlp", "20260101-120000-1", {"loss": 0.1}, vars={"width": 3})
    make("runs", "cnn", "20260102-120000-1", {"loss": 0.2})
    past_runs("runs")
    (place,) = (tmp_path / "cache" / "runs").iterdir()
    return place


def losses():
    return [run.metrics["loss"] for run in past_runs("runs")]


def test_what_has_not_changed_is_not_read_again(index, monkeypatch):
    before = past_runs("runs")
    monkeypatch.setattr(run_index, "_run_facts", None)
    monkeypatch.setattr(run_index, "_metric_facts", None)
    assert past_runs("runs") == before
    assert past_runs(os.path.abspath("runs"), "mlp")[0].vars == {"width": 3}


def test_specs_are_the_same_from_the_index(index, monkeypatch):
    spec = Path("runs/mlp/20260101-120000-1/resolved.yaml")
    spec.write_text("fit: {class_weight: {0: 2.5}, epochs: 3}\n")
    values = []
    for _ in range(2):
        with RunFacts(past_runs("runs"), "runs") as facts:
            values.append([facts.value(facts.runs[1], f"spec.fit.{name}") for name in ("class_weight.0", "epochs")])
        monkeypatch.setattr(run_facts, "_spec_text", None)
    assert values == [[2.5, 3]] * 2


def test_changes_are_seen(index):
    file = "runs/mlp/20260101-120000-1/metrics.json"
    stamp = os.stat(file)
    with open(file, "r+") as stream:  # in place, of the same size, with the same time
        text = stream.read().replace("0.1", "0.7")
        stream.seek(0)
        stream.write(text)
    os.utime(file, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))
    assert losses() == [0.2, 0.7]
    os.rename("runs/mlp", "runs/old")
    os.rename("runs/cnn", "runs/mlp")
    os.rename("runs/old", "runs/cnn")
    os.remove("runs/mlp/20260102-120000-1/metrics.json")
    assert [run.metrics for run in past_runs("runs")] == [{}, {"loss": 0.7}]


@pytest.mark.parametrize("damage", ["gone", "cut", "bit", "empty", "folder", "link", "version", "other", "list"])
def test_a_damaged_index_is_not_used(index, damage, tmp_path):
    whole = index.read_bytes()
    content = json.loads(whole.partition(b"\n")[2])
    if damage in ("gone", "folder", "link"):
        index.unlink()
    if damage == "folder":
        index.mkdir()
    elif damage == "link":
        (tmp_path / "elsewhere").write_bytes(whole.replace(b"0.1", b"0.9"))
        index.symlink_to(tmp_path / "elsewhere")
    elif damage == "cut":
        index.write_bytes(whole[:-20])
    elif damage == "bit":
        index.write_bytes(whole.replace(b"0.1", b"0.9"))
    elif damage == "empty":
        index.write_bytes(b"")
    elif damage != "gone":
        for _, value in content["files"].values():
            value |= {"metrics": {"loss": 9.9}}
        content |= {"format": 0} if damage == "version" else {"folder": "/other/"} if damage == "other" else {}
        file_index._write(index, [content] if damage == "list" else content)
    assert losses() == [0.2, 0.1]


def test_a_file_that_has_just_changed_is_not_kept(index, monkeypatch):
    monkeypatch.setattr(file_index, "SETTLED", 3600.0)
    index.unlink()
    past_runs("runs")
    assert not index.exists()


def test_without_a_cache_nothing_is_written(index, monkeypatch, tmp_path):
    index.unlink()
    monkeypatch.setenv("KSPEC_CACHE", "off")
    assert losses() == [0.2, 0.1]
    assert list((tmp_path / "cache" / "runs").iterdir()) == []
