"""What the exported file looks like: to the letter for some specs, sound and formatted for all."""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

import kspec
from kspec.diagnostics import SpecError
from kspec.export.export import export
from tests.codegen import sources
from tests.conftest import ROOT, SPECS

GOLDEN = Path(__file__).parent / "golden"
REGENERATE = bool(os.environ.get("KSPEC_REGENERATE"))


def exported(spec: Path, to: Path) -> str:
    export(str(spec), "python", to)
    return to.read_text(encoding="utf-8")


@pytest.mark.parametrize("case", sorted(path.name for path in GOLDEN.iterdir()))
def test_to_the_letter(case, tmp_path):
    """The text for `spec.yaml` is that of `expected.py`; with KSPEC_REGENERATE=1 that is written anew."""
    folder = tmp_path / case
    shutil.copytree(GOLDEN / case, folder)
    text = exported(folder / "spec.yaml", folder / "exported.py")
    expected = GOLDEN / case / "expected.py"
    if REGENERATE:
        expected.write_text(text, encoding="utf-8")
    assert text == expected.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def shipped(tmp_path_factory):
    """Every spec that ships, and one for each source of data, exported."""
    place = tmp_path_factory.mktemp("python")
    for spec in sorted(SPECS.rglob("*.yaml")):
        exported(spec, place / f"{spec.relative_to(SPECS).with_suffix('').as_posix().replace('/', '_')}.py")
    folder = tmp_path_factory.mktemp("sources")
    for name, spec in sources.make(folder).items():
        exported(spec, place / f"source_{name}.py")
    return place


def test_it_is_python_and_needs_no_kspec(shipped):
    for file in shipped.iterdir():
        tree = ast.parse(file.read_text(encoding="utf-8"))
        modules = {alias.name.partition(".")[0] for node in ast.walk(tree) if isinstance(node, ast.Import)
                   for alias in node.names}  # fmt: skip
        assert modules <= {"keras", "numpy", "tensorflow", "pyarrow", *sys.stdlib_module_names}, file.name


@pytest.mark.parametrize("name", ["inception", "mobilenet_v2", "resnet50", "transformer", "unet", "wavenet"])
def test_blocks_are_functions(name, shipped):
    tree = ast.parse((shipped / f"zoo_{name}.py").read_text(encoding="utf-8"))
    functions = {node.name.removesuffix("_block") for node in tree.body if isinstance(node, ast.FunctionDef)}
    assert set(kspec.load(SPECS / "zoo" / f"{name}.yaml").values["blocks"]) <= functions


@pytest.mark.skipif(find_spec("ruff") is None, reason="ruff is a tool of developers")
def test_it_is_formatted_and_has_nothing_left_over(shipped):
    ruff = [sys.executable, "-m", "ruff"]
    for command in (["format", "--isolated", "--diff"], ["check", "--config", str(ROOT / "pyproject.toml")]):
        done = subprocess.run([*ruff, *command, shipped, GOLDEN], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout


def test_an_array_of_a_call_is_numpy_s(tmp_path):
    spec = tmp_path / "spec.yaml"
    spec.write_text(
        "kspec: 1\ninputs: {x: {shape: [8, 8, 3]}}\nlayers:\n  - op: image.resize\n    call: {size: [4, 4]}\n"
        "  - op: multiply\n    call: {x2: [1, 2, 3]}\n"
    )
    text = exported(spec, tmp_path / "exported.py")
    assert "import numpy as np\n" in text
    assert "    x = ops.image.resize(inputs, size=(4, 4))\n" in text
    assert '    x = ops.multiply(x, x2=np.array((1, 2, 3), dtype="int32"))\n' in text


def test_applications_are_named(tmp_path):
    spec = tmp_path / "spec.yaml"
    spec.write_text(
        "kspec: 1\ninputs: {x: {shape: [32, 32, 3]}}\nmodels:\n  base:\n    application: {MobileNetV2: "
        "{include_top: false, weights: base.weights.h5, input_shape: [32, 32, 3]}}\n    trainable: false\n"
        "layers:\n  - model: base\n  - GlobalAveragePooling2D\n  - Dense: {units: 2, activation: softmax}\n"
    )
    (tmp_path / "base.weights.h5").touch()
    text = exported(spec, tmp_path / "exported.py")
    assert (
        "    base = keras.applications.MobileNetV2(\n"
        '        include_top=False, weights=None, input_shape=(32, 32, 3), name="base"\n'
        "    )\n"
        '    base.load_weights(str(HERE / "base.weights.h5"))\n'
        "    base.trainable = False\n"
    ) in text


def test_what_it_cannot_do_is_told(tmp_path):
    (tmp_path / "table.csv").write_text("a,b\n" + '"NA",2\n,5\nx,3\n' * 10)
    spec = tmp_path / "spec.yaml"
    spec.write_text(
        "kspec: 1\ndata: {csv: table.csv, inputs: a, targets: b, missing: {a: most_frequent}}\n"
        "inputs: {x: {shape: [1], dtype: string}}\n"
        "layers:\n  - StringLookup: {output_mode: one_hot}\n  - Dense: {units: 1}\n    name: y\n"
    )
    with pytest.raises(SpecError) as refused:
        exported(spec, tmp_path / "exported.py")
    (problem,) = refused.value.diagnostics
    assert problem.code == "KS620"
    assert '"NA" in `a`' in problem.message
    assert (problem.span.line, problem.span.column) == (2, 56)
    assert not (tmp_path / "exported.py").exists()
