"""The text of exported files: exact for some specs, valid and formatted for all."""

from __future__ import annotations

import ast
import json
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
def test_the_text_is_as_expected(case, tmp_path):
    """`spec.yaml` is exported as `expected.py`; KSPEC_REGENERATE=1 regenerates that file."""
    folder = tmp_path / case
    shutil.copytree(GOLDEN / case, folder)
    text = exported(folder / "spec.yaml", folder / "exported.py")
    expected = GOLDEN / case / "expected.py"
    if REGENERATE:
        expected.write_text(text, encoding="utf-8")
    assert text == expected.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def exports(tmp_path_factory):
    """A folder with all specs of the repository, and one for each source of data, exported."""
    place = tmp_path_factory.mktemp("python")
    for spec in sorted(SPECS.rglob("*.yaml")):
        exported(spec, place / f"{spec.relative_to(SPECS).with_suffix('').as_posix().replace('/', '_')}.py")
    folder = tmp_path_factory.mktemp("sources")
    for name, spec in sources.make(folder).items():
        exported(spec, place / f"source_{name}.py")
    return place


def test_exported_files_are_python_without_kspec(exports):
    for file in exports.iterdir():
        tree = ast.parse(file.read_text(encoding="utf-8"))
        modules = {
            alias.name.partition(".")[0]
            for node in ast.walk(tree)
            if isinstance(node, ast.Import)
            for alias in node.names
        }
        assert modules <= {"keras", "numpy", "tensorflow", "pyarrow", "duckdb", *sys.stdlib_module_names}, file.name


@pytest.mark.parametrize("name", ["inception", "mobilenet_v2", "resnet50", "transformer", "unet", "wavenet"])
def test_blocks_become_functions(name, exports):
    tree = ast.parse((exports / f"zoo_{name}.py").read_text(encoding="utf-8"))
    functions = {node.name.removesuffix("_block") for node in tree.body if isinstance(node, ast.FunctionDef)}
    assert set(kspec.load(SPECS / "zoo" / f"{name}.yaml").values["blocks"]) <= functions


@pytest.mark.skipif(find_spec("ruff") is None, reason="ruff is a development tool")
def test_exported_files_pass_a_formatter_and_a_linter(exports):
    ruff = [sys.executable, "-m", "ruff"]
    for command in (["format", "--isolated", "--diff"], ["check", "--config", str(ROOT / "pyproject.toml")]):
        result = subprocess.run([*ruff, *command, exports, GOLDEN], capture_output=True, text=True, check=False)
        assert result.returncode == 0, result.stdout


@pytest.mark.parametrize("words", [[f"a, {i} (b" for i in range(9)], [f"w{i}, " for i in range(40)]])
def test_a_long_list_has_several_words_to_a_line(words, tmp_path):
    spec = tmp_path / "spec.yaml"
    means = [i / 7 for i in range(30)]
    layers = f"""
  - StringLookup: {{vocabulary: {json.dumps(words)}, output_mode: multi_hot}}
  - Dense: {{units: 30}}
  - Normalization: {{mean: {means}, variance: {[1] * 30}}}
"""
    spec.write_text(f"kspec: 1\ninputs: {{x: {{shape: [1], dtype: string}}}}\nlayers:{layers}")
    text = exported(spec, tmp_path / "exported.py")
    lists = [ast.literal_eval(node) for node in ast.walk(ast.parse(text)) if isinstance(node, ast.List | ast.Tuple)]
    assert words in lists
    assert tuple(means) in lists
    assert max(map(len, text.splitlines())) <= 88
    assert len(text.splitlines()) < 70
    ruff = [sys.executable, "-m", "ruff", "format", "--isolated", "--diff", tmp_path / "exported.py"]
    assert find_spec("ruff") is None or subprocess.run(ruff, capture_output=True, check=False).returncode == 0


def test_an_array_in_a_call_is_a_numpy_array(tmp_path):
    spec = tmp_path / "spec.yaml"
    spec.write_text(
        "kspec: 1\ninputs: {x: {shape: [8, 8, 3]}}\nlayers:\n  - op: image.resize\n    call: {size: [4, 4]}\n"
        "  - op: multiply\n    call: {x2: [1, 2, 3]}\n"
    )
    text = exported(spec, tmp_path / "exported.py")
    assert "import numpy as np\n" in text
    assert "    x = ops.image.resize(inputs, size=(4, 4))\n" in text
    assert '    x = ops.multiply(x, x2=np.array((1, 2, 3), dtype="int32"))\n' in text


