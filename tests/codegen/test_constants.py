"""Constants of calls have the same values and dtypes in the exported file as in the model that kspec builds."""

import runpy

import numpy as np

import kspec
from kspec.export.export import export

SPEC = """kspec: 1
task: regression
vars: {floats: [1.0, 2.0, 3.0], half: 0.5}
inputs: {x: {shape: [3], dtype: int32}}
blocks:
  less: {inputs: [one, other], layers: [{Subtract: {}, from: [one, other]}]}
  scaled: {params: [by], layers: [{op: multiply, call: {x2: ["${by}", 1, 2]}}]}
layers:
- {op: multiply, from: x, call: {x2: $floats}, name: a}
- {op: multiply, from: x, call: {x2: ["${half * 4}", 1, 2]}, name: b}
- {op: multiply, from: x, call: {x2: [1, 2, 3]}, name: c}
- {op: multiply, from: x, call: {x2: ["${units_of(x)}", 1, 2]}, name: d}
- {op: multiply, from: x, call: {x2: ["${units_of(x) / 2}", 1, 2]}, name: e}
- {op: array, from: [], call: {x: [[1, 2, 3]]}, name: k}
- {op: add, from: [x, k], name: f}
- {op: array, from: [], call: {x: [1, 0, 1], dtype: int64}, name: l1}
- {op: expand_dims, from: l1, call: {axis: 0}, name: l}
- {op: add, from: [x, l], name: g}
- {Subtract: {}, from: [k, x], name: m}
- {op: multiply, from: x, call: {x2: [true, false, true]}, name: q}
- {Average: {}, from: [k, x, k], name: n}
"""
BLOCK = "- {block: scaled, from: x, with: {by: 2.0}, name: h}\n- {block: scaled, from: x, with: {by: 3}, name: i}\n"
BLOCK += "- {block: less, from: [l, x], name: o}\n- {block: less, from: [x, l], name: p}\n"


def outputs(text, names, folder):
    (folder / "spec.yaml").write_text(f"{text}outputs: [{', '.join(names)}]\n")
    export(str(folder / "spec.yaml"), "python", folder / "exported.py")
    x = np.array([[1, 2, 3]], "int32")
    models = (
        kspec.build(kspec.load(folder / "spec.yaml")),
        runpy.run_path(str(folder / "exported.py"))["build_model"](),
    )
    for model in models:
        yield {name: value.numpy() for name, value in model(x).items()}


def test_constants_of_a_spec_and_its_export(tmp_path):
    for text, names in ((SPEC, "abcdefgmnq"), (SPEC + BLOCK, "hiop")):
        ours, exported = outputs(text, names, tmp_path)
        assert {name: value.dtype for name, value in ours.items()} == {n: v.dtype for n, v in exported.items()}
        for name, value in ours.items():
            assert np.array_equal(value, exported[name]), name
        if "o" in names:
            assert np.array_equal(ours["o"], -ours["p"])
        if "a" in names:
            assert np.array_equal(ours["m"], [[0, 0, 0]])
            assert np.array_equal(ours["q"], [[1, 0, 3]])
            assert [str(ours[name].dtype) for name in "abcdefg"] == [
                *("float32", "float32", "int32", "int32", "float32", "int32", "int64"),
            ]
