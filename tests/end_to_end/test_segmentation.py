"""Masks and photos from `files:`, trained, evaluated and predicted; from memory and from files."""

import numpy as np
import pytest
from PIL import Image

import kspec
from kspec.data.files import decoded_files

SPEC = """\
kspec: 1
data:
  files: {photo: "photos/{id}.png", mask: "masks/{id}.png"}
  targets: mask
inputs:
  photo: {shape: [16, 16, 3]}
layers:
  - Rescaling: {scale: "${1 / 255}"}
  - Conv2D: {filters: 3, kernel_size: 1, activation: softmax}
    name: m
compile: {optimizer: {Adam: {learning_rate: 0.1}}, metrics: [accuracy, {MeanIoU: {num_classes: 3, sparse_y_pred: false}}]}
fit: {epochs: 15, batch_size: 4}
"""
COLOURS = np.array([[10, 10, 10], [220, 30, 30], [30, 220, 30]])


@pytest.mark.slow
def test_segmentation_from_files(tmp_path, monkeypatch):
    random = np.random.default_rng(0)
    for number in range(20):
        height, width = random.integers(16, 40, 2)
        mask = np.zeros((height, width), np.uint8)
        mask[: height // 2, : width // 2], mask[height // 2 :, width // 3 :] = 1, 2
        photo = (COLOURS[mask] + random.integers(0, 30, (height, width, 3))).astype(np.uint8)
        for folder, pixels in (("photos", photo), ("masks", mask), ("new", photo)):
            (tmp_path / folder).mkdir(exist_ok=True)
            if folder != "new" or number < 3:
                Image.fromarray(pixels).save(tmp_path / folder / f"{number}.png")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "spec.yaml").write_text(SPEC)
    run = kspec.run("spec.yaml")
    assert run.metrics["mean_io_u"] > 0.9
    assert kspec.evaluate(run)["accuracy"] == pytest.approx(
        run.metrics["accuracy"]
    )  # of the same files, from its folder
    with np.load(run.folder / "predictions.npz") as written:
        assert written["m"].shape == (4, 16, 16)
        assert (written["m"] == written["m_actual"]).mean() == pytest.approx(run.metrics["accuracy"], abs=1e-6)
        assert written["file"][0].startswith("photos/")
    monkeypatch.setattr(decoded_files, "BUDGET", 1000)
    assert kspec.run("spec.yaml").metrics == run.metrics
    (tmp_path / "photos" / "3.png").write_text("no picture")
    with pytest.raises(kspec.SpecError, match=r"`photos/3\.png` cannot be decoded"):
        kspec.run("spec.yaml")
