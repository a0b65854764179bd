"""`render`, `fmt` and the export to Python keep the meaning of any valid spec."""

from __future__ import annotations

import random

import pytest

from tests.support.round_trips import changed_spec, judge, valid_specs


@pytest.mark.parametrize(
    "seeds", [range(60), pytest.param(range(60, 220), marks=pytest.mark.slow)], ids=["few", "many"]
)
def test_changed_specs_keep_their_meaning(seeds: range) -> None:
    paths, valid = valid_specs(), 0
    for seed in seeds:
        rng = random.Random(seed)
        path = rng.choice(paths)
        text = changed_spec(path, rng)
        try:
            valid += judge(text, str(path))
        except Exception as error:
            raise AssertionError(f"seed {seed}, {path.name}:\n{text}") from error
    assert valid > len(seeds) / 4


@pytest.mark.parametrize(
    ("head", "loss"),
    [
        ("{units: 3, activation: softmax}", "hinge"),
        ("{units: 3, activation: softmax}", "binary_crossentropy"),
        ("{units: 1, activation: sigmoid}", "mse"),
        ("{units: 1, activation: tanh}", "huber"),
        ("{units: 1}", "categorical_hinge"),
    ],
)
def test_an_inferred_task_is_judged_as_a_stated_one(head: str, loss: str) -> None:
    """The resolved spec states what was inferred, and has the diagnostics of the original."""
    judge(
        f"kspec: 1\ninputs: {{x: {{shape: [4]}}}}\nlayers: [{{Dense: {head}, name: y}}]\n"
        f"compile: {{loss: {loss}, metrics: [accuracy]}}\n",
        "spec.yaml",
    )


def test_metrics_are_rendered_for_all_outputs_or_none() -> None:
    """Metrics of one output would leave the other without any."""
    assert judge(
        """\
kspec: 1
inputs: {x: {shape: [4]}}
layers:
  - Dense: {units: 1, activation: sigmoid}
    name: a
  - Dense: {units: 3, activation: softmax}
    name: b
    from: x
outputs: [a, b]
data: {csv: t.csv, inputs: [p, q, r, s], targets: {a: a, b: b}}
compile: {loss: {b: sparse_categorical_crossentropy}}
""",
        "spec.yaml",
    )


def test_a_network_without_layers_is_exported() -> None:
    assert judge("kspec: 1\ninputs: {x: {shape: [4]}}\nlayers: [{Dense: {units: 1}, when: false}]\n", "spec.yaml")


def test_an_unknown_dtype_ends_no_pass() -> None:
    text = (
        "kspec: 1\ninputs: {x: {shape: [4], dtype: sigmoid}}\nlayers: [Add: {from: [x, x]}, {Dropout: {rate: 0.5}}]\n"
    )
    assert not judge(text, "spec.yaml")
