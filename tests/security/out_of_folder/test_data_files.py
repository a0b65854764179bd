"""The files of data: globs, folders of images, and links in them."""

from __future__ import annotations

import os

import numpy as np
import pytest

import kspec
from kspec.syntax.globs import TooManyEntries, matches

TABLE = "kspec: 1\ndata: {csv: 'PATH', targets: y}\ninputs: {x: {shape: [1]}}\nlayers: [{Dense: {units: 1}}]\ntask: regression\n"
IMAGES = """\
kspec: 1
data: {images: pictures, split: {validation: 0, test: 0}}
inputs: {x: {shape: [4, 4, 3]}}
layers: [Flatten, {Dense: {units: 2, activation: softmax}}]
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A spec's folder, which is the working directory, and one beside it."""
    (tmp_path / "inside").mkdir()
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "t.csv").write_text("x,y\n1,2\n3,4\n")
    monkeypatch.chdir(tmp_path / "inside")
    return tmp_path / "inside"


def problems(folder, text):
    (folder / "spec.yaml").write_text(text)
    return [f"{p.code} {p.message}" for p in kspec.check(folder / "spec.yaml", data=True) if p.is_error]


def picture(path, shade=0):
    """A BMP of 4 x 4 pixels."""
    path.parent.mkdir(parents=True, exist_ok=True)
    size, rows = b"\x04\0\0\0\x04\0\0\0", bytes([shade] * 48)
    path.write_bytes(b"BM" + bytes(8) + b"\x36\0\0\0\x28\0\0\0" + size + b"\x01\0\x18\0" + bytes(24) + rows)


def test_links_in_circles_are_not_followed(folder):
    for name in "ab":
        (folder / name).symlink_to(folder, target_is_directory=True)
    (folder / "t.csv").write_text("x,y\n1,2\n3,4\n")
    assert matches(folder, "**/*.csv", lambda _: True) == [folder / "t.csv"]


@pytest.mark.parametrize(
    "pattern", ["/**/*.csv", "../**/*.csv", "../outside/*.csv", "*/*.csv", "way/**", "a/../../outside/*.csv"]
)
def test_a_glob_asks_before_it_looks_into_a_folder(pattern, folder, monkeypatch):
    (folder / "way").symlink_to(folder.parent / "outside", target_is_directory=True)
    (folder / "a").mkdir()
    entered, scan = [], os.scandir
    monkeypatch.setattr(os, "scandir", lambda path=".": entered.append(os.path.realpath(path)) or scan(path))
    (problem,) = problems(folder, TABLE.replace("PATH", pattern))
    assert problem.startswith(f"KS701 `{pattern}` lies outside")
    assert all(path.startswith(str(folder)) for path in entered)


def test_a_glob_looks_at_a_bounded_number_of_names(folder):
    for number in range(20):
        (folder / f"{number}.txt").touch()
    with pytest.raises(TooManyEntries):
        matches(folder, "*.csv", lambda _: True, 10)
    with pytest.raises(TooManyEntries):
        matches(folder, "*/" * 5000 + "*.csv", lambda _: True)
    assert problems(folder, TABLE.replace("'PATH'", "'*.csv', limits: {files: 10}")) == [
        "KS533 `*.csv` leads to more than 10 files and folders"
    ]


@pytest.mark.parametrize("pattern", ["*.csv", "**", "**/*.csv", "[ab].csv", "*/*", ".*", "a*/**/b*", "*/c.csv"])
def test_globs_find_what_python_finds(pattern, folder):
    import glob

    for name in ("a.csv", "b.csv", ".h.csv", "ab/c.csv", "ab/x/b.csv", "ab/.h/c.csv", "d/c.csv"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()
    found = [str(path) for path in matches(folder, pattern, lambda _: True)]
    expected = sorted(path.rstrip("/") for path in glob.glob(str(folder / pattern), recursive=True))
    assert found == [path for path in expected if path != str(folder)]


@pytest.mark.parametrize("link", ["file", "class"])
def test_links_to_pictures_outside_are_refused(link, folder):
    picture(folder / "pictures/a/1.bmp")
    picture(folder / "pictures/b/1.bmp")
    picture(folder.parent / "outside/c/1.bmp")
    if link == "file":
        (folder / "pictures/a/2.bmp").symlink_to(folder.parent / "outside/c/1.bmp")
    else:
        (folder / "pictures/c").symlink_to(folder.parent / "outside/c", target_is_directory=True)
    (problem,) = problems(folder, IMAGES)
    assert problem.startswith("KS701 `")
    assert "(through a link)" in problem


@pytest.mark.skipif(os.name != "posix", reason="needs pipes")
def test_a_pipe_among_pictures_is_refused(folder):
    picture(folder / "pictures/a/1.bmp")
    picture(folder / "pictures/b/1.bmp")
    os.mkfifo(folder / "pictures/b/2.bmp")
    assert problems(folder, IMAGES) == ["KS501 cannot read `pictures/b/2.bmp`: it is a pipe, not a file"]
    (folder / "pictures/b/2.bmp").unlink()
    (folder / "pictures/b/2.bmp").symlink_to(folder / "nowhere")
    assert problems(folder, IMAGES) == ["KS501 cannot read `nowhere`: no such file or directory"]


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="names are bytes")
def test_names_of_files_need_not_be_text_and_links_inside_are_followed(folder):
    picture(folder / "pictures" / os.fsdecode(b"a\xff") / os.fsdecode(b"1\xff\n.bmp"))
    picture(folder / "others/b/1.bmp", 255)
    (folder / "pictures/b").symlink_to(folder / "others/b", target_is_directory=True)
    assert problems(folder, IMAGES) == []
    (folder / "t\n.csv").write_text("x,y\n1,2\n3,4\n5,6\n7,8\n9,10\n11,12\n")
    assert problems(folder, TABLE.replace("'PATH'", '"t\\n.csv"')) == []


