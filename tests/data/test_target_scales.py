"""Scales of targets: learned on the training split in float64, and inverted without loss."""

from __future__ import annotations

import numpy as np
import pytest

from kspec.analysis.target_scaling import TargetScaling, scalings_from_json
from kspec.data.targets.units import in_units, scaled
from tests.data.helpers import read

HEAD = "{csv: t.csv, targets: {y: {columns: [y, z], scale: SCALE}}, inputs: [a, b]}"


def write(folder, y, z=None):
    z = y if z is None else z
    rows = [f"{i % 7},{i % 5},{one!r},{other!r}" for i, (one, other) in enumerate(zip(y, z, strict=True))]
    (folder / "t.csv").write_text("a,b,y,z\n" + "\n".join(rows) + "\n", "utf-8")


def values(count=60):
    return (1e8 + np.random.default_rng(1).normal(size=count)).tolist(), np.arange(1.0, count + 1).tolist()


@pytest.mark.parametrize("scale", ["standard", "minmax", "log"])
def test_learned_on_training(scale, tmp_path):
    y, z = values()
    write(tmp_path, y, z)
    data = read(tmp_path, HEAD.replace("SCALE", scale)).data
    raw = np.column_stack([y, z])[data.splits["train"].rows - 1]
    own = scalings_from_json(data.fitted)["y"]
    center, spread = {
        "standard": (raw.mean(axis=0), raw.std(axis=0)),
        "minmax": (raw.min(axis=0), np.ptp(raw, axis=0)),
        "log": ((), ()),
    }[scale]
    np.testing.assert_allclose(own.centers, center, rtol=1e-15)
    np.testing.assert_allclose(own.spreads, spread, rtol=1e-12)
    expected = np.log(raw) if scale == "log" else (raw - center) / spread
    np.testing.assert_allclose(scaled(raw, own), expected, rtol=1e-7, atol=1e-7)
    np.testing.assert_allclose(in_units(scaled(raw, own), own), raw, rtol=1e-14)


def test_values_outside_training_count_for_nothing(tmp_path):
    y, z = values()
    write(tmp_path, y, z)
    data = read(tmp_path, HEAD.replace("SCALE", "standard")).data
    for row in (*data.splits["validation"].rows, *data.splits["test"].rows):
        y[row - 1] = z[row - 1] = -1e12
    write(tmp_path, y, z)
    assert read(tmp_path, HEAD.replace("SCALE", "standard")).data.fitted["scales"] == data.fitted["scales"]


@pytest.mark.parametrize(("shape", "flat"), [((5, 3, 2), (5, 6)), ((5, 2), (5, 2))])
def test_each_column_has_its_own(shape, flat):
    scaling = TargetScaling("standard", (10.0, -1.0), (2.0, 4.0))
    raw = np.random.default_rng(0).normal(size=shape)
    expected = (raw - [10.0, -1.0]) / [2.0, 4.0]
    np.testing.assert_allclose(scaled(raw, scaling), expected)
    np.testing.assert_allclose(scaled(raw.reshape(flat), scaling), expected.reshape(flat))
    np.testing.assert_allclose(in_units(expected.reshape(flat), scaling), raw.reshape(flat))


def test_constant(tmp_path):
    write(tmp_path, [3.5] * 30)
    problem = read(tmp_path, HEAD.replace("SCALE", "minmax")).only
    assert "KS562 `y` is 3.5 in every row of training, so `scale: minmax` has nothing to divide by" in problem


def test_no_logarithm(tmp_path):
    write(tmp_path, [1.0, 0.0, *[2.0] * 20, -4.0])
    read_ = read(tmp_path, HEAD.replace("SCALE", "log"))
    assert "KS562 `y` has no logarithm where it is not positive: it is 0 in rows 2, 23" in read_.only
    assert read_.pointed == "log"


def test_dtype_has_the_digits():
    assert TargetScaling("standard", (200.0,), (50.0,)).dtype == "float32"
    assert TargetScaling("standard", (1e8,), (1.0,)).dtype == "float64"
