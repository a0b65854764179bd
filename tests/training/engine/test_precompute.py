"""What is computed once over the data; training and predictions stay the same."""

import numpy as np
import pytest

import kspec
from kspec.analysis.hoisting import hoisted_by_stage
from kspec.analysis.stages import Stage
from kspec.compiler.passes import analyse
from kspec.diagnostics import Report
from tests.conftest import network, spec_of

MIXED = """\
kspec: 1
name: mixed
seed: 3
data:
  csv: table.csv
  inputs: {numbers: [a, b], place: city, words: note}
  targets: kind
inputs:
  numbers: {shape: [2]}
  place: {shape: [1], dtype: string}
  words: {shape: [1], dtype: string}
layers:
  - Normalization:
    from: numbers
    name: scaled
  - StringLookup: {output_mode: one_hot}
    from: place
    name: where
  - Concatenate:
    from: [scaled, where]
    name: facts
  - TextVectorization: {output_sequence_length: 3}
    from: words
    name: tokens
  - Embedding: {input_dim: 16, output_dim: 4}
  - GlobalAveragePooling1D:
    name: said
  - Concatenate:
    from: [facts, numbers, said]
  - Dropout: {rate: 0.2}
  - Dense: {units: 4, activation: relu}
  - Dense: {units: 1, activation: sigmoid}
    name: kind
fit: {epochs: 3, batch_size: 8}
"""


def hoisted(layers, inputs="{x: {shape: [4, 4, 3]}}"):
    """The nodes that are computed once, as the catalog forecasts for these layers."""
    analysis = analyse(spec_of(network(layers, inputs=inputs)), Report())
    (once,) = hoisted_by_stage("fused", analysis.graph, analysis.types, [Stage(1, "", 2, "adam")]).values()
    return once


@pytest.mark.parametrize(
    ("layers", "expected"),
    [
        ("  - Rescaling: {scale: 0.1}\n  - Flatten\n  - Dense: {units: 1}", ["rescaling", "flatten"]),
        ("  - Flatten\n  - Dense: {units: 1}", []),  # a Flatten alone is not worth it
        ("  - Flatten\n  - Rescaling: {scale: 0.1}\n  - Dense: {units: 1}", ["flatten", "rescaling"]),
        ("  - Rescaling: {scale: 0.1}\n  - Dense: {units: 1}\n  - Rescaling: {scale: 2}\n  - Identity", ["rescaling"]),
        ("  - RandomFlip\n  - Rescaling: {scale: 0.1}\n  - Flatten\n  - Dense: {units: 1}", []),
        ("  - Rescaling: {scale: 0.1}\n  - Dropout: {rate: 0.1}\n  - Dense: {units: 1}", ["rescaling"]),
        ("  - Rescaling: {scale: 0.1}\n  - Rescaling: {scale: 0.1}", ["rescaling"]),  # not what is an output
        ("  - Rescaling: {scale: 0.1}\n  - op: relu\n  - Rescaling: {scale: 1}\n  - Dense: {units: 1}",
         ["rescaling", "relu", "rescaling_1"]),
        ("  - Rescaling: {scale: 0.1}\n  - op: mean\n    call: {axis: 0, keepdims: true}\n  - Dense: {units: 1}",
         ["rescaling"]),  # its first axis is not the examples' any more
        ("  - Rescaling: {scale: 0.1}\n  - UpSampling2D\n  - Conv2D: {filters: 1, kernel_size: 2}",
         ["rescaling"]),  # to enlarge is cheaper than to keep what is larger
        ("  - Conv2D: {filters: 2, kernel_size: 2}\n    trainable: false\n  - ReLU\n  - Dense: {units: 1}",
         ["conv2d", "re_lu"]),
        ("  - Dense: {units: 2, activity_regularizer: l2}\n    trainable: false\n  - Dense: {units: 1}", []),
        ("  - BatchNormalization: {center: false, scale: false}\n  - Dense: {units: 1}", []),  # it counts
        ("  - SpectralNormalization: {layer: {Dense: {units: 2}}}\n    trainable: false\n  - Dense: {units: 1}", []),
        ("  - Reshape: {target_shape: [4, 12]}\n  - LSTM: {units: 2, dropout: 0.1}\n    trainable: false\n"
         "  - Dense: {units: 1}", []),
        ("  - Reshape: {target_shape: [4, 12]}\n  - Bidirectional: {layer: {LSTM: {units: 2, stateful: true}}}\n"
         "    trainable: false\n  - Dense: {units: 1}", []),
        ("  - Reshape: {target_shape: [4, 12]}\n  - Bidirectional: {layer: {LSTM: {units: 2}}}\n"
         "    trainable: false\n  - Dense: {units: 1}", ["reshape", "bidirectional"]),
    ],
)  # fmt: skip
def test_what_is_hoisted(layers, expected):
    assert hoisted(layers) == expected


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ("{output_sequence_length: 9}", ["text_vectorization"]),
        ("{output_mode: tf_idf}", ["text_vectorization"]),
        ("{}", []),  # padded to the longest of each batch
        ("{output_sequence_length: 9, ragged: true}", []),
    ],
)
def test_texts_of_varying_length_are_not_precomputed(arguments, expected):
    layers = f"  - TextVectorization: {arguments}\n  - Embedding: {{input_dim: 9, output_dim: 2}}\n  - Flatten"
    assert hoisted(layers, "{x: {shape: [1], dtype: string}}") == expected