def test_a_table_that_is_swapped_is_not_read(folder, monkeypatch):
    """A link that comes to lead outside, to a binary file, at any moment after the path was looked at."""
    (folder.parent / "outside" / "t.csv").write_bytes(bytes(100))
    real, left = os.path.realpath, [0]

    def swapping(path, **settings):
        result = real(path, **settings)
        if str(path).endswith("t.csv"):
            left[0] -= 1
            if not left[0]:
                (folder / "t.csv").unlink()
                (folder / "t.csv").symlink_to(folder.parent / "outside" / "t.csv")
        return result

    monkeypatch.setattr(os.path, "realpath", swapping)
    refused = 0
    for swap_at in range(1, 20):
        (folder / "t.csv").unlink(missing_ok=True)
        (folder / "t.csv").write_text("x,y\n1,2\n3,4\n5,6\n7,8\n9,10\n11,12\n")
        left[0] = swap_at
        found = problems(folder, TABLE.replace("PATH", "t.csv"))
        assert not any("binary" in problem for problem in found)
        refused += any("outside" in problem for problem in found)
    assert refused


def test_a_picture_that_becomes_a_link_to_the_outside_is_not_decoded(folder):
    """TensorFlow gets the bytes that kspec reads: what lies at the path may have changed since it was checked."""
    from kspec.data.context import Context
    from kspec.data.files.images import ImageFiles, image_reader
    from kspec.diagnostics import Report
    from kspec.syntax.path_policy import PathRefused

    for name in ("a", "b"):
        picture(folder / "pictures" / name / "1.bmp", 10)
    picture(folder.parent / "outside" / "secret.bmp", 200)
    (folder / "spec.yaml").write_text(IMAGES)
    spec = kspec.load(folder / "spec.yaml")
    files = np.array([str(folder / "pictures" / name / "1.bmp") for name in ("a", "b")], dtype=object)
    read = image_reader(Context(spec, Report(), ("data", "images")))
    images = ImageFiles(files, read, (4, 4, 3), "float32", size=(4, 4, 3))
    assert (images.array() == 10).all()
    assert (images.decoder()(np.array([1, 0])).numpy() == 10).all()
    (folder / "pictures" / "b" / "1.bmp").unlink()
    (folder / "pictures" / "b" / "1.bmp").symlink_to(folder.parent / "outside" / "secret.bmp")
    with pytest.raises(PathRefused):
        images.undecodable()
    for decode in (images.array, lambda: images.decoder()(np.array([1]))):
        with pytest.raises(Exception, match="outside the spec's folder"):
            decode()


def test_a_vocabulary_that_becomes_a_link_to_the_outside_is_not_read(folder, monkeypatch):
    from kspec.backend import keras_objects

    (folder / "words.txt").write_text("a\nb\n")
    (folder.parent / "outside" / "secret.txt").write_text("c\nd\n")
    (folder / "spec.yaml").write_text(
        "kspec: 1\ninputs: {x: {shape: [1], dtype: string}}\nlayers: [{StringLookup: {vocabulary: words.txt}}]\n"
    )
    real = keras_objects.vocabulary_entries

    def swap_and_read(path, opener):
        (folder / "words.txt").unlink()
        (folder / "words.txt").symlink_to(folder.parent / "outside" / "secret.txt")
        return real(path, opener)

    assert kspec.build(folder / "spec.yaml").layers[-1].get_vocabulary() == ["[UNK]", "a", "b"]
    monkeypatch.setattr(keras_objects, "vocabulary_entries", swap_and_read)
    with pytest.raises(kspec.SpecError, match="outside the spec's folder"):
        kspec.build(folder / "spec.yaml")
