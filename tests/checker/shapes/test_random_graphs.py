"""Any graph: our shapes, dtypes and parameter counts are Keras's, node by node; what Keras refuses, we refuse."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kspec.checker import analyse
from kspec.diagnostics import Report
from tests.checker.shapes.random_graphs import random_spec
from tests.conftest import spec_of

COMMON = {"deadline": None, "suppress_health_check": list(HealthCheck), "derandomize": True}


def compare(text: str) -> None:
    from kspec.graph import build
    from kspec.targets.keras_model import build_keras_model
    from kspec.targets.summary import differences, summarise, summarise_built

    report = Report()
    spec = spec_of(text, report)
    assert spec is not None, text
    analysis = analyse(spec, report)
    ours = {d.span.line for d in report if d.is_error}
    keras_report = Report()
    graph = build(spec, Report())
    built = build_keras_model(spec, graph, keras_report)
    theirs = {d.span.line for d in keras_report if d.is_error}
    assert bool(ours) == bool(theirs), (text, [d.message for d in report], [d.message for d in keras_report])
    if not theirs:
        mine = summarise("x", analysis.graph, analysis.types)
        keras = summarise_built("x", graph, built)
        assert differences(mine, keras) == [], text
        assert [node.shape for node in mine.nodes] == [node.shape for node in keras.nodes], text
        assert mine.parameters == keras.parameters


@settings(max_examples=60, **COMMON)
@given(st.integers(0, 2**32), st.integers(2, 30))
def test_as_keras(seed, count):
    compare(random_spec(seed, count))


@pytest.mark.slow
@settings(max_examples=440, **COMMON)
@given(st.integers(0, 2**32), st.integers(2, 60))
def test_as_keras_for_long(seed, count):
    compare(random_spec(seed, count))
