"""The source `files`, columns of paths, and targets that are images."""

import io

import numpy as np
import pytest
from PIL import Image

from kspec.data import OutputSpec
from kspec.data.files import decoded_files
from kspec.data.files.resizing import resized_image, resized_mask
from kspec.data.inference_data import load_for_prediction
from kspec.data.targets.encoding import TargetEncoding
from kspec.diagnostics import Report
from tests.data.helpers import input_specs, make_spec, output_settings, read

ALL_TRAIN = "split: {validation: 0, test: 0}"
PAIRS = f"{{files: {{photo: 'photos/{{id}}.jpg', mask: 'masks/{{id}}.png'}}, targets: mask, {ALL_TRAIN}}}"
X = "photo: {shape: [8, 8, 3]}"
BINARY = {"y": OutputSpec("binary_classification", 1, 4, shape=(8, 8, 1))}
THREE = {"y": OutputSpec("multiclass_classification", 3, 4, shape=(8, 8, 3))}


def save(path, pixels, mode=None, palette=None):
    path.parent.mkdir(parents=True, exist_ok=True)
    image = Image.fromarray(np.asarray(pixels, np.uint8), mode)
    if palette is not None:
        image.putpalette(palette)
    image.save(path)


def pixels(*shape, most=256, seed=0):
    return np.random.default_rng(seed).integers(0, most, shape)


@pytest.fixture
def pairs(tmp_path):
    """Six photos of different sizes, and masks of three classes."""
    for number in range(6):
        save(tmp_path / "photos" / f"{number}.jpg", pixels(9 + number, 12, 3))
        save(tmp_path / "masks" / f"{number}.png", pixels(9 + number, 12, most=3, seed=number))
    return tmp_path


def nearest(mask, size):
    rows, columns = (
        np.minimum(((np.arange(t) + 0.5) * n / t).astype(int), n - 1) for n, t in zip(mask.shape, size, strict=True)
    )
    return mask[np.ix_(rows, columns)]


def test_pairs_are_joined_and_masks_are_resized_to_the_nearest_pixel(pairs):
    train = read(pairs, PAIRS, X, output_specs=THREE).data.splits["train"]
    assert train.names == [f"photos/{number}.jpg" for number in range(6)]
    assert train.inputs["photo"].shape == (6, 8, 8, 3)
    wanted = [nearest(np.asarray(Image.open(pairs / "masks" / f"{number}.png")), (8, 8)) for number in range(6)]
    np.testing.assert_array_equal(train.targets["y"], wanted)
    assert train.targets["y"].dtype == np.uint8


def test_what_has_no_partner_is_left_out_with_a_warning(pairs):
    save(pairs / "photos" / "b7.jpg", pixels(9, 9, 3))
    result = read(pairs, PAIRS, X, output_specs=THREE)
    assert result.only.startswith(
        "KS521 1 file of `photo` has no partner, so it is left out |  | `photos/b7.jpg` of `photo` needs `masks/b7.png`"
    )
    assert len(result.data.splits["train"]) == 6
    for path in (pairs / "masks").iterdir():
        path.rename(path.with_name(f"m{path.name}"))
    assert "KS554 no file of `mask` belongs to one of `photo` |  | `photos/0.jpg` of `photo` needs `masks/0.png`" in (
        read(pairs, PAIRS, X, output_specs=THREE).only
    )
    assert "KS501 no file matches `mask/{id}.png` |  | there is no folder `mask`" in (
        read(pairs, PAIRS.replace("masks", "mask"), X, output_specs=THREE).only
    )


def test_fields_are_typed_columns_for_targets_groups_and_filters(tmp_path):
    for age, sex in ((7, "f"), (31, "m"), (31, "f"), (54, "m")):
        for shot in ("a", "b"):
            save(tmp_path / "faces" / sex / f"{age}_{shot}.png", pixels(4, 4, 3))
    data = (
        "{files: {face: 'faces/{sex}/{age}_{shot}.png'}, where: shot = 'a', inputs: face, targets: {y: age, s: sex}, "
    )
    data += "split: {group: age, validation: 0.3, test: 0}}"
    dataset = read(tmp_path, data, "x: {shape: [4, 4, 3]}", outputs=("y", "s")).data
    groups = {name: set(split.targets["y"].tolist()) for name, split in dataset.splits.items()}
    assert groups["train"] | groups["validation"] == {7, 31, 54}
    assert not groups["train"] & groups["validation"]
    assert sum(len(split) for split in dataset.splits.values()) == 4
    assert dataset.labels["s"].names == ["f", "m"]


