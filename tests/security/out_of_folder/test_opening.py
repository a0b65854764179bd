"""Every file that a spec names is opened in one way: a regular file below the spec's folder, whatever its path says."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

import kspec
from kspec.diagnostics import codes
from kspec.syntax.path_policy import PathPolicy, PathRefused, Permissions
from kspec.syntax.regular_files import NotRegularFile, open_regular, opened_path, shown_path

LAYERS = "layers: [{Dense: {units: 1}}]\ntask: regression\n"
NAMED_FILES = {
    "include": "kspec: 1\ninclude: [PATH]\ninputs: {x: {shape: [2]}}\n" + LAYERS,
    "weights": "kspec: 1\nweights: PATH\ninputs: {x: {shape: [2]}}\n" + LAYERS,
    "model": "kspec: 1\nmodels: {m: {file: PATH}}\ninputs: {x: {shape: [2]}}\nlayers: [{model: m}]\ntask: regression\n",
    "vocabulary": "kspec: 1\ninputs: {x: {shape: [2], dtype: string}}\n"
    "layers: [{StringLookup: {vocabulary: PATH, output_mode: multi_hot}}, {Dense: {units: 1}}]\ntask: regression\n",
    "constant": "kspec: 1\ninputs: {x: {shape: [2]}}\n"
    "layers: [{op: multiply, call: {x2: {file: PATH}}}]\ntask: regression\n",
    "vectors": "kspec: 1\ninputs: {x: {shape: [2], dtype: int32}}\n"
    "layers: [{Embedding: {input_dim: 5, output_dim: 2}, weights: {file: PATH}}, Flatten, {Dense: {units: 1}}]\n"
    "task: regression\n",
    "csv": "kspec: 1\ndata: {csv: PATH, targets: y}\ninputs: {x: {shape: [2]}}\n" + LAYERS,
}
"""By the part of a spec that names a file, such a spec."""
SUFFIX = {"weights": ".weights.h5", "model": ".keras", "constant": ".npy", "vectors": ".npy", "csv": ".csv"}


def problems(folder: Path, text: str, *, data: bool = False) -> list[kspec.Diagnostic]:
    """The errors of a spec in a folder."""
    (folder / "spec.yaml").write_text(text)
    return [problem for problem in kspec.check(folder / "spec.yaml", data=data) if problem.is_error]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A spec's folder, which is the working directory, with a file outside it."""
    (tmp_path / "inside").mkdir()
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "secret.txt").write_text("secret\n")
    monkeypatch.chdir(tmp_path / "inside")
    return tmp_path / "inside"


def make_pipe(path: Path) -> None:
    os.mkfifo(path)


def make_socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(path.name)  # a socket's path may be 108 characters long


def make_folder(path: Path) -> None:
    path.mkdir()


def make_link_to_device(path: Path) -> None:
    path.symlink_to("/dev/zero")


@pytest.mark.skipif(os.name != "posix", reason="needs pipes")
@pytest.mark.parametrize("make", [make_pipe, make_socket, make_folder, make_link_to_device])
def test_only_regular_files_are_opened(make, folder):
    make(folder / "a")
    with pytest.raises((NotRegularFile, OSError)):
        open_regular(folder / "a")
    with pytest.raises((NotRegularFile, PathRefused)):
        PathPolicy(folder).open("a")


@pytest.mark.skipif(os.name != "posix", reason="needs pipes")
@pytest.mark.parametrize("part", NAMED_FILES)
def test_a_pipe_is_refused_before_it_is_read(part, folder):
    name = "a" + SUFFIX.get(part, ".txt")
    os.mkfifo(folder / name)
    (problem,) = problems(folder, NAMED_FILES[part].replace("PATH", name), data=part == "csv")
    assert "is a pipe, not a file" in problem.message
    assert problem.span is not None
    assert problem.span.line > 1


@pytest.mark.parametrize("part", NAMED_FILES)
@pytest.mark.parametrize(
    ("path", "message"),
    [
        ('"a\\0b"', "a path cannot contain a null character"),
        ("x" * 5000, "more than 4,096 characters"),
        ("loop", "symbolic links"),
        ("dangling", "not found"),
        ("way/secret", "outside the spec's folder"),
        ("../outside/secret.txt", "outside the spec's folder"),
    ],
    ids=["null", "long", "loop", "dangling", "link", "above"],
)
def test_paths_that_lead_nowhere_or_outside_are_reported_at_their_place(part, path, message, folder):
    suffix = SUFFIX.get(part, ".txt")
    (folder / "way").symlink_to(folder.parent / "outside")
    (folder / f"loop{suffix}").symlink_to(folder / f"loop{suffix}")
    (folder / f"dangling{suffix}").symlink_to(folder / "nowhere")
    (folder.parent / "outside" / f"secret{suffix}").write_text("secret")
    name = path[:-1] + suffix + '"' if path.startswith('"') else path.removesuffix(".txt") + suffix
    found = problems(folder, NAMED_FILES[part].replace("PATH", name), data=part == "csv")
    assert len(found) == 1
    assert message in found[0].message
    assert found[0].span is not None
    assert found[0].span.line > 1
    assert all(len(problem.message) < 300 for problem in found)


def test_the_spec_itself_is_a_regular_file(tmp_path):
    os.mkfifo(tmp_path / "spec.yaml")
    (problem,) = kspec.check(tmp_path / "spec.yaml")
    assert problem.code == codes.UNREADABLE_FILE
    assert "it is a pipe" in problem.message


def test_settings_are_read_from_a_regular_file(folder):
    os.mkfifo(folder / "pyproject.toml")
    assert not problems(folder, "kspec: 1\ninputs: {x: {shape: [2]}}\n" + LAYERS)


def test_the_file_that_is_open_counts_and_not_its_path(folder, monkeypatch):
    """A link that is swapped between the look at the path and the opening."""
    (folder / "a.txt").write_text("inside\n")
    real = os.path.realpath

    def swapping(path, **settings):
        result = real(path, **settings)
        if str(path).endswith("a.txt"):
            (folder / "a.txt").unlink()
            (folder / "a.txt").symlink_to(folder.parent / "outside" / "secret.txt")
        return result

    monkeypatch.setattr(os.path, "realpath", swapping)
    with pytest.raises(PathRefused, match="through a link"):
        PathPolicy(folder).open("a.txt")


def test_where_a_file_lies_is_known_without_proc(folder, monkeypatch):
    monkeypatch.setattr(os, "readlink", lambda _: (_ for _ in ()).throw(FileNotFoundError()))
    (folder / "a.txt").write_text("1")
    (folder / "b.txt").write_text("2")
    with open_regular(folder / "a.txt") as file:
        assert opened_path(file, str(folder / "a.txt")) == os.path.realpath(folder / "a.txt")
        with pytest.raises(OSError, match="replaced"):
            opened_path(file, str(folder / "b.txt"))


def test_folders_that_the_user_names_replace_the_working_directory(folder):
    policy = PathPolicy(folder / "deep", Permissions(folders=()))
    problem = policy.problem("../a.txt")
    assert problem is not None
    assert problem.rule == codes.PATH_OUTSIDE_FOLDER
    assert PathPolicy(folder / "deep", Permissions(folders=(str(folder),))).problem("../a.txt") is None


def test_a_path_in_a_message_is_short_and_printable():
    assert shown_path("a\nb\udcffc") == "a\\nb\\udcffc"
    assert len(shown_path("x" * 5000)) == 80
