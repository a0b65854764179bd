"""KS630 to KS634, KS646 and KS647: sweeps that cannot run, and points that cannot be trained."""

import re

import pytest

from kspec.compiler.check import check_spec
from kspec.diagnostics import Source

SPEC = """\
kspec: 1
vars: {depth: 1, spare: 1}
data: {synthetic: {examples: 60}, split: {validation: 0.2}}
inputs: {image: {shape: [12, 12, 1]}}
blocks:
  stage:
    layers:
      - Conv2D: {filters: 4, kernel_size: 3}
        name: conv
      - MaxPooling2D: {}
layers:
  - block: stage
    repeat: $depth
  - Flatten: {}
  - Dropout: {rate: 0.1}
    name: drop
  - Dense: {units: 3, activation: softmax}
    name: y
sweep:
  search: SEARCH
  goal: {maximize: val_accuracy}
"""


@pytest.fixture(autouse=True)
def _few_points(monkeypatch):
    monkeypatch.setattr("kspec.compiler.search.check.POINTS", 24)


def check(search, *overrides):
    found = check_spec(Source("spec.yaml", SPEC.replace("SEARCH", search)), overrides).diagnostics
    return [(str(d.code), d.message) for d in found]


TWO = "sweep.search.fit.batch_size={int: [8, 64]}"
CHOICE = "sweep.search.fit.epochs={choice: [1, 2]}"
RATE = "{layers.drop.rate: {uniform: [0, 0.5]}}"


@pytest.mark.parametrize(
    ("overrides", "code", "message"),
    [
        (["sweep.goal={maximize: accuracy}"], "KS630", "measured on the training data"),
        (["sweep.goal={maximize: val_acuracy}"], "KS630", "training does not log `val_acuracy`"),
        (["data.split.validation=0"], "KS631", "no validation data"),
        (["sweep.sampler=Grid"], "KS632", "`layers.drop.rate` has no end of values"),
        (["sweep.sampler=CmaEs"], "KS632", "at least two ranges of numbers"),
        (["sweep.sampler=CmaEs", TWO, "sweep.goal.minimize=parameters"], "KS632", "searches for one goal"),
        (["sweep.sampler=CmaEs", TWO, CHOICE], "KS647", "`fit.epochs` is drawn at random"),
        (["sweep.goal.minimize=parameters", "sweep.then.repeat=2"], "KS647", "no best point to train again"),
        (["sweep.sampler=NSGAII"], "KS647", "made for several goals"),
        (["sweep.goal={minimize: val_accuracy}"], "KS647", "the sweep looks for the worst"),
        (["sweep.search.data.split.validation={uniform: [0.1, 0.2]}"], "KS646", "trials are compared on different"),
        (["sweep.pruner=Median", "sweep.goal.minimize=parameters"], "KS632", "the sweep has several"),
        (["sweep.pruner=Median", "sweep.goal={minimize: parameters}"], "KS632", "is known before"),
        (["sweep.pruner=Median", "fit.repeats=2"], "KS632", "trains several times"),
    ],
)
def test_a_sweep_that_cannot_run(overrides, code, message):
    found = check(RATE, *overrides)
    assert [each for each, _ in found] == [code]
    assert message in found[0][1]


@pytest.mark.parametrize(
    "overrides",
    [
        [],
        ["sweep.sampler={TPE: {seed: 3}}", "sweep.pruner={Patient: {wrapped_pruner: Median, patience: 2}}"],
        ["sweep.goal={maximize: val_accuracy, minimize: [val_loss, parameters]}", "sweep.sampler=NSGAII"],
        ["sweep.constraints=[parameters <= 1e6, seconds <= 1 min, memory < 1 GB]"],
    ],
)
def test_a_sweep_that_can_run(overrides):
    assert check(RATE, *overrides) == []


@pytest.mark.parametrize(
    ("search", "message"),
    [
        ("{layers.drop.rate: {uniform: [0, 1.5]}}", "`layers.drop.rate: 1.5` cannot be: `rate` of `Dropout` must be"),
        ("{layers.drp.rate: {uniform: [0, 0.5]}}", "drp"),
        ("{fit.batch_size: {uniform: [8, 16]}}", "`fit.batch_size: 9.14"),
        ("{vars.deep: {int: [1, 2]}}", "deep"),
        ("{vars.depth: {choice: [1, deep]}}", "`vars.depth: deep` cannot be: `repeat` must be"),
        ("{layers.y.units: {int: [2, 3]}, layers.y.Dense.units: {int: [2, 3]}}", "name the same value"),
        ("{layers.drop: {choice: [ReLU]}, layers.drop.rate: {uniform: [0, 1]}}", "overlap"),
        ("{sweep.trials: {int: [1, 2]}}", "no trial depends on `sweep`"),
        ("{seed: {int: [1, 2]}}", "a seed is nothing to search"),
        ("{vars.depth=1: {int: [1, 2]}}", "`vars.depth=1` is no address"),
        ("{vars.spare: {int: [1, 2]}}", "no trial depends on the variable `spare`: nothing uses it"),
    ],
)
def test_an_address_that_does_not_take_its_range(search, message):
    found = check(search)
    assert [code for code, _ in found] == ["KS633"]
    assert message in found[0][1]


def test_all_mistakes_are_found_at_once():
    search = "{vars.depth: {int: [3, 1]}, layers.drp.rate: {uniform: [0, 1]}, layers.y.units: {int: [0, 3]}}"
    overrides = ["sweep.goal={maximize: val_acuracy}", "sweep.sampler=TPEE", "sweep.trials=0"]
    assert sorted(code for code, _ in check(search, *overrides)) == ["KS103"] * 3 + ["KS630"] + ["KS633"] * 2


def test_points_that_cannot_be_trained_are_described_by_their_region():
    found = check("{vars.depth: {int: [1, 3]}, layers.drop.rate: {uniform: [0, 0.5]}}")
    assert [code for code, _ in found] == ["KS634"]
    assert found[0][1].startswith("`vars.depth: 3`: `stage_2/conv` cannot fit a kernel of 3 by 3")


def test_constraints_refuse_points():
    found = check("{layers.y.units: {int: [2, 60]}}", "sweep.constraints=[parameters <= 2000]")
    assert [code for code, _ in found] == ["KS634"]
    assert re.match(
        r"`layers.y.units` ≥ 2\d: `parameters <= 2000` is violated: 6,100 parameters; 1\d of 2", found[0][1]
    )


def test_a_space_without_a_point_is_an_error():
    found = check(RATE, "sweep.constraints=[parameters <= 3]")
    assert [code for code, _ in found] == ["KS634"]
    assert found[0][1].startswith("no point of the sweep can be trained: `parameters <= 3` is violated: ")
