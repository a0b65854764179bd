"""`kspec init` on arrays, lists, captchas, folders of tables, and series without a time."""

import json
import math
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import kspec
from kspec.cli import main
from kspec.runs.run_folder import RunFolderError, find_run

CHANCE = np.random.default_rng(4)
TAGS = {"the": "DET", "dog": "N", "cat": "N", "runs": "V", "sleeps": "V", "red": "ADJ"}


@pytest.fixture(autouse=True)
def _in_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def inferred(name, *, data=True, **choices):
    """The plain values of the spec of a table, without problems but notes; those in its data need `data`."""
    options = [word for key, value in choices.items() for word in (f"--{key}", value)]
    assert main(["init", name, "-o", "spec.yaml", "--force", *options]) == 0
    text = Path("spec.yaml").read_text()
    problems = [str(each) for each in kspec.check("spec.yaml", data=data) if each.severity.name != "INFO"]
    assert problems == [], text
    return kspec.load("spec.yaml").values


def heads(values):
    """The layers of a spec."""
    return [layer if isinstance(layer, str) else next(iter(layer)) for layer in values["layers"]]


def sentences(count=60):
    return [[str(word) for word in CHANCE.choice(list(TAGS), CHANCE.integers(3, 9))] for _ in range(count)]


def test_words_with_a_tag_for_each():
    rows = [{"id": n, "tokens": words, "tags": [TAGS[word] for word in words]} for n, words in enumerate(sentences())]
    Path("tags.json").write_text(json.dumps(rows))
    values = inferred("tags.json")
    assert values["data"]["inputs"] == {"tokens": {"column": "tokens", "length": 8}}
    assert values["data"]["targets"] == {"tags": {"column": "tags"}}
    assert heads(values) == ["StringLookup", "Embedding", "Bidirectional", "Dropout", "Dense"]
    lines = [f"{' '.join(row['tokens'])},{' '.join(row['tags'])}" for row in rows]
    Path("tags.csv").write_text("\n".join(["words,tags", *lines]))
    assert inferred("tags.csv")["data"]["inputs"]["words"] == {"column": "words", "length": 8, "sep": " "}


def test_lists_with_a_class():
    rows = [{"tokens": words, "label": "pet" if "dog" in words else "other"} for words in sentences()]
    Path("rows.json").write_text(json.dumps(rows))
    values = inferred("rows.json")
    assert values["inputs"] == {"tokens": {"shape": [8], "dtype": "string"}}
    assert heads(values)[:3] == ["StringLookup", "Embedding", "GlobalAveragePooling1D"]
    index = {word: number for number, word in enumerate(TAGS)}
    rows = [{"ids": [index[word] for word in row["tokens"]], "label": row["label"]} for row in rows]
    Path("rows.json").write_text(json.dumps(rows))
    values = inferred("rows.json")
    assert values["data"]["inputs"] == {"ids": {"column": "ids", "length": 8, "pad": -1}}  # 0 is a word
    assert values["layers"][0]["IntegerLookup"] == {"mask_token": -1}


def test_a_column_that_cannot_be_read_is_named():
    rows = [{"x": n * 7 % 31, "parts": [{"a": n}], "y": n % 2} for n in range(40)]
    Path("rows.json").write_text(json.dumps(rows))
    assert inferred("rows.json")["data"]["inputs"] == ["x"]
    assert "  # `parts` is not used: " in Path("spec.yaml").read_text()


def test_lists_of_measurements():
    rows = [{"x": CHANCE.normal(size=CHANCE.integers(3, 9)).tolist(), "y": float(n)} for n in range(40)]
    Path("rows.json").write_text(json.dumps(rows))
    values = inferred("rows.json")
    assert heads(values)[:4] == ["Reshape", "Masking", "BatchNormalization", "GRU"]


def test_arrays_of_both_splits():
    images = {split: CHANCE.integers(0, 256, (rows, 12, 12)).astype("uint8") for split, rows in (("a", 60), ("b", 20))}
    digits = {split: np.arange(len(array)) % 10 for split, array in images.items()}
    np.savez("mnist.npz", x_train=images["a"], y_train=digits["a"], x_test=images["b"], y_test=digits["b"])
    values = inferred("mnist.npz")
    assert values["data"]["npz"] == {
        "path": "mnist.npz",
        "train": {"x": "x_train", "y": "y_train"},
        "test": {"x": "x_test", "y": "y_test"},
    }
    assert values["data"]["split"] == {"validation": 0.2, "stratify": True}
    assert heads(values)[:3] == ["Reshape", "Rescaling", "Conv2D"]
    Path("parts").mkdir()
    for name, array in {"x_train": images["a"], "y_train": digits["a"], "x_test": images["b"]}.items():
        np.save(f"parts/{name}.npy", array)
    assert inferred("parts")["data"]["npy"] == {"x_train": "parts/x_train.npy", "y_train": "parts/y_train.npy"}
    np.save("parts/y_test.npy", digits["b"])
    assert inferred("parts")["data"]["npy"]["test"] == {"x": "parts/x_test.npy", "y": "parts/y_test.npy"}


