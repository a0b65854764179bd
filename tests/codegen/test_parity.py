"""The exported file trains the same weights as `kspec run --engine keras`, to the bit, and writes the same answers."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

import kspec
from kspec.export.export import export
from tests.codegen import sources
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
    "zoo/transfer_learning": [
        "data.synthetic.examples=20",
        "fit.batch_size=8",
        "fit.steps_per_epoch=1",
        "inputs.picture.shape=[32, 32, 3]",
        "models.base.application.MobileNetV2.input_shape=[32, 32, 3]",
    ],
    "tutorial/multiple_outputs": ["data.synthetic.examples=40", "fit.batch_size=8"],
}
ALL = {str(path.relative_to(SPECS).with_suffix("")): path for path in sorted(SPECS.rglob("*.yaml"))}
ALL |= {f"golden/{path.parent.name}": path for path in sorted(GOLDEN.glob("*/spec.yaml"))}
ALL |= {f"sources/{name}": Path(f"{name}.yaml") for name in sources.SPECS}


def overrides(name: str, spec: kspec.Spec) -> list[str]:
    """Few steps; a spec of our own has few anyway, and all that it says is looked at."""
    if spec.document.data is None or name.startswith(("golden/", "sources/")):
        return []
    return [*SHORT, *SMALLER.get(name, [])]


@pytest.fixture(scope="module")
def paths(tmp_path_factory):
    """All specs by name, those over made data too."""
    made = sources.make(tmp_path_factory.mktemp("sources"))
    return ALL | {f"sources/{name}": path for name, path in made.items()}


@pytest.fixture(scope="module")
def exported(tmp_path_factory, paths):
    """All of them exported, and running in a process of their own, without kspec: waits for one, and gives its folder."""
    place = tmp_path_factory.mktemp("exported")
    for name, path in paths.items():
        folder = place / name.replace("/", "_")
        folder.mkdir()
        export(str(path), "python", folder / "exported.py", overrides=tuple(overrides(name, kspec.load(path))))
    folders = [name.replace("/", "_") for name in ALL]
    with (place / "told.txt").open("w") as told:
        process = subprocess.Popen([sys.executable, DRIVER, *folders], cwd=place, stdout=told, stderr=told)

    def finished(name):
        folder = place / name.replace("/", "_")
        while not (folder / "done").exists():
            ended = process.poll() is not None and not (folder / "done").exists()
            assert not ended, (place / "told.txt").read_text()[-2000:]
            time.sleep(0.05)
        return folder

    yield finished
    process.kill()
    process.wait()


@pytest.mark.slow
@pytest.mark.xdist_group("parity")  # one process runs the exported files
@pytest.mark.parametrize("name", ALL)
def test_same_weights_and_answers(name, paths, exported, tmp_path):
    spec = kspec.load(paths[name])
    if spec.document.data is None:
        ours = kspec.build(spec).get_weights()
        folder = exported(name)
    else:
        said = [*overrides(name, spec), "fit.engine=keras"]
        run = kspec.run(paths[name], out=tmp_path, overrides=said)
        ours = run.model.get_weights()
        folder = exported(name)
        told = (folder / "printed.txt").read_text()
        for metric, value in list(run.metrics.items())[2:]:
            assert f"{run.metrics['split']} {metric}: {value:.4f}\n" in told
        answers = next(run.folder.glob("predictions.*"))
        if answers.suffix == ".csv":
            assert (folder / answers.name).read_text() == answers.read_text()
        else:
            with np.load(folder / answers.name) as a, np.load(answers) as b:
                assert {key: a[key].tolist() for key in a.files} == {key: b[key].tolist() for key in b.files}
    with np.load(folder / "weights.npz") as arrays:
        theirs = [arrays[key] for key in arrays.files]
    assert sum(weight.size for weight in ours) == sum(weight.size for weight in theirs)
    assert len(ours) == len(theirs)
    for mine, other in zip(ours, theirs, strict=True):
        np.testing.assert_array_equal(mine, other)
