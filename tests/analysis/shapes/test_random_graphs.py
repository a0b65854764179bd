"""Any graph: our shapes, dtypes and parameter counts are Keras's, node by node; what Keras refuses, we refuse."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kspec.compiler.passes import analyse
from kspec.diagnostics import Report
from tests.analysis.shapes.random_graphs import random_spec
from tests.conftest import spec_of

COMMON = {"deadline": None, "suppress_health_check": list(HealthCheck), "derandomize": True}


def compare(text: str) -> str:
    """Fails where Keras and we do not agree; what we agree on: that it is `built`, `raised`, or `raised on data`."""
    from kspec.backend.keras_model import build_keras_model
    from kspec.ir import build
    from kspec.summary.summary import differences, summarise, summarise_built

    report = Report()
    spec = spec_of(text, report)
    assert spec is not None, text
    analysis = analyse(spec, report)
    ours = [d for d in report if d.code.startswith("KS3") and d.is_error]
    keras_report = Report()
    graph = build(spec, Report())
    built = build_keras_model(spec, graph, keras_report)
    theirs = [d for d in keras_report if d.is_error]
    if ours and not theirs:
        fails_on_data(ours, analysis.graph, built, text)
        return "raised on data"
    assert bool(ours) == bool(theirs), (text, [d.message for d in keras_report])
    if not theirs:
        mine = summarise("x", analysis.graph, analysis.types)
        keras = summarise_built("x", graph, built)
        assert differences(mine, keras) == [], text
        assert [node.shape for node in mine.nodes] == [node.shape for node in keras.nodes], text
        assert mine.parameters == keras.parameters
    return "raised" if theirs else "built"


def fails_on_data(ours, graph, built, text):
    """What we refuse and Keras builds: some layers, called again on another size, fail or go astray on real data alone."""
    import numpy as np

    name = ours[0].message.split("`")[1]
    node = graph.nodes[name]
    assert node.kind == "reuse", (text, ours[0].message)
    x = [built.values[t.node][t.output] for t in node.tensors()]
    if any(len(value.shape) < 2 for value in x):
        return  # one number for each example: Keras takes the batch for the features
    arrays = [np.ones([7 if size is None else size for size in value.shape], "float32") for value in x]
    try:
        answer = built.layers[name](arrays if len(arrays) > 1 else arrays[0])
    except Exception:
        return
    told = built.values[name][0].shape
    assert any(size not in (None, real) for size, real in zip(told, answer.shape, strict=True)), text


@settings(max_examples=40, **COMMON)
@given(st.integers(0, 2**32), st.integers(2, 30))
def test_as_keras(seed, count):
    compare(random_spec(seed, count))


@pytest.mark.slow
@settings(max_examples=300, **COMMON)
@given(st.integers(0, 2**32), st.integers(2, 60))
def test_as_keras_for_long(seed, count):
    compare(random_spec(seed, count))


@pytest.mark.parametrize("layer", ["Flatten", "Masking"])
def test_one_number_for_the_whole_batch(layer):
    compare(
        f"{{kspec: 1, task: regression, inputs: {{x: {{shape: []}}}}, layers: "
        f"[{{op: mean, from: x, name: number}}, {{{layer}: {{}}, from: number}}]}}"
    )