def test_training_and_predictions_stay_the_same(project):
    spec = project(MIXED)
    ours, theirs = (kspec.run(spec, overrides=[f"fit.engine={engine}"]) for engine in ("fused", "keras"))
    for mine, other in zip(ours.history, theirs.history, strict=True):
        assert mine == pytest.approx(other, rel=1e-5)
    for mine, other in zip(ours.model.get_weights(), theirs.model.get_weights(), strict=True):
        np.testing.assert_allclose(mine, other, rtol=1e-4, atol=1e-6)
    assert ours.metrics.pop("split") == theirs.metrics.pop("split")
    assert ours.metrics == pytest.approx(theirs.metrics, rel=1e-5)
    np.testing.assert_allclose(ours.predictions["kind"], theirs.predictions["kind"], rtol=1e-5)


@pytest.mark.slow
def test_the_saved_model_takes_raw_values(project):
    import keras
    import tensorflow as tf

    run = kspec.run(project(MIXED), overrides=["fit.engine=fused", "predict.split=train"])
    model = keras.models.load_model(run.folder / "model.keras")
    table = np.genfromtxt(run.folder.parents[2] / "table.csv", delimiter=",", dtype=str, skip_header=1)
    chosen = np.genfromtxt(run.folder / "predictions.csv", delimiter=",", dtype=str, skip_header=1)
    rows = chosen[:, 0].astype(int) - 1
    raw = {
        "numbers": tf.constant(table[rows][:, :2].astype("float32")),
        "place": tf.constant(table[rows][:, 4:5]),
        "words": tf.constant(table[rows][:, 5:6]),
    }
    np.testing.assert_allclose(model.predict(raw, verbose=0), run.predictions["kind"], rtol=1e-5)
    assert {layer.name for layer in model.layers} >= {"scaled", "where", "tokens"}


def test_no_step_calls_a_precomputed_layer(project, monkeypatch):
    import keras

    from kspec.training.engine.precompute import Core

    called, within = [], []
    lookup, core = keras.layers.StringLookup.call, Core.call

    def counted(self, inputs):
        called.append(bool(within))
        return lookup(self, inputs)

    def step(self, inputs, training=None):
        within.append(True)
        try:
            return core(self, inputs, training)
        finally:
            within.pop()

    monkeypatch.setattr(keras.layers.StringLookup, "call", counted)
    monkeypatch.setattr(Core, "call", step)
    kspec.run(project(MIXED), overrides=["fit.engine=fused"])
    assert called
    assert not any(called)


@pytest.mark.slow
def test_vectorized_text_trains_under_xla(project):
    spec = project(MIXED)
    ours, theirs = (kspec.run(spec, overrides=[f"fit.engine={engine}"]) for engine in ("fused_xla", "keras"))
    assert "engine: fused_xla" in (ours.folder / "resolved.yaml").read_text()
    for mine, other in zip(ours.history, theirs.history, strict=True):
        assert mine == pytest.approx(other, rel=1e-4)


def test_the_summary_lists_precomputed_layers(project, capsys):
    from kspec.cli import main

    def last_line(*options):
        assert main(["summary", project(MIXED), *options]) == 0
        return capsys.readouterr().out.splitlines()[-1]

    assert last_line() == "computed once before training: scaled, where, facts, tokens"
    assert last_line("--set", "fit.engine=keras").startswith("mixed: ")
