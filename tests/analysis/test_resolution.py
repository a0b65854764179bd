"""The settings of training, and their defaults."""

import pytest

from kspec.compiler.passes import analyse
from kspec.diagnostics import Report
from tests.conftest import network, spec_of


def settings_of(layers, **more):
    report = Report()
    spec = spec_of(network(layers, **more), report)
    analysis = analyse(spec, report)
    assert not report.has_errors, [d.message for d in report]
    return analysis.settings


@pytest.mark.parametrize(
    ("layers", "task", "loss", "metric"),
    [
        ("Dense: {units: 1, activation: sigmoid}", "binary_classification", "binary_crossentropy", "accuracy"),
        ("Dense: {units: 3, activation: sigmoid}", "multilabel_classification", "binary_crossentropy", "binary_accuracy"),
        ("Dense: {units: 3, activation: softmax}", "multiclass_classification", "sparse_categorical_crossentropy", "accuracy"),
        ("Dense: {units: 1}", "regression", "mean_squared_error", "mean_absolute_error"),
        ("Dense: {units: 3}\n  - Softmax", "multiclass_classification", "sparse_categorical_crossentropy", "accuracy"),
        ("Dense: {units: 1}\n  - op: sigmoid", "binary_classification", "binary_crossentropy", "accuracy"),
        ("Dense: {units: 1}\n  - Activation: {activation: sigmoid}\n  - Dropout: {rate: 0.1}",
         "binary_classification", "binary_crossentropy", "accuracy"),
    ],
)  # fmt: skip
def test_defaults(layers, task, loss, metric):
    output = next(iter(settings_of(f"  - {layers}").outputs.values()))
    assert (output.task, output.loss, output.metrics) == (task, loss, [metric])


def test_an_unclear_task_must_be_set(codes):
    merged = "  - Dense: {units: 1}\n    name: a\n  - Dense: {units: 1}\n    name: b\n  - Add:\n    from: [a, b]"
    data = "data: {csv: a.csv}\n"
    assert codes(network(merged, more=data)) == ["KS401"]
    assert codes(network(merged, more=data + "task: regression")) == []
    assert codes(network(merged, more=data + "compile: {loss: mse}")) == []
    assert codes(network(merged)) == []


def test_logits():
    more = "compile: {loss: {BinaryCrossentropy: {from_logits: true}}}"
    output = settings_of("  - Dense: {units: 1}", more=more).outputs["dense"]
    assert output.logits
    assert output.task == "binary_classification"


def test_a_task_on_a_linear_output_implies_logits():
    output = settings_of("  - Dense: {units: 3}", more="task: multiclass_classification").outputs["dense"]
    assert output.loss == {"SparseCategoricalCrossentropy": {"from_logits": True}}
    assert output.logits


def test_per_output():
    layers = "  - Dense: {units: 1, activation: sigmoid}\n    name: a\n  - Dense: {units: 2}\n    from: x\n    name: b"
    settings = settings_of(
        layers, more="outputs: [a, b]\ncompile: {loss: {b: huber}, metrics: {a: [AUC]}, loss_weights: {b: 0.5}}"
    )
    assert settings.outputs["a"].loss == "binary_crossentropy"
    assert settings.outputs["a"].metrics == ["AUC"]
    assert settings.outputs["b"].loss == "huber"
    assert settings.outputs["b"].metrics == []
    assert settings.outputs["b"].loss_weight == 0.5
    assert [default.setting for default in settings.defaults] == ["optimizer", "loss of a", "loss_weights of a"]


def test_losses_with_free_form_targets_have_no_default_metric():
    output = settings_of("  - Dense: {units: 12}", inputs="{x: {shape: [40, 13]}}", more="compile: {loss: ctc}").outputs
    assert output["dense"].metrics == []


def test_class_weights_cause_no_further_errors_if_outputs_are_invalid(codes):
    text = network("  - Dense: {units: 2}\n    name: a", more="outputs: nowhere\nfit: {class_weight: {a: balanced}}")
    assert codes(text) == ["KS201"]


@pytest.mark.parametrize(
    ("layer", "more", "threshold", "raw", "kind"),
    [
        ("Dense: {units: 1, activation: sigmoid}", "", 0.5, 0.5, "probability"),
        ("Dense: {units: 1}", "compile: {loss: {BinaryCrossentropy: {from_logits: true}}}", 0.5, 0.0, "probability"),
        ("Dense: {units: 1}", "compile: {loss: hinge}", 0.0, 0.0, "score"),
        ("Dense: {units: 3, activation: tanh}", "compile: {loss: squared_hinge}", 0.0, 0.0, "score"),
        ("Dense: {units: 1, activation: tanh}", "compile: {loss: hinge}\npredict: {threshold: -0.2}", -0.2, 0.0, "score"),
        ("Dense: {units: 1}\n  - op: sigmoid", "", 0.5, 0.5, "probability"),
    ],
)  # fmt: skip
def test_thresholds_follow_the_output(layer, more, threshold, raw, kind):
    (output,) = settings_of(f"  - {layer}", more=more).outputs.values()
    assert (output.threshold, output.raw_threshold, output.kind_of_value) == (threshold, raw, kind)
    assert output.has_threshold


@pytest.mark.parametrize("more", ["compile: {loss: {a: mse, b: null}}", "data: {csv: t.csv, targets: {a: y}}"])
def test_an_output_without_a_loss_has_no_settings_of_training(more):
    layers = "  - Dense: {units: 1}\n    name: a\n  - Dense: {units: 2}\n    from: x\n    name: b"
    settings = settings_of(layers, more=f"outputs: [a, b]\n{more}")
    assert (settings.outputs["b"].loss, settings.outputs["b"].metrics) == (None, [])
    assert not [default for default in settings.defaults if default.path[-1] == "b"]


@pytest.mark.parametrize("loss", ["mse", "kl_divergence", "binary_crossentropy", "categorical_hinge"])
def test_classes_are_one_hot_for_losses_of_units(loss):
    layer, more = (
        "  - Dense: {units: 3, activation: softmax}",
        f"task: multiclass_classification\ncompile: {{loss: {loss}}}",
    )
    report = Report()
    (output,) = analyse(spec_of(network(layer, more=more), report), report).settings.outputs.values()
    assert output.target_form == "one_hot"
