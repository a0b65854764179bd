"""Files that travel in pieces, and which files a worker needs."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from kspec.cluster import files, place
from kspec.cluster.files import Piece, files_in, pieces, write
from kspec.cluster.place import Place, TooLarge, travelling
from kspec.diagnostics import Source


def test_files_arrive_as_they_were(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "PIECE_BYTES", 10)
    before, after = tmp_path / "a", tmp_path / "b"
    contents = {"empty": b"", "small": b"12345", "large": bytes(range(37)), "sub/exact": b"x" * 10}
    for name, data in contents.items():
        (before / name).parent.mkdir(parents=True, exist_ok=True)
        (before / name).write_bytes(data)
    batches = list(pieces(files_in(before)))
    assert max(sum(len(piece.data) for piece in batch) for batch in batches) <= 10
    for batch in batches:
        write(batch, after)
    assert {name: file.read_bytes() for name, file in files_in(after)} == contents


@pytest.mark.parametrize("path", ["../x", "/x", "a/../../x"])
def test_a_worker_writes_nowhere_else(tmp_path, path):
    with pytest.raises(ValueError, match="leads out"):
        write([Piece(path, 0, b"")], tmp_path / "own")


@pytest.fixture
def project(tmp_path):
    """A folder with data, code, and what stays here."""
    folder = tmp_path / "project"
    inner = (
        "specs/s.yaml",
        "table.csv",
        "code.py",
        ".git/x",
        "runs/s/1/run.json",
        "env/pyvenv.cfg",
        "env/lib/x.py",
        "old/run.json",
    )
    for name in inner:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(name)
    (tmp_path / "secret").write_text("secret")
    (tmp_path / "other.csv").write_text("1")
    (folder / "link").symlink_to(tmp_path / "secret")
    return folder


def test_what_a_worker_needs_travels(project):
    stated = [project.parent / "other.csv", project / "runs" / "s"]
    found = [file for _, file in travelling([project], stated, project / "runs")]
    names = sorted(os.path.relpath(file, project) for file in found)
    assert names == ["../other.csv", "code.py", "runs/s/1/run.json", "specs/s.yaml", "table.csv"]


@pytest.mark.parametrize(("name", "limit", "says"), [("MAX_FILES", 2, "2 files"), ("MAX_BYTES", 5, "GB")])
def test_too_much_does_not_travel(project, monkeypatch, name, limit, says):
    monkeypatch.setattr(place, name, limit)
    with pytest.raises(TooLarge, match=says):
        travelling([project], [], project / "runs")


def test_a_copy_has_the_paths_of_the_original():
    copy = Place("/home/me", "/tmp/copy")
    assert copy.path("runs/s") == Path("runs/s")
    assert copy.path("/home/me/runs") == Path("/tmp/copy/home/me/runs")
    assert copy.source(Source("/home/me/s.yaml", "x")).name == "/tmp/copy/home/me/s.yaml"
    assert Place("/home/me").path("/home/me/runs") == Path("/home/me/runs")
