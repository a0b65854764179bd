"""Files of new data that cannot be used: their rows have no prediction, and the others have theirs."""

import wave

import numpy as np
import pytest
from PIL import Image

from kspec.data.files import decoded_files
from kspec.data.inference_data import load_for_prediction
from kspec.data.network_specs import OutputSpec
from kspec.data.targets.encoding import TargetEncoding
from kspec.diagnostics import Report
from tests.data.helpers import input_specs, make_spec, output_settings, read

ALL_TRAIN = "split: {validation: 0, test: 0}"
ROWS = 6


@pytest.fixture
def folder(tmp_path):
    """A table of pictures, masks, sounds and texts."""
    lines = ["photo,mask,sound,note,y"]
    for row in range(ROWS):
        pixels = np.random.default_rng(row).integers(0, 256, (8, 8, 3), np.uint8)
        Image.fromarray(pixels).save(tmp_path / f"p{row}.png")
        Image.fromarray(pixels[..., 0] % 2).save(tmp_path / f"m{row}.png")
        with wave.open(str(tmp_path / f"s{row}.wav"), "wb") as sound:
            sound.setparams((1, 2, 8000, 0, "NONE", ""))
            sound.writeframes(np.full(16, 1000 * row, "<i2").tobytes())
        (tmp_path / f"n{row}.txt").write_text(f"note {row}")
        lines.append(f"p{row}.png,m{row}.png,s{row}.wav,n{row}.txt,{row}")
    (tmp_path / "t.csv").write_text("\n".join(lines) + "\n")
    return tmp_path


def ask(folder, column, content, shape, target="y", encodings=None):
    """The examples that a model of a column of files answers for (None after an error), and the problems."""
    contents = {column: content, "mask": "image"} if target == "mask" else {column: content}
    files = ", ".join(f"{name}: {kind}" for name, kind in contents.items())
    data = f"{{csv: t.csv, read: {{{files}}}, inputs: {column}, targets: {target}, {ALL_TRAIN}}}"
    spec, report = make_spec(folder, data, f"x: {{shape: {shape}}}"), Report()
    fitted = {"columns": {"inputs": {"x": [column]}, "targets": {"y": [target]}, "weights": {}}}
    path = str(folder / "t.csv")
    split = load_for_prediction(path, spec, input_specs(spec), ["y"], encodings or {}, fitted, report)
    return split, [f"{problem.code} {problem.message}" for problem in report]


def cut(path):
    path.write_bytes(path.read_bytes()[:100])


def damage(path):
    path.write_text("no picture")


@pytest.mark.parametrize("damage", [cut, damage])
@pytest.mark.parametrize("size", ["[8, 8, 3]", "[null, null, 3]"])
def test_the_other_pictures_are_answered(folder, damage, size):
    damage(folder / "p1.png")
    split, problems = ask(folder, "photo", "image", size)
    assert problems == []
    assert split.left_out == [2]
    assert split.rows.tolist() == [1, 3, 4, 5, 6]
    assert split.notes[0] == "left out row 2 (`photo` cannot be decoded as an image)"
    for place, row in enumerate((0, 2, 3, 4, 5)):
        np.testing.assert_array_equal(split.inputs["x"][place], np.asarray(Image.open(folder / f"p{row}.png")))


def test_pictures_that_are_decoded_later(folder, monkeypatch):
    monkeypatch.setattr(decoded_files, "BUDGET", 100)
    damage(folder / "p1.png")
    split, problems = ask(folder, "photo", "image", "[8, 8, 3]")
    assert problems == []
    assert split.left_out == [2]
    np.testing.assert_array_equal(split.inputs["x"].array()[1], np.asarray(Image.open(folder / "p2.png")))


@pytest.mark.parametrize(
    ("name", "content", "shape", "reason"),
    [
        ("photo", "image", "[8, 8, 3]", "does not exist"),
        ("sound", "audio", "[16]", "is no sound, since it"),
        ("note", "text", "[1], dtype: string", "is no text in UTF-8"),
    ],
)
def test_the_other_files_are_answered(folder, name, content, shape, reason):
    file = folder / {"photo": "p2.png", "sound": "s2.wav", "note": "n2.txt"}[name]
    whole, _ = ask(folder, name, content, shape)
    file.unlink() if content == "image" else file.write_bytes(b"\xff\xfe\x00")
    split, problems = ask(folder, name, content, shape)
    assert problems == []
    assert split.left_out == [3]
    assert split.notes[0].startswith(f"left out row 3 (`{name}` names a file that {reason}")
    kept = np.delete(np.arange(ROWS), 2)
    np.testing.assert_array_equal(split.inputs["x"], whole.inputs["x"][kept])
    np.testing.assert_array_equal(split.targets["y"], kept)


def test_no_picture_at_all_is_an_error(folder):
    for row in range(ROWS):
        damage(folder / f"p{row}.png")
    split, problems = ask(folder, "photo", "image", "[8, 8, 3]")
    assert split is None
    assert [problem[:5] for problem in problems] == ["KS516"]


def test_a_target_that_is_no_picture_is_unknown(folder):
    damage(folder / "m4.png")
    (folder / "m5.png").unlink()
    settings = output_settings("binary_classification", 1, "binary_crossentropy")
    encodings = {"y": TargetEncoding.of(settings, (8, 8, 1), None)}
    split, problems = ask(folder, "photo", "image", "[8, 8, 3]", "mask", encodings)
    assert problems == []
    assert split.left_out == []
    assert split.absent["y"].tolist() == [False] * 4 + [True] * 2


def test_in_training_they_are_errors(folder):
    damage(folder / "p1.png")
    result = read(folder, f"{{csv: t.csv, read: {{photo: image}}, inputs: photo, targets: y, {ALL_TRAIN}}}",
                  "x: {shape: [8, 8, 3]}", output_specs={"y": OutputSpec("regression", 1, 2)})  # fmt: skip
    assert result.only.startswith("KS516 `p1.png` cannot be decoded as an image")
