"""The head `weight`: the same as a hand-written layer with `add_weight`, in a model of Keras's own layers."""

import numpy as np
import pytest

from kspec.compiler.passes import analyse
from kspec.diagnostics import Report
from tests.conftest import diagnostics_of, network, spec_of

SPEC = """\
kspec: 1
inputs: {x: {shape: [3]}, t: {shape: [1], dtype: string}}
blocks:
  linear:
    params: [units]
    layers:
      - weight:
          shape: [{units_of: in}, $units]
          initializer: {GlorotUniform: {seed: 5}}
          regularizer: {L2: {l2: 0.1}}
          constraint: {MaxNorm: {max_value: 0.5}}
        name: kernel
      - op: matmul
        from: [in, kernel]
models:
  scale:
    inputs: {v: {shape: [4]}}
    layers:
      - weight: {shape: [], initializer: {Constant: {value: 2}}}
        name: factor
      - expr: v * factor
layers:
  - weight: {shape: [3], initializer: ones}
    name: shift
    trainable: false
  - expr: x + shift
    name: shifted
  - block: linear
    with: {units: 4}
    name: first
  - model: scale
  - model: scale
    name: again
  - block: linear
    with: {units: 2}
    name: y
outputs: y
"""


def built():
    from kspec.backend.keras_model import build_keras_model

    report = Report()
    spec = spec_of(SPEC, report)
    analysis = analyse(spec, report)
    assert [d.message for d in report] == ["no output depends on the input `t`"]
    network = build_keras_model(spec, analysis.graph, report)
    assert not report.has_errors, [d.message for d in report]
    return analysis, network


def by_hand():
    import keras
    from keras import ops

    class Network(keras.Model):
        def __init__(self):
            super().__init__()
            options = {"regularizer": keras.regularizers.L2(0.1), "constraint": keras.constraints.MaxNorm(0.5)}
            initializer = keras.initializers.GlorotUniform(seed=5)
            self.shift = self.add_weight(shape=(3,), initializer="ones", trainable=False)
            self.first = self.add_weight(shape=(3, 4), initializer=initializer, **options)
            self.factor = self.add_weight(shape=(), initializer=keras.initializers.Constant(2))
            self.last = self.add_weight(shape=(4, 2), initializer=initializer, **options)

        def call(self, x):
            return ops.matmul(ops.matmul(x + self.shift, self.first) * self.factor * self.factor, self.last)

    return Network()


def test_it_trains_as_by_hand_and_loads_in_plain_keras(tmp_path):
    import keras

    from kspec.summary.summary import differences, summarise, summarise_built

    analysis, network = built()
    model, other = network.model, by_hand()
    ours = summarise("x", analysis.graph, analysis.types)
    assert differences(ours, summarise_built("x", analysis.graph, network)) == []
    assert (ours.parameters, ours.trainable) == (3 + 12 + 1 + 8, 21)
    assert [layer.name for layer in model.layers if layer.weights and layer.name != "scale"] == [
        "shift",
        "first.kernel",
        "y.kernel",
    ]
    rng = np.random.default_rng(0)
    x, target = rng.normal(size=(32, 3)).astype("float32"), rng.normal(size=(32, 2)).astype("float32")
    t = np.array([["a"]] * 32)
    other(x)
    named = {"x": x, "t": keras.ops.convert_to_tensor(t)}
    histories = []
    for each, inputs in ((model, named), (other, x)):
        each.compile(keras.optimizers.SGD(0.01), "mse", jit_compile=False)
        histories.append(each.fit(inputs, target, epochs=3, batch_size=8, shuffle=False, verbose=0).history["loss"])
    np.testing.assert_allclose(*histories, rtol=1e-5, equal_nan=False)
    theirs = [other.shift, other.first, other.factor, other.last]
    found = [network.layers[name].weights[0] for name in ("shift", "first/kernel")]
    found += [network.models["scale"].layers["factor"].weights[0], network.layers["y/kernel"].weights[0]]
    for one, two in zip(found, theirs, strict=True):
        np.testing.assert_allclose(np.reshape(one, two.shape), two, rtol=1e-5, atol=1e-7)
    assert float(np.max(np.abs(found[0] - 1))) == 0  # frozen
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras", safe_mode=True)
    np.testing.assert_array_equal(loaded.predict(named, verbose=0), model.predict(named, verbose=0))
    broken = [named["t"][:2], np.full((2, 3), np.inf, "float32")]
    assert not np.isnan(keras.Function(model.inputs, network.values["first/kernel"][0])(broken)).any()


def test_preprocessing_is_computed_once_beside_a_weight(tmp_path):
    """The engine cuts the model behind the preprocessing; the weight is on the other side."""
    import kspec

    text = """\
kspec: 1
data: {synthetic: {examples: 40}}
inputs: {x: {shape: [3]}}
layers:
  - Normalization:
    name: scaled
  - weight: {shape: [3]}
    name: w
  - expr: scaled * w
  - Dense: {units: 1}
fit: {batch_size: 8}
"""
    (tmp_path / "spec.yaml").write_text(text)
    weights = [
        kspec.run(tmp_path / "spec.yaml", f"fit.engine={engine}", out=tmp_path / engine).model.get_weights()
        for engine in ("keras", "fused")
    ]
    for one, two in zip(*weights, strict=True):
        np.testing.assert_allclose(one, two, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize(
    ("entry", "code", "message"),
    [
        ("- weight: [64]", "KS105", "`weight` needs its arguments by name, not a list"),
        ("- weight: {shap: [64]}", "KS110", "`weight` has no argument `shap`"),
        ("- weight: {}", "KS111", "`weight` needs `shape`"),
        ("- weight: {shape: [0]}", "KS112", "an item of `shape` of `weight` must be a positive integer, not 0"),
        ("- weight: {shape: [4], initializer: oens}", "KS106", "unknown initializer `oens`"),
        ("- weight: {shape: [4]}\n    from: x", "KS104", "`from` cannot stand next to `weight`, which has no input"),
        (
            "- weight: {shape: [4]}\n    call: {a: 1}",
            "KS104",
            "`call` cannot stand next to `weight`, which has no input",
        ),
        (
            "- weight: {shape: [4]}\n    name: w\n  - reuse: w",
            "KS211",
            "`w` is a weight, but only a layer can be reused",
        ),
    ],
)
def test_mistakes(entry, code, message):
    errors = [d for d in diagnostics_of(network(f"  {entry}\n  - Dense: {{units: 1}}\n    from: x")) if d.is_error]
    assert [(d.code, d.message) for d in errors] == [(code, message)]