@pytest.mark.parametrize(
    ("target", "task", "last"),
    [
        (CHANCE.normal(size=(40, 2)), "regression", {"units": 2}),
        (CHANCE.integers(0, 2, (40, 3)), "multilabel_classification", {"units": 3, "activation": "sigmoid"}),
        (np.eye(4)[np.arange(40) % 4], "multiclass_classification", {"units": 4, "activation": "softmax"}),
        (np.arange(40).reshape(40, 1) % 2, "binary_classification", {"units": 1, "activation": "sigmoid"}),
    ],
)
def test_targets_of_several_numbers(target, task, last):
    np.savez("arrays.npz", X=CHANCE.normal(size=(40, 4)), y=target, mean=np.ones(3))
    values = inferred("arrays.npz")
    assert (values["task"], values["data"]["targets"], values["layers"][-1]["Dense"]) == (task, "y", last)


def test_arrays_of_images_with_masks():
    images, masks = CHANCE.integers(0, 256, (20, 18, 15, 3)), CHANCE.integers(0, 3, (20, 18, 15))
    np.savez("cells.npz", images=images.astype("uint8"), masks=masks.astype("uint8"))
    values = inferred("cells.npz")
    assert values["data"]["targets"] == {"masks": "masks"}
    assert values["layers"][-1]["Conv2D"]["filters"] == 3


def test_captchas_are_read_by_ctc():
    for folder, form in (("captchas", "{}.png"), ("numbered", "{1:03d}_{0}.png")):
        Path(folder).mkdir()
        for number in range(30):
            name = form.format("".join(CHANCE.choice(list("0123"), 5)), number)
            Image.new("L", (200, 50), 255).save(f"{folder}/{name}")
    values = inferred("captchas", data=False)
    assert values["data"]["files"] == {"photo": "captchas/{label}.png"}
    assert values["data"]["targets"]["label"]["column"] == "label"
    assert values["inputs"] == {"photo": {"shape": [48, 200, 1]}}
    assert values["compile"]["loss"] == "ctc"
    assert inferred("numbered", data=False)["data"]["files"] == {"photo": "numbered/{id}_{label}.png"}


def test_pictures_with_their_class_in_the_name():
    Path("pets").mkdir()
    for number in range(30):
        Image.new("RGB", (20, 20), (number, 0, 0)).save(f"pets/{('cat', 'dog')[number % 2]}.{number}.jpg")
    values = inferred("pets")
    assert values["data"]["files"] == {"photo": "pets/{class}.{id}.jpg"}
    assert (values["data"]["inputs"], values["data"]["targets"]) == (["photo"], "class")


@pytest.mark.parametrize("header", ["", "level\n"])
def test_a_single_column_is_a_series_in_its_order(header):
    Path("list.txt").write_text(header + "\n".join(f"{math.sin(row / 3):.3f}" for row in range(120)))
    values = inferred("list.txt")
    name = header.strip() or "c0"
    assert values["data"]["window"]["season"] == 19
    assert values["data"]["inputs"] == {"past": {"columns": name, "window": "past"}}
    assert values["data"]["split"] == {"order": True, "validation": 0.2, "test": 0.2}


def test_folders_of_tables(capsys):
    def write(file, header="a,b,y", rows=30):
        Path(file).parent.mkdir(exist_ok=True)
        lines = [f"{CHANCE.random():.3f},{'pqr'[row % 3]},{('yes', 'no')[row % 2]}" for row in range(rows)]
        Path(file).write_text("\n".join([header, *lines]) + "\n")

    for name in ("jan", "feb"):
        write(f"months/{name}.csv")
    assert inferred("months")["data"]["csv"] == "months/*.csv"
    for name in ("train", "val", "test"):
        write(f"parts/{name}.csv")
    values = inferred("parts")
    parts = {"train": "parts/train.csv", "validation": "parts/val.csv", "test": "parts/test.csv"}
    assert values["data"]["csv"] == parts
    assert "split" not in values["data"]
    write("parts/test.csv", "a,b,id")  # to be predicted: it has no target
    write("parts/val.csv", "a,b,id")
    assert inferred("parts")["data"]["csv"] == "parts/train.csv"
    write("months/shops.csv", "a,shop,y")
    assert main(["init", "months", "-o", "-"]) == 1
    assert "are no parts of one table" in capsys.readouterr().err


def test_a_run_is_found_by_its_name_beside_a_folder_of_that_name():
    run = Path("runs/pets/1")
    run.mkdir(parents=True)
    (run / "run.json").write_text("{}")
    (run.parent / "latest").symlink_to("1")
    Path("pets").mkdir()
    assert find_run("pets") == run.resolve()
    with pytest.raises(RunFolderError, match="is not a run folder"):
        find_run("pets/../pets")