def test_several_files_of_one_pattern_belong_to_one_of_another(tmp_path):
    for patient in ("p1", "p2"):
        save(tmp_path / "masks" / f"{patient}.png", pixels(4, 4, most=2))
        for slice_ in range(3):
            save(tmp_path / "scans" / patient / f"{slice_}.png", pixels(4, 4, 3))
    data = f"{{files: {{x: 'scans/{{who}}/{{n}}.png', mask: 'masks/{{who}}.png'}}, targets: mask, {ALL_TRAIN}}}"
    specs = {"y": OutputSpec("binary_classification", 1, 4, shape=(4, 4, 1))}
    train = read(tmp_path, data, "x: {shape: [4, 4, 3]}", output_specs=specs).data.splits["train"]
    assert train.targets["y"].shape == (6, 4, 4, 1)
    np.testing.assert_array_equal(train.targets["y"][0], train.targets["y"][2])


@pytest.mark.parametrize("kind", ["white", "palette", "one bit", "same colours"])
def test_forms_of_masks(pairs, kind):
    mask = pixels(8, 8, most=2)
    for path in (pairs / "masks").iterdir():
        if kind == "white":
            save(path, mask * 255)
        elif kind == "palette":
            save(path, mask, "P", [9, 8, 7, 255, 0, 0])
        elif kind == "one bit":
            Image.fromarray(mask.astype(bool)).save(path)
        else:
            save(path, np.repeat(mask[..., np.newaxis], 3, axis=2))
    train = read(pairs, PAIRS, X, output_specs=BINARY).data.splits["train"]
    np.testing.assert_array_equal(train.targets["y"], np.repeat(mask[np.newaxis, ..., np.newaxis], 6, axis=0))


def test_masks_that_are_none_are_named(pairs):
    save(pairs / "masks" / "3.png", np.full((8, 8), 7))
    result = read(pairs, PAIRS, X, output_specs=THREE)
    assert "KS557 `masks/3.png` has class 7, and the 3 classes of `y` are numbered from 0 to 2" in result.only
    assert result.pointed == "mask"
    ignoring = {"y": THREE["y"]._replace(ignored=7)}
    assert read(pairs, PAIRS, X, output_specs=ignoring).data.splits["train"].targets["y"][3].max() == 7
    save(pairs / "masks" / "3.png", pixels(8, 8, 3))
    assert "`masks/3.png` has colours" in read(pairs, PAIRS, X, output_specs=THREE).only
    (pairs / "masks" / "3.png").write_text("no picture")
    assert "KS516 `masks/3.png` cannot be decoded as an image" in read(pairs, PAIRS, X, output_specs=THREE).only
    flat = {"y": OutputSpec("multiclass_classification", 3, 2, shape=(3,))}
    assert (
        "KS505 the target `mask` is a mask, and `y` has the shape (3,)" in read(pairs, PAIRS, X, output_specs=flat).only
    )


def test_an_image_is_the_target_of_a_regression_and_may_be_its_input(pairs):
    data = f"{{files: {{photo: 'photos/{{id}}.jpg'}}, inputs: photo, targets: photo, {ALL_TRAIN}}}"
    specs = {"y": OutputSpec("regression", 3, 4, shape=(8, 8, 3))}
    result = read(pairs, data, X, output_specs=specs)
    train = result.data.splits["train"]
    assert not result.problems
    np.testing.assert_array_equal(train.targets["y"], train.inputs["photo"])
    grey = {"y": OutputSpec("regression", 4, 3, shape=(4, 4))}
    assert read(pairs, data, X, output_specs=grey).data.splits["train"].targets["y"].shape == (6, 4, 4)


def test_columns_of_paths_in_a_table(pairs):
    (pairs / "t").mkdir()
    lines = [f"../photos/{number}.jpg,{number % 2}" for number in range(6)]
    (pairs / "t" / "t.csv").write_text("\n".join(["picture,y", *lines]) + "\n")
    data = f"{{csv: t/t.csv, read: {{picture: image}}, targets: y, {ALL_TRAIN}}}"
    train = read(pairs, data, X).data.splits["train"]
    whole = read(pairs, PAIRS, X, output_specs=THREE).data.splits["train"]
    np.testing.assert_array_equal(train.inputs["photo"], whole.inputs["photo"])
    for at, path, problem in [
        (2, "../photos/x.jpg", "KS501 `picture` names a file that does not exist: `../photos/x.jpg` in row 3"),
        (1, "../../outside.jpg", "lies outside the spec's folder"),
        (4, "t.csv", "KS516 `t/t.csv` cannot be decoded as an image"),
        (0, "../photos", "is a folder"),
    ]:
        (pairs.parent / "outside.jpg").write_bytes(b"")
        changed = [f"{path},1" if number == at else line for number, line in enumerate(lines)]
        (pairs / "t" / "t.csv").write_text("\n".join(["picture,y", *changed]) + "\n")
        assert problem in read(pairs, data, X).problems[0]
    unknown = read(pairs, data.replace("picture: image", "pictures: image"), X)
    assert "KS502 unknown column `pictures` | did you mean `picture`?" in unknown.problems[0]
    assert "`y` holds no paths of files" in read(pairs, data.replace("picture: image", "y: image"), X).problems[0]


