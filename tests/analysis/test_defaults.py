"""What omitted settings become: what a check lists and what a rendered spec states agree with the resolved settings."""

import pytest

from kspec.analysis.defaults import omitted_settings, training_defaults
from kspec.compiler.passes import analyse
from kspec.diagnostics import Report
from tests.conftest import network, spec_of

SOFTMAX = "  - Dense: {units: 3, activation: softmax}\n    name: y"
SIGMOIDS = "  - Dense: {units: 1, activation: sigmoid}\n    name: a\n  - Dense: {units: 2}\n    from: x\n    name: b"


def defaults(layers, **more):
    spec = spec_of(network(layers, **more))
    analysis = analyse(spec, Report())
    added = omitted_settings(spec, analysis.graph, analysis.types, analysis.settings)
    return training_defaults(spec, analysis.settings), {default.path: default for default in added}


@pytest.mark.parametrize("more", ["", "outputs: [a, b]\n", "outputs: [a, b]\ndata: {synthetic: {}}\n"])
def test_both_lists_agree(more):
    listed, added = defaults(SIGMOIDS, more=more)
    common = [default for default in listed if default.path in added and default.path[0] != "task"]
    assert common
    assert [added[default.path].value for default in common] == [default.value for default in common]


def test_a_loss_that_the_data_decides_is_listed_but_not_added():
    listed, added = defaults(SOFTMAX, more="data: {synthetic: {}}")
    assert "sparse_categorical_crossentropy" in [default.value for default in listed]
    assert ("compile", "loss") not in added


def test_names_and_notes():
    listed, added = defaults(SIGMOIDS, more="outputs: [a, b]\ndata: {synthetic: {}}\n")
    assert [default.setting for default in listed] == [
        "task of a",
        "task of b",
        "split",
        "optimizer",
        "loss of a",
        "metrics of a",
        "loss of b",
        "metrics of b",
        "fit.epochs",
        "fit.batch_size",
    ]
    assert added["seed",].note == "default"
    assert added["compile", "optimizer"].note == "kspec's default"
    assert added["fit", "epochs"].note == "Keras's default"
