"""Any graph: our shapes, dtypes and parameter counts are Keras's, node by node; what Keras refuses, we refuse."""

import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kspec.analysis.shapes.sizes import ENCODING
from kspec.compiler.passes import analyse
from kspec.diagnostics import Report
from tests.analysis.shapes.random_graphs import WORDS, random_spec
from tests.conftest import spec_of

BATCH = 17
"""A size that hardly an axis has, so that a batch that is taken for one fits by no chance."""
COMMON = {"deadline": None, "suppress_health_check": list(HealthCheck), "derandomize": True}


def compare(text: str, *, in_graph: bool = False) -> str:
    """Fails where Keras and we do not agree; what we agree on: that it is `built`, `raised`, or `raised on data`.

    Args:
        in_graph: Whether the batch runs in a graph of TensorFlow, as in training, which takes longer.
    """
    from kspec.backend.keras_model import build_keras_model
    from kspec.ir import build
    from kspec.summary.summary import differences, summarise, summarise_built

    report = Report()
    spec = spec_of(text, report)
    assert spec is not None, text
    analysis = analyse(spec, report)
    ours = [d for d in report if d.is_error and d.code.startswith(("KS2", "KS3"))]
    keras_report = Report()
    graph = build(spec, Report())
    built = build_keras_model(spec, graph, keras_report)
    theirs = [d for d in keras_report if d.is_error]
    if ours and not theirs:
        fails_on_data(ours[0], analysis.graph, built, text)
        return "raised on data"
    assert bool(ours) == bool(theirs), (text, [d.message for d in ours + theirs])
    if theirs:
        return "raised"
    mine = summarise("x", analysis.graph, analysis.types)
    keras = summarise_built("x", graph, built)
    assert differences(mine, keras) == [], (differences(mine, keras), text)
    assert [node.shape for node in mine.nodes] == [node.shape for node in keras.nodes], text
    assert mine.parameters == keras.parameters
    if None in {size for value in built.model.inputs for size in value.shape[1:]} or "newshape" in text:
        return "built"  # sizes that only data tells may not fit each other
    runs_a_batch(built, analysis.types, in_graph, text)
    return "built and run"


def fails_on_data(error, graph, built, text):
    """What we refuse and Keras builds: it fails on real data alone, or gives another shape than it states."""
    name = error.message.split("`")[1]
    node = graph.nodes.get(name) or next(node for node in graph.nodes.values() if node.shown_name == name)
    if node.kind == "reuse" and any(len(built.values[t.node][t.output].shape) < 2 for t in node.tensors()):
        return  # one number for each example: Keras takes the batch for the features
    if node.arguments.get("output_mode") in ENCODING and len(set(input_shape(built, node)[1:])) == 1:
        return  # Keras counts along the wrong one of axes of the same size
    stated = built.values[node.name]
    if any(None in value.shape[1:] for value in stated):
        return  # it may have any of the sizes that data gives
    try:
        answers = step(built, stated)
    except Exception:
        return
    assert not all(map(fits, answers, stated)), (text, error.message)


def input_shape(built, node):
    (tensor,) = node.tensors()
    return built.values[tensor.node][tensor.output].shape


def runs_a_batch(built, types, in_graph, text):
    """Every node computes a batch, forward and backward, and gives what we said of it."""
    import keras

    names = [name for name, values in built.values.items() if isinstance(values[0], keras.KerasTensor)]
    answers = step(built, [built.values[name][0] for name in names], in_graph)
    for name, answer in zip(names, answers, strict=True):
        ours = types.calls[name].outputs[0]
        assert fits(answer, ours), (name, ours, answer.shape, answer.dtype, text)


def step(built, outputs, in_graph=False):
    """What a step of training computes for some tensors of a network, from random data."""
    import keras
    import tensorflow as tf

    model = keras.Model(built.model.inputs, outputs)

    def compute(batch):
        with tf.GradientTape() as tape:
            answers = model(batch, training=True)
            answers = answers if isinstance(answers, list) else [answers]
            loss = sum(tf.reduce_sum(tf.cast(x, "float32")) for x in answers if x.dtype.is_floating)
        if model.trainable_variables and not isinstance(loss, int):
            tape.gradient(loss, model.trainable_variables)
        return answers

    batch = [random_values((BATCH, *(7 if n is None else n for n in x.shape[1:])), x.dtype) for x in model.inputs]
    return (tf.function(compute, autograph=False) if in_graph else compute)(batch)


def random_values(shape, dtype):
    import numpy as np
    import tensorflow as tf

    r = np.random.default_rng(0)
    if dtype == "string":
        return tf.constant(r.choice([*WORDS, "ant cat", ""], shape))
    values = r.normal(size=shape) if "float" in dtype else r.integers(0, 2 if dtype == "bool" else 5, shape)
    return tf.constant(values.astype(dtype))


def fits(answer, stated):
    """Whether a tensor has the shape and the dtype that is stated of it."""
    import keras

    sizes = [None if axis == 0 and size == 1 else size for axis, size in enumerate(stated.shape)]  # 1 fits any batch
    same = len(sizes) == len(answer.shape) and all(n in (None, m) for n, m in zip(sizes, answer.shape, strict=True))
    return same and keras.backend.standardize_dtype(answer.dtype) == stated.dtype


@settings(max_examples=30, **COMMON)
@given(st.integers(0, 2**32), st.integers(2, 30))
def test_as_keras(seed, count):
    compare(random_spec(seed, count))


@pytest.mark.slow
@pytest.mark.parametrize("first", range(0, 300, 50))
def test_as_keras_for_long(first):
    for seed in range(first, first + 50):
        compare(random_spec(seed, random.Random(seed).randint(2, 30)))


@pytest.mark.parametrize(
    "layer", ["Flatten: {}", "Masking: {}", "Activation: {activation: softmax}", "Activation: {activation: sparsemax}"]
)
def test_one_number_for_the_whole_batch(layer):
    compare(
        f"{{kspec: 1, task: regression, inputs: {{x: {{shape: []}}}}, layers: "
        f"[{{op: mean, from: x, name: number}}, {{{layer}, from: number}}]}}"
    )
