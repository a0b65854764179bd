"""Points are compiled once for each combination of the values that decide whether they can be trained."""

import pytest

from kspec.compiler.check import check_spec
from kspec.compiler.search import outcome
from kspec.compiler.search.effects import addresses_with_effect
from kspec.compiler.search.outcome import Outcomes
from kspec.diagnostics import Source
from kspec.diagnostics.budget import Budget, limited
from kspec.language import load_file

SPEC = """\
kspec: 1
vars: {width: 8, ratio: 0.5}
data: {synthetic: {examples: 60}, split: {validation: 0.2}}
inputs: {x: {shape: [4]}}
layers:
  - Dense: {units: "${round(width * ratio)}"}
  - Dropout: {rate: 0.1}
    name: drop
  - Dense: {units: 3, activation: softmax}
    name: y
compile: {optimizer: {Adam: {learning_rate: 1e-3}}}
sweep:
  search:
    compile.optimizer.Adam.learning_rate: {log: [1e-4, 1e-1]}
    layers.drop.rate: {uniform: [0.0, 0.5]}
    vars.ratio: {uniform: [0.5, 1.0]}
    fit.batch_size: {int: [8, 128], log: true}
  goal: {minimize: val_loss}
"""


@pytest.mark.parametrize(
    ("constraints", "expected"),
    [
        ([], ["vars.ratio"]),
        (["parameters <= 100"], ["vars.ratio"]),
        (["memory <= 1 MB"], ["vars.ratio", "fit.batch_size"]),
    ],
)
def test_addresses_without_effect_are_found(constraints, expected):
    spec = load_file(Source("spec.yaml", SPEC))
    assert addresses_with_effect(spec.document.sweep.search, Outcomes(spec), constraints) == expected


def test_an_edit_of_the_sweep_compiles_nothing_again(monkeypatch):
    check_spec(Source("spec.yaml", SPEC))
    monkeypatch.setattr(outcome, "compile_spec", None)
    assert not check_spec(Source("spec.yaml", f"{SPEC}  trials: 7\n  constraints: [parameters < 1e6]\n")).diagnostics


def test_a_check_without_time_leaves_the_points_for_later():
    text = SPEC.replace("vars.ratio: {uniform: [0.5", "vars.ratio: {uniform: [0.01")
    with limited(Budget(0)) as budget:
        assert not check_spec(Source("spec.yaml", text)).diagnostics
    assert budget.is_incomplete
    assert [each.code for each in check_spec(Source("spec.yaml", text)).diagnostics] == ["KS633"]