def test_applications_get_the_name_of_the_model(tmp_path):
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


def test_unsupported_features_are_reported(tmp_path):
    (tmp_path / "table.csv").write_text("a,b\n" + '"NA",2\n,5\nx,3\n' * 10)
    spec = tmp_path / "spec.yaml"
    spec.write_text(
        "kspec: 1\ndata: {csv: table.csv, inputs: a, targets: b, missing: {a: most_frequent}}\n"
        "inputs: {x: {shape: [1], dtype: string}}\n"
        "layers:\n  - StringLookup: {output_mode: one_hot}\n  - Dense: {units: 1}\n    name: y\n"
    )
    with pytest.raises(SpecError) as raised:
        exported(spec, tmp_path / "exported.py")
    (diagnostic,) = raised.value.diagnostics
    assert diagnostic.code == "KS620"
    assert '"NA" in `a`' in diagnostic.message
    assert (diagnostic.span.line, diagnostic.span.column) == (2, 56)
    assert not (tmp_path / "exported.py").exists()


def test_rules_for_gaps_without_code_are_reported(tmp_path):
    rows = "".join(f"{n if n % 5 else ''},{n % 3},{n if n % 4 else ''},{n}\n" for n in range(40))
    (tmp_path / "t.csv").write_text("a,b,y,z\n" + rows)
    spec = tmp_path / "spec.yaml"
    spec.write_text(
        "kspec: 1\ndata:\n  csv: t.csv\n  inputs: [a, b]\n  targets: {y: y, z: z}\n  missing:\n"
        "    a: 0\n    b: 0\n    y: ignore\n"
        "inputs: {x: {shape: [2]}}\nlayers:\n  - Dense: {units: 1}\n    name: y\n"
        "  - Dense: {units: 1}\n    name: z\n    from: x\noutputs: [y, z]\n"
    )
    with pytest.raises(SpecError) as raised:
        exported(spec, tmp_path / "exported.py")
    found = {(d.code, d.span.line) for d in raised.value.diagnostics if d.is_error}
    assert found == {("KS620", 9)}


def test_files_of_columns_are_reported(tmp_path):
    from PIL import Image

    for number in range(10):
        (tmp_path / "p" / "ab"[number % 2]).mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (4, 4), (number, 0, 0)).save(tmp_path / "p" / "ab"[number % 2] / f"{number}.webp")
    for data, what in (
        ("files: {image: 'p/{class}/*.webp'}", "`files` data"),
        ("images: p", "WebP and TIFF images"),
        ("images: p, resize: {image: crop}", "the files of a column"),
    ):
        spec = tmp_path / "spec.yaml"
        spec.write_text(
            f"kspec: 1\ndata: {{{data}}}\ninputs: {{x: {{shape: [4, 4, 3]}}}}\n"
            "layers:\n  - Flatten\n  - Dense: {units: 1, activation: sigmoid}\n    name: y\n"
        )
        with pytest.raises(SpecError) as raised:
            exported(spec, tmp_path / "exported.py")
        errors = [(d.code, d.message, d.span.line) for d in raised.value.diagnostics if d.is_error]
        assert errors == [("KS620", f"exported Python code cannot read {what} yet", 2)]


def test_pictures_that_python_would_list_otherwise_are_reported(tmp_path):
    from PIL import Image

    for place in ("a/one", "a/.hidden/two", "b/three"):
        path = tmp_path / "pictures" / f"{place}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (4, 4)).save(path)
    (tmp_path / "pictures/a/deeper").mkdir()
    Image.new("RGB", (4, 4)).save(tmp_path / "pictures/a/deeper/four.png")
    spec = tmp_path / "spec.yaml"
    spec.write_text(
        "kspec: 1\ndata: {images: pictures, split: {validation: 0, test: 0}}\ninputs: {image: {shape: [4, 4, 3]}}\n"
        "layers:\n  - Flatten\n  - Dense: {units: 1, activation: sigmoid}\n"
    )
    with pytest.raises(SpecError) as raised:
        exported(spec, tmp_path / "exported.py")
    assert [problem.code for problem in raised.value.diagnostics if problem.is_error] == ["KS620"]
    (tmp_path / "pictures/a/.hidden/two.png").unlink()
    assert "*/**/*.png" in exported(spec, tmp_path / "exported.py")
