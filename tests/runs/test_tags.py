"""Tags and notes of runs. No TensorFlow."""

import os
import threading

import pytest

from kspec.cli import main
from kspec.runs.run_folder import RunFolderError
from kspec.runs.tags import InvalidTags, Tags, change_tags, read_tags
from tests.runs.test_run_index import make


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.delenv("COLUMNS", raising=False)
    monkeypatch.chdir(tmp_path)
    return make("runs", "mlp", "20260101-120000-1", {"loss": 0.1}).resolve()


def test_tags_are_added_and_removed(folder, capsys):
    (folder / "tags.json").symlink_to("/nowhere/tags.json")  # which is replaced, not written through
    assert main(["runs", "tag", str(folder), "good", "a/b", "good"]) == 0
    assert main(["runs", "note", "mlp/20260101-120000-1", "two\nlines"]) == 0
    assert read_tags(folder) == Tags(["good", "a/b"], "two\nlines")
    assert os.listdir(folder).count("tags.json") == 1
    assert capsys.readouterr().out.splitlines()[0] == f"{folder}: good, a/b"
    assert main(["runs"]) == 0
    header, line = capsys.readouterr().out.splitlines()
    assert "tags" in header.split()
    assert "good, a/b" in line
    assert line.endswith("“two lines”")
    assert main(["runs", "tag", str(folder), "good", "--remove"]) == 0
    assert main(["runs", "note", str(folder)]) == 0
    assert capsys.readouterr().out == f"{folder}: a/b\ntwo\nlines\n"
    assert main(["runs", "note", str(folder), "--remove"]) == 0
    assert main(["runs", "tag", str(folder), "--remove"]) == 0
    assert not (folder / "tags.json").exists()


def test_parts_and_sweeps_have_tags_of_their_own(folder):
    (folder / "sweep.json").write_text("{}")
    make(folder.parent, folder.name, "best")
    make(folder, "trials", "3")
    assert main(["runs", "tag", str(folder), "sweep"]) == 0
    assert main(["runs", "tag", str(folder / "trials/3"), "third"]) == 0
    assert main(["runs", "tag", str(folder / "best"), "best"]) == 0
    assert [read_tags(each).tags for each in (folder, folder / "trials/3", folder / "best")] == [
        ["sweep"],
        ["third"],
        ["best"],
    ]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["tag", "mlp/20260101-120000-1", "two words"], "`two words` is no tag"),
        (["tag", "mlp/20260101-120000-1", "x" * 61], "up to 60 letters"),
        (["tag", "mlp/20260101-120000-1", "good", "--remove"], "has no tag `good`; it has: none"),
        (["note", "mlp/20260101-120000-1", "\x1b[2J"], "cannot be printed"),
        (["note", "mlp/20260101-120000-1", "text", "--remove"], "--remove takes no TEXT"),
    ],
)
@pytest.mark.usefixtures("folder")
def test_wrong_use(words, message, capsys):
    assert main(["runs", *words]) == 2
    assert message in capsys.readouterr().err


@pytest.mark.parametrize("text", ["[", "[]", '{"tags": "good"}', '{"tags": ["\\u001b[2J"]}', '{"note": 1}'])
def test_damaged_tags_are_reported_and_not_overwritten(folder, text, capsys):
    (folder / "tags.json").write_text(text)
    with pytest.raises(InvalidTags):
        read_tags(folder)
    with pytest.raises(RunFolderError, match="is damaged"):
        change_tags(folder, lambda tags: tags.add("good"))
    assert main(["runs"]) == 0
    assert "its tags.json is damaged" in capsys.readouterr().out
    assert (folder / "tags.json").read_text() == text


def test_tags_that_are_added_at_once_are_all_kept(folder):
    (folder / "spec.yaml").write_text("")
    threads = [
        threading.Thread(target=change_tags, args=(folder, lambda tags, n=number: tags.add(f"tag{n}")))
        for number in range(16)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(read_tags(folder).tags) == 16
