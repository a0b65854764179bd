"""The passes of the analysis: their order, and where they stop."""

import pytest

from kspec.compiler import passes
from kspec.compiler.passes import PASSES, analyse
from kspec.diagnostics import Report
from kspec.ir import Tensor
from tests.conftest import network, spec_of

SOUND = network("  - Dense: {units: 3}\n    name: y")


def passes_run(text, monkeypatch):
    names = []

    def traced(run):
        def trace(state):
            names.append(run.__name__)
            return run(state)

        return trace

    monkeypatch.setattr(passes, "PASSES", tuple(map(traced, PASSES)))
    report = Report()
    analysis = analyse(spec_of(text), report)
    return names, analysis, [problem.code for problem in report.sorted()]


def test_every_pass_runs_on_a_sound_spec(monkeypatch):
    names, analysis, codes = passes_run(SOUND, monkeypatch)
    assert names == ["build_graph", "check_arguments", "infer_types", "infer_settings", "check_meaning"]
    assert analysis.settings is not None
    assert analysis.types.tensor(Tensor("y")).shape == (None, 3)
    assert codes == []


def test_a_faulty_graph_gets_no_settings(monkeypatch):
    names, analysis, codes = passes_run(network("  - Dense: {units: 3}\n    from: hiden"), monkeypatch)
    assert names[-1] == "infer_types"
    assert analysis.settings is None
    assert codes == ["KS201"]


@pytest.mark.parametrize(
    ("layers", "code"), [("  - Dense: {units: ten}", "KS112"), ("  - Conv2D: {filters: 3, kernel_size: 3}", "KS301")]
)
def test_faulty_arguments_and_shapes_stop_no_pass(layers, code, monkeypatch):
    names, analysis, codes = passes_run(network(layers), monkeypatch)
    assert names[-1] == "check_meaning"
    assert analysis.settings is not None
    assert codes == [code]


def test_argument_and_graph_errors_are_reported_together(monkeypatch):
    _, _, codes = passes_run(network("  - Dense: {units: ten}\n  - Dense: {units: 3}\n    from: hiden"), monkeypatch)
    assert codes == ["KS112", "KS201"]
