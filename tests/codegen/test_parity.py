"""The exported file trains bit-identical weights to `kspec run --engine keras` and writes the same predictions."""

from __future__ import annotations

import json
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
    "cnn": ["inputs.image.shape=[28, 28, 1]"],
    "zoo/unet": [
        "data.synthetic.examples=6",
        "fit.batch_size=2",
        "fit.epochs=1",
        "inputs.image.shape=[32, 32, 1]",
    ],
    "zoo/siamese": [
        "data.synthetic.examples=6",
        "fit.batch_size=2",
        "fit.epochs=1",
        *(f"{place}.shape=[65, 65, 1]" for place in ("inputs.left", "inputs.right", "models.twin.inputs.letter")),
    ],
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
    """Overrides for few steps; the specs of these tests are small already and stay as they are."""
    if spec.document.data is None or name.startswith(("golden/", "sources/")):
        return []
    return [*SHORT, *SMALLER.get(name, [])]


@pytest.fixture(scope="module")
def paths(tmp_path_factory):
    """All specs by name, including those with generated data."""
    generated = sources.make(tmp_path_factory.mktemp("sources"))
    return ALL | {f"sources/{name}": path for name, path in generated.items()}


@pytest.fixture(scope="module")
def exported(request, tmp_path_factory, paths):
    """Exports the selected specs and runs them in one process without kspec; a function that waits for a spec and returns
    its folder.
    """
    place = tmp_path_factory.mktemp("exported")
    items = [item for item in request.session.items if item.path == request.path]
    selected = [item.callspec.params["name"] for item in items]
    for name in selected:
        path, folder = paths[name], place / name.replace("/", "_")
        folder.mkdir()
        export(str(path), "python", folder / "exported.py", overrides=tuple(overrides(name, kspec.load(path))))
    folders = [name.replace("/", "_") for name in selected]
    with (place / "log.txt").open("w") as log:
        process = subprocess.Popen([sys.executable, DRIVER, *folders], cwd=place, stdout=log, stderr=log)

    def wait_for(name):
        folder = place / name.replace("/", "_")
        while not (folder / "done").exists():
            failed = process.poll() is not None and not (folder / "done").exists()
            assert not failed, (place / "log.txt").read_text()[-2000:]
            time.sleep(0.05)
        return folder

    yield wait_for
    process.kill()
    process.wait()


@pytest.mark.slow
@pytest.mark.xdist_group("parity")  # one process runs the exported files
@pytest.mark.parametrize("name", ALL)
def test_weights_and_predictions_are_equal(name, paths, exported, tmp_path):
    spec = kspec.load(paths[name])
    if spec.document.data is None:
        ours = kspec.build(spec).get_weights()
        folder = exported(name)
    else:
        options = [*overrides(name, spec), "fit.engine=keras"]
        run = kspec.run(paths[name], out=tmp_path, overrides=options)
        ours = (run.members[-1] if run.members else run).model.get_weights()  # those that the file saves last
        folder = exported(name)
        printed = (folder / "printed.txt").read_text()
        for metric, value in list(run.metrics.items())[2:]:
            spread = f" ± {run.deviation[metric]:.4f}" if run.members else ""
            assert f"{run.metrics['split']} {metric}: {value:.4f}{spread}\n" in printed
        for member in run.members:
            for metric, value in list(member.metrics.items())[2:]:
                assert f"validation {metric}: {value:.4f}\n" in printed
        for column, slices in json.loads((run.folder / "metrics.json").read_text()).get("slices", {}).items():
            for own in slices:
                begin = f"{column} = {own['value']} ({own['examples']} examples): "
                scores = printed.partition(begin)[2].partition("\n")[0].split(", ")
                assert sorted(scores) == sorted(f"{name}: {value:.4f}" for name, value in list(own.items())[2:])
        predictions = next(run.folder.glob("predictions.*"))
        if predictions.suffix == ".csv":
            assert (folder / predictions.name).read_text() == predictions.read_text()
        else:
            with np.load(folder / predictions.name) as a, np.load(predictions) as b:
                assert a.files == b.files
                for key in a.files:  # as text, since a label that the loss ignores is NaN
                    assert repr(a[key].tolist()) == repr(b[key].tolist())
    with np.load(folder / "weights.npz") as arrays:
        theirs = [arrays[key] for key in arrays.files]
    assert sum(weight.size for weight in ours) == sum(weight.size for weight in theirs)
    assert len(ours) == len(theirs)
    for mine, other in zip(ours, theirs, strict=True):
        np.testing.assert_array_equal(mine, other)
