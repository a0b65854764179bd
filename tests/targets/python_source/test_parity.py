"""The exported file trains the same weights as `kspec run --engine keras`, to the bit, and writes the same answers."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import kspec
from kspec.lifecycle.exporting import export
from tests.conftest import SPECS

GOLDEN = Path(__file__).parent / "golden"
DRIVER = Path(__file__).parent / "driver.py"

SHORT = ["fit.epochs=2", "fit.steps_per_epoch=3"]
SMALLER = {
    "zoo/unet": ["data.synthetic.examples=6", "fit.batch_size=2", "fit.epochs=1"],
    "zoo/siamese": ["data.synthetic.examples=6", "fit.batch_size=2", "fit.epochs=1"],
    "zoo/autoencoder": ["data.synthetic.examples=20", "fit.batch_size=8"],
    "zoo/inception": ["data.synthetic.examples=20", "fit.batch_size=8"],
    "zoo/transformer": ["data.synthetic.examples=20", "fit.batch_size=8"],
    "tutorial/multiple_outputs": ["data.synthetic.examples=40", "fit.batch_size=8"],
}
ALL = {str(path.relative_to(SPECS).with_suffix("")): path for path in sorted(SPECS.rglob("*.yaml"))}
ALL |= {f"golden/{path.parent.name}": path for path in sorted(GOLDEN.glob("*/spec.yaml"))}


def overrides(name: str, spec: kspec.Spec) -> list[str]:
    """Few steps; a spec of our own has few anyway, and all that it says is looked at."""
    if spec.document.data is None or name.startswith("golden/"):
        return []
    return [*SHORT, *SMALLER.get(name, [])]


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    """All of them exported, and run in a process of their own, without kspec."""
    place = tmp_path_factory.mktemp("exported")
    for name, path in ALL.items():
        folder = place / name.replace("/", "_")
        folder.mkdir()
        export(str(path), "python", folder / "exported.py", overrides=tuple(overrides(name, kspec.load(path))))
    shutil.copy(DRIVER, place)
    done = subprocess.run([sys.executable, "driver.py", "."], cwd=place, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    return place


@pytest.mark.slow
@pytest.mark.parametrize("name", ALL)
def test_same_weights_and_answers(name, exported, tmp_path):
    folder = exported / name.replace("/", "_")
    with np.load(folder / "weights.npz") as arrays:
        theirs = [arrays[key] for key in arrays.files]
    spec = kspec.load(ALL[name])
    if spec.document.data is None:
        ours = kspec.build(spec).get_weights()
    else:
        said = [*overrides(name, spec), "fit.engine=keras"]
        run = kspec.run(ALL[name], out=tmp_path, overrides=said)
        ours = run.model.get_weights()
        answers = next(run.folder.glob("predictions.*"))
        if answers.suffix == ".csv":
            assert (folder / answers.name).read_text() == answers.read_text()
        else:
            with np.load(folder / answers.name) as a, np.load(answers) as b:
                assert {key: a[key].tolist() for key in a.files} == {key: b[key].tolist() for key in b.files}
    assert sum(weight.size for weight in ours) == sum(weight.size for weight in theirs)
    assert len(ours) == len(theirs)
    for mine, other in zip(ours, theirs, strict=True):
        np.testing.assert_array_equal(mine, other)
