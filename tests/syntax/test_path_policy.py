"""What a spec may read and write."""

from __future__ import annotations

from pathlib import Path

import pytest

from kspec.diagnostics import codes
from kspec.syntax.path_policy import PathPolicy, Permissions
from kspec.syntax.regular_files import unusable_text


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A spec's folder with a file, a file beside the folder, and a link to it."""
    folder = tmp_path / "specs"
    folder.mkdir()
    (tmp_path / "secret.csv").touch()
    (folder / "table.csv").touch()
    (folder / "link.csv").symlink_to(tmp_path / "secret.csv")
    return folder


def rule(policy: PathPolicy, text: str, *, write: bool = False) -> str | None:
    problem = policy.problem(text, write=write)
    return None if problem is None else str(problem.rule)


@pytest.mark.parametrize("text", ["table.csv", "sub/../table.csv", "new.csv"])
def test_reads_below_the_spec_folder_are_allowed(folder: Path, text: str) -> None:
    assert rule(PathPolicy(folder), text) is None


def test_reads_below_the_working_directory_are_allowed(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder.parent)
    assert rule(PathPolicy(folder), "../secret.csv") is None


@pytest.mark.parametrize("text", ["../secret.csv", "link.csv", "/etc/passwd"])
def test_reads_outside_need_permission(folder: Path, text: str) -> None:
    assert rule(PathPolicy(folder), text) == codes.PATH_OUTSIDE_FOLDER
    assert rule(PathPolicy(folder, Permissions(outside=True)), text) is None


def test_a_link_that_leads_outside_is_named_as_such(folder: Path) -> None:
    problem = PathPolicy(folder).problem("link.csv")
    assert problem is not None
    assert problem.message.endswith("(through a link)")


@pytest.mark.parametrize("text", ["../model.keras", "logs/../../x.csv", "/tmp/x.csv"])
def test_writes_outside_the_run_folder_need_permission(folder: Path, text: str) -> None:
    assert rule(PathPolicy(folder), text, write=True) == codes.PATH_OUTSIDE_FOLDER
    assert rule(PathPolicy(folder, Permissions(outside=True)), text, write=True) is None


def test_writes_below_the_run_folder_are_allowed(folder: Path) -> None:
    assert rule(PathPolicy(folder), "logs/epochs.csv", write=True) is None


@pytest.mark.parametrize("write", [False, True])
def test_network_access_needs_its_own_permission(folder: Path, write: bool) -> None:
    assert rule(PathPolicy(folder, Permissions(outside=True)), "gs://bucket/x.csv", write=write) == codes.NETWORK_ACCESS
    assert rule(PathPolicy(folder, Permissions(network=True)), "gs://bucket/x.csv", write=write) is None


def test_a_missing_file_is_reported_with_a_similar_name(folder: Path) -> None:
    problem = PathPolicy(folder).file_problem("tabel.csv")
    assert problem is not None
    assert (problem.rule, problem.message, problem.label) == (
        codes.UNREADABLE_DATA,
        "file `tabel.csv` not found",
        "did you mean `table.csv`?",
    )
    other = PathPolicy(folder).file_problem("tabel.csv", suffixes=(".keras",))
    assert other is not None
    assert not other.label
    assert PathPolicy(folder).file_problem("table.csv") is None


def test_reads_and_writes_have_their_own_folders(folder: Path, tmp_path: Path) -> None:
    policy = PathPolicy(folder, run_folder=tmp_path / "run")
    assert policy.locate("table.csv") == str(folder / "table.csv")
    assert policy.locate("logs/epochs.csv", write=True) == str(tmp_path / "run" / "logs" / "epochs.csv")
    assert (tmp_path / "run" / "logs").is_dir()
    assert policy.locate("gs://bucket/x.csv", write=True) == "gs://bucket/x.csv"


def test_a_url_is_never_a_file(folder: Path) -> None:
    problem = PathPolicy(folder, Permissions(network=True)).file_problem("gs://bucket/x.keras")
    assert problem is not None
    assert problem.rule == codes.UNREADABLE_DATA


@pytest.mark.parametrize("write", [False, True])
def test_a_null_character_is_reported(folder: Path, write: bool) -> None:
    assert rule(PathPolicy(folder), "table\0.csv", write=write) == codes.UNREADABLE_DATA


def test_a_name_that_the_encoding_of_file_names_lacks(monkeypatch: pytest.MonkeyPatch) -> None:
    """As where `LC_ALL=POSIX` and Python does not insist on UTF-8."""
    monkeypatch.setattr("os.fsencode", lambda text: text.encode("ascii", "surrogateescape"))
    assert unusable_text("table.csv") == unusable_text("\udcff") == ""
    assert unusable_text("größe.csv").startswith("the path contains `ö`, and names of files are ")
    assert "surrogate" in unusable_text("\ud800")
