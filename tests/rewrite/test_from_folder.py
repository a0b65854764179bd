"""`kspec init` on folders of files, and on tables that name files."""

import wave
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import kspec
from kspec.cli import main

CHANCE = np.random.default_rng(4)


@pytest.fixture(autouse=True)
def _in_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def picture(path, size=(12, 10, 3), most=255):
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    pixels = CHANCE.integers(0, most + 1, size).astype("uint8")
    Image.fromarray(pixels).save(path)
    return pixels


def inferred(name, **choices):
    """The spec of a folder or table, without problems in its data but notes."""
    options = [word for key, value in choices.items() for word in (f"--{key}", value)]
    assert main(["init", name, "-o", "spec.yaml", "--force", *options]) == 0
    problems = [str(each) for each in kspec.check("spec.yaml", data=True) if each.severity.name != "INFO"]
    assert problems == []
    return kspec.load("spec.yaml").values


def test_a_folder_of_images_for_each_class():
    for row in range(30):
        picture(f"pets/{'abc'[row % 3]}/{row}.png")
    values = inferred("pets")
    assert values["data"]["images"] == "pets"
    assert values["inputs"] == {"image": {"shape": [12, 10, 3]}}
    assert values["layers"][-1]["Dense"]["units"] == {"classes_of": "class"}


def test_folders_for_splits_keep_their_files():
    for row in range(24):
        picture(f"pets/{('train', 'train', 'val', 'test')[row % 4]}/{'ab'[row // 4 % 2]}/{row}.jpg", (300, 200, 3))
    values = inferred("pets")
    assert values["data"]["images"] == {"train": "pets/train", "validation": "pets/val", "test": "pets/test"}
    assert "split" not in values["data"]
    assert values["inputs"] == {"image": {"shape": [128, 128, 3]}}


def test_texts_and_sounds():
    for row in range(30):
        text, sound = Path(f"mails/{'ab'[row % 2]}/{row}.txt"), Path(f"calls/{'ab'[row % 2]}/{row}.wav")
        text.parent.mkdir(parents=True, exist_ok=True)
        text.write_text("some words and more " * (row % 3 + 1))
        sound.parent.mkdir(parents=True, exist_ok=True)
        with wave.open(str(sound), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(8000)
            file.writeframes(CHANCE.integers(-900, 900, 2000).astype("<i2").tobytes())
    words = next(layer for layer in inferred_layers("mails") if "TextVectorization" in layer)
    assert words["TextVectorization"]["output_sequence_length"] == 12, "nine of ten texts have no more words"
    assert inferred("calls")["inputs"] == {"audio": {"shape": [2000]}}


def inferred_layers(name):
    assert main(["init", name, "-o", "spec.yaml", "--force"]) == 0
    return kspec.load("spec.yaml").values["layers"]


@pytest.mark.parametrize(("most", "classes"), [(1, 2), (3, 4)])
def test_images_and_masks(most, classes):
    for row in range(12):
        picture(f"scans/images/s{row}.jpg", (20, 24, 3))
        picture(f"scans/masks/s{row}_mask.png", (20, 24), most)
    values = inferred("scans")
    assert values["data"]["files"] == {"photo": "scans/images/{id}.jpg", "mask": "scans/masks/{id}_mask.png"}
    assert values["layers"][-1]["Conv2D"]["filters"] == classes


def test_pixels_of_no_class_are_ignored():
    for row in range(12):
        picture(f"scans/images/s{row}.png", (20, 24, 3))
        mask = CHANCE.integers(0, 3, (20, 24)).astype("uint8")
        mask[:3] = 255
        Path("scans/annotations").mkdir(exist_ok=True)
        Image.fromarray(mask).save(f"scans/annotations/s{row}.png")
    assert inferred("scans")["compile"]["loss"] == {"SparseCategoricalCrossentropy": {"ignore_class": 255}}


def test_other_folders_are_refused(capsys):
    picture("flat/1.png")
    assert main(["init", "flat"]) == 1
    assert "no files whose names tell a class or a label" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("value", "new"),
    [("pics/im {}.png", None), ("im {}.png", "'pics/' || \"file\""), ("im {}", "'pics/' || \"file\" || '.png'")],
)
def test_a_table_that_names_images(value, new):
    for row in range(30):
        picture(f"pics/im {row}.png")
    rows = "".join(f"{value.format(row)},{'xyz'[row % 3]}\n" for row in range(30))
    Path("t.csv").write_text("file,label\n" + rows)
    data = inferred("t.csv")["data"]
    assert data.get("columns", {}).get("file_file") == new
    assert data["read"] == {"file_file" if new else "file": "image"}
    assert data["targets"] == "label"
