"""Keras models built from specs: names, structure, wiring, and errors of Keras at the right line."""

import json
import re
import runpy
import sys

import numpy as np
import pytest

from kspec.catalog.applications import inner_layers
from kspec.compiler.passes import analyse
from kspec.diagnostics import Report
from kspec.export.export import export
from tests.conftest import network, spec_of

keras = pytest.importorskip("keras")

from kspec.backend.keras_model import build_keras_model  # noqa: E402


def built(text, **permissions):
    report = Report()
    spec = spec_of(text, report, **permissions)
    analysis = analyse(spec, report)
    assert not report.has_errors, [d.message for d in report]
    return build_keras_model(spec, analysis.graph, report), report


def model_of(layers, **more):
    result, report = built(network(layers, **more))
    assert result.model is not None, [d.message for d in report]
    return result.model


def test_one_input_and_one_output_are_tensors():
    model = model_of("  - Dense: {units: 3}\n    name: a\n  - Dense: {units: 1}")
    assert [layer.name for layer in model.layers] == ["x", "a", "dense"]
    assert model(np.zeros((2, 4), "float32")).shape == (2, 1)


def test_several_inputs_and_outputs_are_dicts_by_name():
    model = model_of(
        "  - Dense: {units: 3}\n    from: y\n    name: a\n  - Dense: {units: 1}\n    from: x\n    name: b",
        inputs="{x: {shape: [4]}, y: {shape: [2]}}",
        more="outputs: {zeta: a, alpha: b}",
    )
    answers = model({"x": np.zeros((2, 4)), "y": np.zeros((2, 2))})
    assert {name: tuple(value.shape) for name, value in answers.items()} == {"zeta": (2, 3), "alpha": (2, 1)}
    assert model.output_names == ["alpha", "zeta"]


def test_names_do_not_depend_on_what_was_built_before():
    text = "  - Dense: {units: 3}\n    from: x\n  - op: mean\n    call: {axis: 1, keepdims: true}\n  - Bidirectional: {layer: {LSTM: {units: 2}}}\n    from: s"
    more = {"inputs": "{x: {shape: [4]}, s: {shape: [3, 2]}}", "more": "outputs: [mean, bidirectional]"}
    names = [[op.name for op in model_of(text, **more).operations] for _ in range(2)]
    assert names[0] == names[1]
    assert {"dense", "mean", "bidirectional"} <= set(names[0])
    inner = [[w.path for w in model_of(text, **more).weights] for _ in range(2)]
    assert inner[0] == inner[1]


def test_a_reused_layer_has_one_set_of_weights():
    model = model_of(
        "  - Dense: {units: 3}\n    from: x\n    name: a\n  - reuse: a\n    from: y\n    name: b\n  - Add:\n    from: [a, b]",
        inputs="{x: {shape: [4]}, y: {shape: [4]}}",
    )
    assert model.count_params() == 15
    x = np.random.default_rng(0).normal(size=(2, 4)).astype("float32")
    twice = model({"x": x, "y": x})
    assert np.allclose(twice, 2 * model.get_layer("a")(x))


def test_both_losses_of_a_shared_layer_are_reported():
    model = model_of(
        "  - Dense: {units: 1}\n    from: x\n    name: a\n  - reuse: a\n    from: y\n    name: b",
        inputs="{x: {shape: [4]}, y: {shape: [4]}}",
        more="outputs: [a, b]",
    )
    model.compile("sgd", loss={"a": "mse", "b": "mae"}, jit_compile=False)
    x = np.ones((4, 4), "float32")
    history = model.fit({"x": x, "y": x}, {"a": np.ones((4, 1)), "b": np.ones((4, 1))}, verbose=0).history
    assert {"a_loss", "b_loss", "loss"} <= set(history)


@pytest.mark.parametrize(
    ("layers", "expected"),
    [
        ("- op: add\n    from: [x, x]", lambda x: x + x),
        ("- op: multiply\n    call: {x2: 0.5}", lambda x: x * 0.5),
        ("- op: einsum\n    from: [x, x]\n    call: {subscripts: 'bi,bi->b'}", lambda x: (x * x).sum(1)),
        ("- op: get_item\n    call: {key: ':, 1:3'}", lambda x: x[:, 1:3]),
        ("- op: get_item\n    call: {key: '..., -1'}", lambda x: x[..., -1]),
        ("- op: concatenate\n    from: [x, x]\n    call: {axis: 1}", lambda x: np.concatenate([x, x], 1)),
        ("- op: mean\n    call: {axis: 1}", lambda x: x.mean(1)),
        ("- op: stack\n    from: [x, x]\n    call: {axis: 1}", lambda x: np.stack([x, x], 1)),
        ("- op: reshape\n    call: {newshape: [-1, 2, 2]}", lambda x: x.reshape(-1, 2, 2)),
        ("- op: full\n    from: []\n    call: {shape: [1, 4], fill_value: 2.0}\n    name: two\n  - op: add\n    from: [x, two]",
         lambda x: x + 2),
        ("- op: norm\n    call: {axis: 1}", lambda x: np.linalg.norm(x, axis=1)),
        ("- op: expand_dims\n    call: {axis: -1}\n  - op: squeeze\n    call: {axis: -1}", lambda x: x),
    ],
)  # fmt: skip
def test_ops(layers, expected):
    x = np.random.default_rng(0).normal(size=(3, 4)).astype("float32")
    model = model_of("  " + layers, more="task: regression")
    assert np.allclose(np.asarray(model(x)), expected(x), atol=1e-6)


