"""The store gives back what was read, and is never used when it is not that."""

from __future__ import annotations

import errno
import os
import threading
from copy import deepcopy
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import kspec
from kspec.cli import main
from kspec.compiler.compile import compile_spec
from kspec.data.context import InvalidData
from kspec.data.storage import mapped_arrays, store
from kspec.data.storage.stored_data import stored_data
from tests.data.helpers import make_spec, read
from tests.data.test_mapped_arrays import INPUTS, SETTINGS, assert_same, on_disk, write_tables

SPEC = f"{{csv: 't*.csv', {SETTINGS['classes']}}}"
SMALL = "{csv: t.csv, inputs: [a, n], targets: price}"


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    write_tables(tmp_path)
    monkeypatch.setenv("KSPEC_CACHE", str(tmp_path / "cache"))
    on_disk(monkeypatch)
    return tmp_path / "cache"


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Gets an entry for each time that a table is read."""
    found: list[str] = []
    before = kspec.data.reading.read

    def noted(source: str, *more: Any) -> Any:
        found.append(source)
        return before(source, *more)

    monkeypatch.setattr("kspec.data.reading.read", noted)
    return found


def only_folder() -> Path:
    (found,) = stored_data()
    return found.folder


@pytest.mark.parametrize("setting", SETTINGS)
def test_the_store_gives_back_what_was_read(setting: str, tmp_path: Path, reads: list[str]) -> None:
    text = f"{{parquet: t.parquet, {SETTINGS[setting]}}}"
    first, again = read(tmp_path, text, INPUTS), read(tmp_path, text, INPUTS)
    assert len(reads) == 1
    assert again.problems == first.problems
    assert_same(first.data, again.data)


def test_warnings_are_given_again_where_the_spec_now_has_their_settings(tmp_path: Path, reads: list[str]) -> None:
    text = f"{{csv: t.csv, {SETTINGS['numbers'].replace('0.2}', '0.001}')}}}"
    first = read(tmp_path, text, INPUTS)
    assert "the test split is empty" in first.only
    again = read(tmp_path, text.replace("{csv", "{   csv"), INPUTS)
    assert len(reads) == 1
    assert again.problems == first.problems
    assert again.pointed == first.pointed == "0.001"


def test_what_changes_the_data_reads_it_again(tmp_path: Path, reads: list[str], monkeypatch: Any) -> None:
    read(tmp_path, SPEC, INPUTS)
    read(tmp_path, SPEC, INPUTS)
    assert len(reads) == 1
    (tmp_path / "t2.csv").write_bytes((tmp_path / "t.csv").read_bytes())  # the glob leads to another file
    read(tmp_path, SPEC, INPUTS)
    assert len(reads) == 2
    about = (tmp_path / "t2.csv").stat()
    os.utime(tmp_path / "t2.csv", ns=(about.st_atime_ns, about.st_mtime_ns + 1))
    read(tmp_path, SPEC, INPUTS)
    assert len(reads) == 3
    assert len(stored_data()) == 1
    read(tmp_path, SPEC.replace("stratify: true", "validation: 0.3"), INPUTS)
    read(tmp_path, SPEC, INPUTS.replace("int32", "int64"))
    assert len(reads) == 5
    monkeypatch.setattr(store, "__version__", "0.0.0")
    read(tmp_path, SPEC, INPUTS)
    assert len(reads) == 6


def cut_array(place: Path) -> None:
    largest = max(place.glob("*.npy"), key=lambda file: file.stat().st_size)
    os.truncate(largest, largest.stat().st_size - 1)


def change_index(place: Path) -> None:
    text = (place / store.INDEX).read_bytes()
    (place / store.INDEX).write_bytes(text.replace(b'"train"', b'"trait"', 1))


def link_array(place: Path) -> None:
    (place / "0.npy").rename(place.parent / "moved.npy")
    (place / "0.npy").symlink_to(place.parent / "moved.npy")


def link_folder(place: Path) -> None:
    place.rename(place.parent.parent / "moved")
    place.symlink_to(place.parent.parent / "moved")


@pytest.mark.parametrize("damage", [cut_array, change_index, link_array, link_folder])
def test_a_damaged_store_is_written_again(damage: Any, tmp_path: Path, reads: list[str]) -> None:
    first = deepcopy(read(tmp_path, SPEC, INPUTS).data)  # the damage is in the arrays themselves
    damage(only_folder())
    again = read(tmp_path, SPEC, INPUTS)
    assert len(reads) == 2
    assert_same(first, again.data)
    read(tmp_path, SPEC, INPUTS)
    assert len(reads) == 2


def test_the_store_is_private(tmp_path: Path, cache: Path) -> None:
    read(tmp_path, SPEC, INPUTS)
    for place in (cache / store.FOLDER, only_folder(), *only_folder().iterdir()):
        assert place.stat().st_mode & 0o077 == 0, place


def test_a_store_that_cannot_be_written_whole_is_not_there(tmp_path: Path, cache: Path, monkeypatch: Any) -> None:
    def fill_disk(file: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", fill_disk)
    assert read(tmp_path, SPEC, INPUTS).only.startswith("KS566 ")
    assert not list((cache / store.FOLDER).iterdir())


def test_the_arrays_of_a_large_table_are_written_once(tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr(store, "pieces", None)  # which copy an array
    data = read(tmp_path, f"{{csv: t.csv, {SETTINGS['groups']}}}", INPUTS).data
    stored = [np.load(file) for file in only_folder().glob("*.npy")]
    for split in data.splits.values():
        for array in (split.rows, split.inputs["x"], split.targets["y"]):
            assert any(array.dtype == each.dtype and np.array_equal(array, each) for each in stored)


def test_what_cannot_be_read_leaves_no_arrays(tmp_path: Path, cache: Path, monkeypatch: Any) -> None:
    def stop(**_: Any) -> None:
        raise InvalidData

    monkeypatch.setattr("kspec.data.reading.Dataset", stop)
    read(tmp_path, SPEC, INPUTS)
    assert not list((cache / store.FOLDER).iterdir())


def test_two_that_write_at_once_both_succeed(tmp_path: Path, monkeypatch: Any) -> None:
    """Both have read the table before one of them has written its store."""
    both = threading.Barrier(2, timeout=60)
    write = store.Store.write

    def together(self: store.Store, dataset: Any) -> None:
        both.wait()
        write(self, dataset)

    monkeypatch.setattr(store.Store, "write", together)
    specs = [make_spec(tmp_path, SMALL) for _ in range(2)]
    found: list[Any] = []
    threads = [threading.Thread(target=lambda s=spec: found.append(compile_spec(s).read_data())) for spec in specs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert_same(*found)
    assert not only_folder().name.startswith(".")


def test_small_tables_are_stored_on_demand(tmp_path: Path, monkeypatch: Any, capsys: Any) -> None:
    monkeypatch.setattr(mapped_arrays, "MOST", 1e9)
    read(tmp_path, SPEC, INPUTS)
    make_spec(tmp_path, SMALL)
    assert not stored_data()
    spec = kspec.load(tmp_path / "spec.yaml")
    compile_spec(spec).read_data(keep=True)
    (each,) = stored_data()
    assert not mapped_arrays.is_mapped(compile_spec(spec).read_data().splits["train"].inputs["x"])
    assert main(["cache"]) == 0
    assert str(tmp_path / "spec.yaml") in capsys.readouterr().out
    assert main(["cache", "--clear", each.name[:6]]) == 0
    assert "deleted 1" in capsys.readouterr().out
    assert not stored_data()


def test_what_cannot_be_stored_is_a_warning(tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setenv("KSPEC_CACHE", "off")
    monkeypatch.setattr(mapped_arrays, "MOST", 1e9)
    compiled = compile_spec(make_spec(tmp_path, SMALL))
    compiled.read_data(keep=True)
    assert [str(problem.code) for problem in compiled.report if "KSPEC_CACHE is off" in problem.message] == ["KS567"]


@pytest.mark.parametrize("keep", [True, False])
def test_a_cache_that_cannot_be_written_is_a_warning(keep: bool, tmp_path: Path, cache: Path) -> None:
    """A file is where its folder should be; for a reader of the file system alone it is the same."""
    cache.write_text("no folder")
    compiled = compile_spec(make_spec(tmp_path, SMALL))
    assert compiled.read_data(keep=keep) is not None
    (problem,) = [str(each.message) for each in compiled.report if each.code == "KS567"]
    assert problem.startswith("the data is not stored: `")
    assert "cannot be written: " in problem


def test_who_has_no_home_has_no_cache(tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.delenv("KSPEC_CACHE")
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setattr("os.path.expanduser", lambda path: path)
    monkeypatch.chdir(tmp_path)
    compiled = compile_spec(make_spec(tmp_path, SMALL))
    assert compiled.read_data(keep=True) is not None
    assert "no home folder is known" in next(each.message for each in compiled.report if each.code == "KS567")
    assert not [place for place in tmp_path.iterdir() if place.name.startswith("~")]


def test_a_disk_that_is_full_for_the_store_alone(tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr(store, "RESERVE", 1e18)
    problem = read(tmp_path, SPEC, INPUTS).only
    assert problem.startswith("KS566 ")
    assert "free of the millions of GB" in problem


def test_lists_and_decoded_files_are_stored_until_one_changes(tmp_path: Path, reads: list[str]) -> None:
    """A picture that has changed is read anew, though the table that names it has not."""
    for number in range(12):
        Image.new("RGB", (4, 4), (number, 0, 0)).save(tmp_path / f"{number}.png")
    rows = "".join(f"{number}.png,{'1 ' * (1 + number % 3)},{number % 2}\n" for number in range(12))
    (tmp_path / "p.csv").write_text("photo,words,y\n" + rows)
    text = "{csv: p.csv, inputs: {x: photo, w: {column: words, length: 3, pad: 0, sep: ' '}}, targets: y, read: {photo: image}}"
    inputs = "x: {shape: [4, 4, 3]}, w: {shape: [3]}"
    first, again = read(tmp_path, text, inputs), read(tmp_path, text, inputs)
    assert len(reads) == 1
    assert_same(first.data, again.data)
    Image.new("RGB", (4, 4), (200, 0, 0)).save(tmp_path / "3.png")
    changed = read(tmp_path, text, inputs).data
    assert len(reads) == 2
    assert max(split.inputs["x"].max() for split in changed.splits.values()) == 200
