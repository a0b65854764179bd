"""Merge layers that take a constant before a tensor of the model, which Keras itself refuses."""

import numpy as np

from kspec.backend.keras_model import build_keras_model
from kspec.compiler.passes import analyse
from kspec.diagnostics import Report
from tests.conftest import network, spec_of

SPEC = network(
    """\
- {op: array, from: [], call: {x: [[1, 0.5, .inf]]}, name: k}
- {op: array, from: [], call: {x: [[1, 1, 0]], dtype: bool}, name: b}
- {Subtract: {}, from: [k, x], name: s}
- {Maximum: {}, from: [k, k, x], name: m}
- {Multiply: {}, from: [b, x], name: p}
- {reuse: s, from: [k, y], name: again}
- {Subtract: {}, from: [k, k], name: z}
""",
    inputs="{x: {shape: [3]}, y: {shape: [2, 3]}}",
    more="outputs: [s, m, p, again]\ntask: regression",
)


def test_they_compute_what_numpy_does_and_load_in_plain_keras(tmp_path):
    import keras

    report = Report()
    spec = spec_of(SPEC, report)
    model = build_keras_model(spec, analyse(spec, report).graph, report).model
    assert not report.has_errors, [d.message for d in report]
    r = np.random.default_rng(0)
    x, y = (r.normal(size=shape).astype("float32") for shape in ((5, 3), (5, 2, 3)))
    x[0, 0] = np.nan
    k = np.array([1, 0.5, np.inf], "float32")
    model.save(tmp_path / "model.keras")
    for each in (model, keras.models.load_model(tmp_path / "model.keras", safe_mode=True)):
        found = each({"x": x, "y": y})
        found = found if isinstance(found, dict) else dict(zip(model.output_names, found, strict=True))
        for name, right in {"s": k - x, "m": np.maximum(k, x), "p": [1, 1, 0] * x, "again": k - y}.items():
            np.testing.assert_array_equal(found[name], right, err_msg=name)