def test_several_outputs_of_one_call():
    model = model_of(
        "  - LSTM: {units: 3, return_sequences: true, return_state: true}\n    as: [sequence, h, c]\n"
        "  - LSTM: {units: 3}\n    from: {sequences: sequence, initial_state: [h, c]}\n    name: last",
        inputs="{x: {shape: [5, 2]}}",
        more="outputs: [last, h]\ntask: regression",
    )
    assert {k: v.shape for k, v in model(np.zeros((2, 5, 2))).items()} == {"last": (2, 3), "h": (2, 3)}


def test_attention_wrappers_and_cells():
    model = model_of(
        "  - MultiHeadAttention: {num_heads: 2, key_dim: 3}\n    from: {query: x, value: x}\n    call: {use_causal_mask: true}\n"
        "  - TimeDistributed: {layer: {Dense: {units: 3, activation: relu}}}\n"
        "  - RNN: {cell: [{LSTMCell: {units: 4}}, {GRUCell: {units: 5}}]}\n"
        "  - Dense: {units: 1, kernel_regularizer: {L2: {l2: 0.1}}, kernel_constraint: {MaxNorm: {max_value: 2}}}",
        inputs="{x: {shape: [5, 2]}}",
    )
    assert model.output_shape == (None, 1)


def test_frozen_layers():
    model = model_of(
        "  - Dense: {units: 3}\n    trainable: false\n  - BatchNormalization:\n    trainable: false\n  - Dense: {units: 1}"
    )
    assert len(model.trainable_weights) == 2


def test_the_dtype_policy_is_scoped():
    before = keras.config.dtype_policy().name
    model = model_of("  - Dense: {units: 3}", more="dtype_policy: mixed_bfloat16")
    assert model.layers[1].dtype_policy.name == "mixed_bfloat16"
    assert keras.config.dtype_policy().name == before


def test_a_model_is_saved_and_loaded(tmp_path):
    model = model_of(
        "  - Dense: {units: 3}\n    name: a-b\n  - op: mean\n    call: {axis: 1}\n    name: average",
        more="task: regression",
    )
    model.save(tmp_path / "m.keras")
    again = keras.models.load_model(tmp_path / "m.keras")
    x = np.ones((2, 4), "float32")
    assert np.array_equal(model(x), again(x))
    assert [op.name for op in again.operations] == ["x", "a-b", "average"]


def test_a_chain_too_deep_for_keras_alone():
    model = model_of("  - Activation: {activation: relu}\n" * 1500)
    assert len(model.layers) == 1501


@pytest.mark.parametrize(
    ("layers", "code", "line"),
    [
        ("  - Flatten\n  - Conv2D: {filters: 2, kernel_size: 3}", "KS301", 5),
        (
            "  - Dense: {units: 2}\n    name: a\n  - Dense: {units: 3}\n    name: b\n  - Add:\n    from: [a, b]\n  - Dense: {units: 1}",
            "KS301",
            8,
        ),
        ("  - LSTM: {units: 3}", "KS301", 4),
        ("  - Dense: {units: 2}\n    as: [a, b]", "KS210", 5),
        ("  - op: zeros\n    from: []\n    call: {shape: [1, 4]}\n  - Dense: {units: 2}", "KS212", 7),
    ],
)
def test_errors_of_keras_are_reported_at_their_line(layers, code, line):
    from kspec.ir import build

    spec = spec_of(network(layers, more="task: regression"))
    report = Report()
    build_keras_model(spec, build(spec, report), report)
    assert [(d.code, d.span.line) for d in report.sorted() if d.is_error] == [(code, line)]
    assert "Arguments received" not in report.sorted()[0].message


def test_weights_larger_than_the_memory():
    from kspec.ir import build

    spec = spec_of(network("  - Dense: {units: 1000000000000000}\n    name: d", more="task: regression"))
    report = Report()
    build_keras_model(spec, build(spec, report), report)
    (found,) = [each for each in report.sorted() if each.is_error]
    assert (found.code, found.span.line) == ("KS301", 4)
    size = "a tensor of (4, 1000000000000000) takes 16,000,000 GB"
    assert found.message == f"there is not enough memory for `d`: {size}"


@pytest.mark.slow
def test_more_layers_than_python_can_recurse():
    count = sys.getrecursionlimit() + 200
    model = model_of("  - Dense: {units: 4}\n" * count)
    assert model.count_params() == 20 * count


@pytest.mark.slow
@pytest.mark.parametrize("name", ["EfficientNetV2B0", "ConvNeXtTiny"])
def test_an_application_is_named_after_its_sub_model_and_keeps_its_layer_names(name, tmp_path):
    """As an argument the name would change widths or layer names; the same holds for exported Python."""
    arguments = {"input_shape": [32, 32, 3], "include_top": False, "pooling": "avg"}
    text = f"""\
kspec: 1
task: regression
inputs: {{picture: {{shape: [32, 32, 3]}}}}
models:
  eye: {{application: {{{name}: {json.dumps(arguments | {"weights": None})}}}}}
layers:
  - model: eye
  - Dense: {{units: 1}}
"""
    eye = built(text)[0].model.get_layer("eye")
    (tmp_path / "spec.yaml").write_text(text)
    export(str(tmp_path / "spec.yaml"), "python", tmp_path / "exported.py")
    exported = runpy.run_path(str(tmp_path / "exported.py"))["build_model"]().get_layer("eye")
    for model in (eye, exported):
        told = [layer.name for layer in inner_layers(name, arguments)]
        layers = [layer.name for layer in model.layers if layer.weights]
        # names that Keras counts go on from model to model
        assert [re.sub(r"_\d+$", "", layer) for layer in layers] == [re.sub(r"_\d+$", "", layer) for layer in told]