def test_texts_in_files_are_read(tmp_path):
    for number, text in enumerate(("ein Text", "\ufeffnoch einer", "größer")):
        (tmp_path / f"{number}.txt").write_bytes(text.encode())
    (tmp_path / "n.csv").write_text("note,y\n0.txt,1\n1.txt,2\n2.txt,3\n")
    data = f"{{csv: n.csv, read: {{note: text}}, targets: y, {ALL_TRAIN}}}"
    x = "note: {shape: [1], dtype: string}"
    assert read(tmp_path, data, x).data.splits["train"].inputs["note"].ravel().tolist() == [
        "ein Text", "noch einer", "größer",
    ]  # fmt: skip
    (tmp_path / "1.txt").write_bytes(b"\xff\xfe\x00a")
    assert "KS555 `note` names a file that is no text in UTF-8: `1.txt` in row 2" in read(tmp_path, data, x).only


@pytest.mark.parametrize("resizing", ["stretch", "crop", "pad"])
@pytest.mark.parametrize("size", [(8, 8), (5, 9), (20, 6)])
def test_resizing_equals_keras(tmp_path, resizing, size):
    import keras

    for number, shape in enumerate(((9, 14, 3), (14, 9, 3), (30, 7, 3))):
        save(tmp_path / "p" / "a" / f"{number}.png", pixels(*shape, seed=number))
    options = {f"{resizing}_to_aspect_ratio": True} if resizing != "stretch" else {}
    theirs = keras.utils.image_dataset_from_directory(
        tmp_path / "p", image_size=size, shuffle=False, batch_size=None, verbose=False, labels=None, **options
    )
    shape = [*size, 3]
    data = f"{{images: p, resize: {{image: {resizing}}}, {ALL_TRAIN}}}"
    ours = read(tmp_path, data, f"x: {{shape: {shape}}}").data.splits["train"].inputs["x"]
    np.testing.assert_array_equal(ours, np.stack(list(theirs)))


def test_masks_are_framed_as_their_photos():
    for shape in ((9, 14), (14, 9), (30, 7)):
        mask = np.zeros(shape, np.uint8)
        mask[: shape[0] // 2, : shape[1] // 2] = 1
        for resizing in ("stretch", "crop", "pad"):
            photo = resized_image(mask[..., np.newaxis] * 255.0, (64, 64), resizing).numpy()[..., 0]
            assert (resized_mask(mask, (64, 64), resizing) == (photo > 127)).mean() > 0.97


@pytest.mark.parametrize("kind", ["webp", "tiff"])
def test_formats_that_tensorflow_does_not_decode(tmp_path, kind):
    save(tmp_path / "p" / "a" / "1.png", pixels(6, 6, 3))
    made = io.BytesIO()
    Image.open(tmp_path / "p" / "a" / "1.png").save(made, kind, lossless=True)
    (tmp_path / "p" / "a" / f"2.{kind}").write_bytes(made.getvalue())
    both = read(tmp_path, f"{{images: p, {ALL_TRAIN}}}", "x: {shape: [6, 6, 3]}").data.splits["train"].inputs["x"]
    np.testing.assert_array_equal(both[0], both[1])


def test_a_text_among_many_pictures_is_found_before_training(pairs, monkeypatch):
    monkeypatch.setattr(decoded_files, "BUDGET", 100)
    (pairs / "photos" / "4.jpg").write_text("no picture")
    assert "KS516 `photos/4.jpg` cannot be decoded" in read(pairs, PAIRS, X, output_specs=THREE).only


def test_other_data_is_a_folder_a_pattern_or_a_file(pairs):
    spec = make_spec(pairs, PAIRS, X)
    encoding = TargetEncoding.of(
        output_settings("multiclass_classification", 3, "sparse_categorical_crossentropy"), (8, 8, 3), None
    )
    fitted = read(pairs, PAIRS, X, output_specs=THREE).data.fitted
    (pairs / "masks" / "2.png").unlink()
    for source, count, known in [
        (".", 6, 5),
        ("photos", 6, None),
        ("photos/{id}.jpg", 6, None),
        ("photos/3.jpg", 1, None),
    ]:
        split = load_for_prediction(
            str(pairs / source), spec, input_specs(spec), ["y"], {"y": encoding}, fitted, Report()
        )
        assert split is not None
        assert len(split) == count
        assert (int((~split.absent["y"]).sum()) if "y" in split.absent else None) == known
