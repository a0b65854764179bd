"""KS562: scales of targets that have none."""

import pytest

from tests.lint.rules.helpers import check, codes

ROWS = "a,b,t\n" + "\n".join(f"{i},{i % 5},{i * 3 % 7 + 1}" for i in range(40))


def spec(scale="standard", units=1, activation="linear", loss="mse", layer=""):
    return (
        f"kspec: 1\ndata: {{csv: t.csv, targets: {{y: {{column: t, scale: {scale}}}}}}}\n"
        f"inputs: {{x: {{shape: [2]}}}}\nlayers:\n- Dense: {{units: {units}, activation: {activation}}}\n"
        f"  name: {'h' if layer else 'y'}\n{layer}compile: {{loss: {loss}}}\n"
    )


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({}, []),
        ({"loss": "poisson"}, ["KS562"]),
        ({"units": 8, "activation": "softmax", "loss": "sparse_categorical_crossentropy"}, ["KS562"]),
        ({"layer": "- Normalization: {invert: true}\n  name: y\n"}, ["KS562"]),
        ({"activation": "sigmoid"}, ["KS406"]),
        ({"activation": "sigmoid", "scale": "minmax"}, []),
        ({"activation": "relu", "scale": "log"}, ["KS406"]),
    ],
)
def test_scales(more, expected, tmp_path):
    text = spec(**more) + ("task: regression\n" if more.get("activation") in ("sigmoid", "relu") else "")
    assert [code for code in codes(check(text, tmp_path, t=ROWS)) if code in ("KS562", "KS406")] == expected
