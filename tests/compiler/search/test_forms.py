"""Points of one form differ in values that a training program takes as inputs."""

import pytest

from kspec.compiler.compile import compile_spec
from kspec.compiler.search.forms import form_of, measures_time
from kspec.diagnostics import Source
from kspec.language.sweep import Sweep

SPEC = """\
kspec: 1
name: formed
vars: {rate: 0.1}
data: {csv: table.csv, inputs: [a, b], targets: kind, split: {validation: 0.25}}
inputs: {x: {shape: [2]}}
layers:
  - Dense: {units: 4, activation: relu}
    name: hidden
  - Dense: {units: 1, activation: sigmoid}
    name: kind
compile: {optimizer: {Adam: {learning_rate: $rate}}}
fit: {epochs: 2}
"""


def form(*overrides, text=SPEC):
    return form_of(*compile_spec(Source("spec.yaml", text), overrides).unwrap())


def test_values_that_are_inputs_leave_the_form():
    plain = form()
    assert plain is not None
    assert form("vars.rate=0.2") == form("compile.optimizer.Adam.learning_rate=0.3") == form("seed=5") == plain
    weighted = form("fit.class_weight=balanced")
    assert weighted == form("fit.class_weight={'yes': 2.0}") != plain


@pytest.mark.parametrize(
    "override", ["layers.hidden.units=5", "fit.batch_size=8", "fit.epochs=3", "compile.optimizer=SGD"]
)
def test_what_changes_the_program_changes_the_form(override):
    assert form(override) not in (None, form())


@pytest.mark.parametrize(
    "override",
    [
        "fit.engine=fused",
        "fit.time_limit='1 min'",
        "fit.repeats=2",
        "fit.workers=2",
        "fit.callbacks=[ReduceLROnPlateau]",
        "compile.optimizer=Adafactor",
        "dtype_policy=mixed_float16",
        "data.split={folds: 3}",
    ],
)
def test_other_trainings_have_no_form(override):
    assert form(override) is None


def test_networks_that_gain_nothing_have_no_form():
    recurrent = SPEC.replace("shape: [2]", "shape: [2, 1]").replace(
        "Dense: {units: 4, activation: relu}", "LSTM: {units: 4}"
    )
    assert form(text=recurrent) is None


def test_a_sweep_that_measures_time_needs_it_for_each_trial():
    search = {"fit.batch_size": {"choice": [8, 16]}}
    sweep = {"search": search, "goal": {"minimize": "val_loss"}, "trials": 2}
    assert not measures_time(Sweep(**sweep))
    assert measures_time(Sweep(**sweep, constraints=["seconds < 5"]))
    assert measures_time(Sweep(**{**sweep, "goal": {"minimize": "seconds"}}))
