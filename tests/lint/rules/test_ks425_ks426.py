"""KS425, KS426, and every other problem of training stages."""

import pytest

from tests.conftest import diagnostics_of, spec_of

LAYERS = """\
kspec: 1
data: {synthetic: {}}
inputs: {x: {shape: [4]}}
layers:
  - Dense: {units: 4}
    name: hidden
  - Dense: {units: 4}
  - reuse: hidden
    name: again
  - op: tanh
    name: bent
  - Normalization: {mean: 0.0, variance: 1.0}
    name: scaled
  - Dense: {units: 1}
    name: value
fit:
"""


def problems(stages):
    return diagnostics_of(f"{LAYERS}  stages: {stages}\n")


@pytest.mark.parametrize(
    "stages",
    [
        "[{}]",
        "[{epochs: 2}, {optimizer: {SGD: {learning_rate: 1e-3}}}]",
        "[{name: head, trainable: {'*': false, value: true}}, {name: all, trainable: {'*': true}}]",
        "[{trainable: {hidden: false}}, {trainable: {hidden: true, value: false}}]",
    ],
)
def test_valid_stages(stages):
    assert problems(stages) == []


@pytest.mark.parametrize(
    ("stages", "code", "words"),
    [
        ("[{trainable: {hiden: false}}]", "KS201", "unknown node `hiden`"),
        ("[{trainable: {'conv*': false}}]", "KS201", "`conv*` matches no layer"),
        ("[{trainable: {hidden/kernel: false}}]", "KS201", "unknown node `hidden/kernel`"),
        ("[{trainable: {x: false}}]", "KS211", "`x` is an input, not a layer"),
        ("[{trainable: {bent: false}}]", "KS211", "`bent` is an op without weights, not a layer"),
        ("[{trainable: {again: false}}]", "KS211", "`again` is a second call of `hidden`, not a layer"),
        ("[{trainable: {dense: false}}]", "KS213", "`dense` is an automatic name: it changes if a layer is inserted above"),
        ("[{trainable: {'*': false, scaled: true}}]", "KS425", "stage 1 has nothing to train: every layer with weights is frozen"),
        ("[{}, {trainable: {'*': false}}]", "KS425", "stage 2 has nothing to train: every layer with weights is frozen"),
        ("[{name: a}, {name: b, trainable: {hidden: true}}]", "KS426", "b trains the same weights as a: `hidden` already trains there"),
        ("[{name: a}, {name: a}]", "KS203", "duplicate stage name `a`"),
        ("[{optimizer: Adan}]", "KS106", "unknown optimizer `Adan`"),
        ("[{optimizer: {SGD: {rate: 1}}}]", "KS110", "`SGD` has no argument `rate`"),
        ("[{epochs: 0}]", "KS103", "`epochs` must be greater than 0, not 0"),
        ("[]", "KS103", "`stages` is empty"),
        ("[{trainable: true}]", "KS103", "`trainable` of a stage must be a mapping from layers to true or false"),
        ("[{trainable: [hidden]}]", "KS103", "`trainable` of a stage must be a mapping from layers to true or false, not a list"),
        ("[{freeze: hidden}]", "KS101", "unknown key `freeze` in `stages`"),
    ],
)  # fmt: skip
def test_problems_are_reported_at_their_place(stages, code, words):
    (problem,) = problems(stages)
    assert (problem.code, problem.message) == (code, words)
    assert problem.span.line == len(LAYERS.splitlines()) + 1


def test_a_typo_is_fixed():
    (problem,) = problems("[{trainable: {hiden: false}}]")
    assert problem.edits[0].replacement == "hidden"


MODELS = """\
kspec: 1
data: {synthetic: {}}
inputs: {x: {shape: [4]}}
models:
  inner:
    inputs: {v: {shape: [4]}}
    layers:
      - Dense: {units: 4}
        name: a
  base:
    inputs: {p: {shape: [4]}}
    trainable: false
    layers:
      - Dense: {units: 4}
        name: b
        repeat: 2
      - model: inner
layers:
  - model: base
    name: code
  - Dense: {units: 1}
    name: value
"""


@pytest.mark.parametrize(
    ("trainable", "trains"),
    [
        ("{}", {"value"}),
        ("{base: true}", {"value", "base/b_0", "base/b_1", "inner/a"}),
        ("{base: true, inner: false}", {"value", "base/b_0", "base/b_1"}),
        ("{base/b: true}", {"value", "base/b_0", "base/b_1"}),
        ("{'*/*': true, base/b_1: false}", {"value", "base/b_0", "inner/a"}),
        ("{'*': false, inner: true}", {"inner/a"}),
    ],
)
def test_sub_models(trainable, trains):
    from kspec.analysis.stages import trained_sizes
    from kspec.compiler.passes import analyse
    from kspec.diagnostics import Report

    spec = spec_of(f"{MODELS}fit: {{stages: [{{trainable: {trainable}}}]}}\n")
    analysis = analyse(spec, Report())
    assert set(trained_sizes(analysis.graph, analysis.types, analysis.settings.stages[0])) == trains


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        ("code", "`code` is a call of sub-model `base`, not a layer"),
        ("base/bb", "unknown node `base/bb`"),
        ("base/a", "unknown node `base/a`"),
    ],
)
def test_patterns_without_a_layer_of_a_sub_model(pattern, words):
    (problem,) = diagnostics_of(f"{MODELS}fit: {{stages: [{{trainable: {{{pattern}: false}}}}]}}\n")
    assert problem.message == words
