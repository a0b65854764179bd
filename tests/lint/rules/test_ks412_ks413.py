"""KS412 and KS413: metrics that cannot measure an output."""

import pytest

from tests.lint.rules.helpers import check, codes, dense, fixed, spec

SCE, CCE, BCE = "sparse_categorical_crossentropy", "categorical_crossentropy", "binary_crossentropy"


def net(units, activation, loss, metrics, more=""):
    last = f"Dense: {{units: {units}, activation: {activation}}}" if activation else f"Dense: {{units: {units}}}"
    return spec(f"{last}\n    name: y", f"compile: {{loss: {loss}, metrics: {metrics}}}\n{more}")


@pytest.mark.parametrize(
    "metric", ["accuracy", "acc", "BinaryAccuracy", "SparseCategoricalAccuracy", "{BinaryAccuracy: {threshold: 0.3}}"]
)
def test_accuracy_of_a_number(metric):
    for loss in ("mse", "mean_absolute_error", "huber"):
        assert "[mean_absolute_error]" in fixed("KS412", net(1, None, loss, f"[{metric}]"))


def test_accuracy_beside_the_right_metric():
    diagnostics = check(net(1, None, "mse", "[mae, accuracy]"))
    assert codes(diagnostics) == ["KS412"]
    assert not diagnostics[0].edits


def test_accuracy_in_the_table_of_outputs():
    text = spec("Dense: {units: 1}\n    name: a\nDense: {units: 1}\n    from: x\n    name: b",
                "outputs: [a, b]\ncompile: {loss: mse, metrics: {a: [mae], b: accuracy}}")  # fmt: skip
    assert "b: mean_absolute_error" in fixed("KS412", text)


@pytest.mark.parametrize(
    ("units", "activation", "loss"),
    [(1, "sigmoid", "mse"), (3, "softmax", "mse"), (1, "sigmoid", BCE), (3, "softmax", SCE),
     (1, None, "{BinaryCrossentropy: {from_logits: true}}"), (1, None, "hinge"), (8, None, "circle"), (1, "sigmoid", "dice")],
)  # fmt: skip
def test_accuracy_that_may_be_meaningful(units, activation, loss):
    assert "KS412" not in codes(check(net(units, activation, loss, "[accuracy]")))


def test_accuracy_of_classes_below_0(tmp_path):
    text = net(1, "tanh", "mse", "[accuracy]")
    assert codes(check(text)) == ["KS412"]
    data = text + "data: {csv: t.csv, inputs: [a, b, c, d], targets: y}\n"
    table = "a,b,c,d,y\n" + "".join(f"{i % 3},{i % 5},{i % 4},{i % 7},{{}}\n" for i in range(60))
    for low, expected in ((-1, ["KS412"]), (0, [])):
        rows = table.format(*[(low, 1)[i % 2] for i in range(60)])
        assert codes(check(data, tmp_path, t=rows)) == expected


def test_a_default_metric_is_not_reported():
    assert check(spec("Dense: {units: 1}")) == []


@pytest.mark.parametrize(
    "metric", ["AUC", "Precision", "Recall", "F1Score", "mse", "{TopKCategoricalAccuracy: {k: 2}}"]
)
def test_numbers_of_classes_against_the_class_s_number(metric):
    diagnostics = check(net(3, "softmax", SCE, f"[{metric}]"))
    assert codes(diagnostics) == ["KS413"]
    assert diagnostics[0].is_error


@pytest.mark.parametrize(("metric", "right"), [("CategoricalAccuracy", "sparse_categorical_accuracy"), ("{TopKCategoricalAccuracy: {k: 2}}", "{SparseTopKCategoricalAccuracy: {k: 2}}"), ("BinaryAccuracy", "accuracy"),
                                               ("categorical_crossentropy", "SparseCategoricalCrossentropy")])  # fmt: skip
def test_the_other_form_of_a_metric(metric, right):
    assert f"[{right}]" in fixed("KS413", net(3, "softmax", SCE, f"[{metric}]"))


@pytest.mark.parametrize("metric", ["accuracy", "SparseCategoricalAccuracy", "{sparse_top_k_categorical_accuracy: {k: 2}}",
                                    "{MeanIoU: {num_classes: 3, sparse_y_pred: false}}", "SparseCategoricalCrossentropy"])  # fmt: skip
def test_what_takes_the_class_s_number(metric):
    assert check(net(3, "softmax", SCE, f"[{metric}]")) == []


@pytest.mark.parametrize(
    "metric",
    ["SparseCategoricalAccuracy", "{SparseTopKCategoricalAccuracy: {k: 2}}", "sparse_categorical_crossentropy"],
)
@pytest.mark.parametrize(("activation", "loss"), [("softmax", CCE), ("sigmoid", BCE)])
def test_the_class_s_number_against_numbers_of_classes(metric, activation, loss):
    assert codes(check(net(3, activation, loss, f"[{metric}]"))) == ["KS413"]
    fixed("KS413", net(3, activation, loss, f"[{metric}]"))


@pytest.mark.parametrize("metric", ["CategoricalAccuracy", "SparseCategoricalAccuracy", "TopKCategoricalAccuracy"])
def test_classes_of_one_unit(metric):
    assert "[binary_accuracy]" in fixed("KS413", net(1, "sigmoid", BCE, f"[{metric}]"))


@pytest.mark.parametrize("metric", ["AUC", "Precision", "F1Score"])
def test_scores_of_a_number(metric):
    assert codes(check(net(1, None, "mse", f"[{metric}]"))) == ["KS413"]


@pytest.mark.parametrize(("metric", "right"), [("AUC", "{AUC: {from_logits: true}}"), ("{AUC: {curve: PR}}", "from_logits: true, curve: PR"),
                                               ("Precision", "{Precision: {thresholds: 0}}"), ("binary_accuracy", "threshold: 0")])  # fmt: skip
def test_thresholds_of_logits(metric, right):
    text = net(1, None, "{BinaryCrossentropy: {from_logits: true}}", f"[{metric}]")
    assert not check(text)[0].is_error
    assert right in fixed("KS413", text)


@pytest.mark.parametrize("activation", [None, "tanh"])
def test_thresholds_of_scores(activation):
    assert "{BinaryAccuracy: {threshold: 0}}" in fixed("KS413", net(1, activation, "hinge", "[binary_accuracy]"))
    assert check(net(1, activation, "hinge", "[accuracy]")) == []


TWO = "Dense: {units: 1}\n    name: a\nDense: {units: 1}\n    from: x\n    name: b"


@pytest.mark.parametrize(("more", "reason"), [("compile: {loss: {a: mse, b: null}, metrics: {a: [mae], b: [mae]}}", "its loss is null"),
                                              ("data: {csv: t.csv, targets: {a: y}}\ncompile: {weighted_metrics: {b: [mae]}}", "it has no target")])  # fmt: skip
def test_metrics_of_an_output_without_a_loss(more, reason):
    diagnostics = check(spec(TWO, f"outputs: [a, b]\n{more}"))
    assert codes(diagnostics) == ["KS413"]
    assert diagnostics[0].message == f"the metrics of `b` are not computed: {reason}"


def test_a_loss_weight_without_a_loss():
    diagnostics = check(spec(TWO, "outputs: [a, b]\ncompile: {loss: {a: mse, b: null}, loss_weights: {a: 1, b: 2}}"))
    assert [d.message for d in diagnostics] == ["the loss weight of `b` has no effect: its loss is null"]


def test_an_output_whose_loss_is_null_needs_no_metrics():
    assert check(spec(TWO, "outputs: [a, b]\ncompile: {loss: {a: mse, b: null}, metrics: {a: [mae], b: null}}")) == []


def test_metrics_in_lines():
    text = spec(
        "Dense: {units: 1}",
        "compile:\n  loss: {BinaryCrossentropy: {from_logits: true}}\n  metrics:\n    - AUC\n    - AUC:\n        curve: PR\n        from_logits: true",
    )
    assert "    - AUC: {from_logits: true}\n    - AUC:" in fixed("KS413", text)


@pytest.mark.parametrize(
    "metric",
    [
        "accuracy",
        "{AUC: {from_logits: true}}",
        "{BinaryAccuracy: {threshold: 0.0}}",
        "{Precision: {thresholds: 0}}",
        "mse",
    ],
)
def test_metrics_that_handle_logits(metric):
    assert check(net(1, None, "{BinaryCrossentropy: {from_logits: true}}", f"[{metric}]")) == []


@pytest.mark.parametrize(
    "metrics",
    ["[accuracy, AUC, Precision, F1Score, mse]", "AUC", "{y: [AUC]}", "[accuracy, {TopKCategoricalAccuracy: {k: 2}}]"],
)
def test_one_hot_targets_take_most(metrics):
    assert check(net(3, "softmax", CCE, metrics)) == []


@pytest.mark.parametrize("metrics", ["[3]", "[[AUC]]", "{y: 3}", "[{a: 1, b: 2}]", "7"])
def test_invalid_metrics_are_only_reported_as_such(metrics):
    diagnostics = codes(check(net(3, "softmax", SCE, metrics)))
    assert diagnostics
    assert not {"KS412", "KS413"} & set(diagnostics)


@pytest.mark.parametrize(
    ("units", "activation", "loss", "metric", "right"),
    [
        (1, "sigmoid", BCE, "{F1Score: {average: micro}}", "{F1Score: {threshold: 0.5, average: micro}}"),
        (3, "sigmoid", BCE, "F1Score", "{F1Score: {threshold: 0.5}}"),
        (3, "sigmoid", BCE, "CategoricalAccuracy", "[binary_accuracy]"),
        (1, "sigmoid", BCE, "{MeanIoU: {num_classes: 2}}", "[BinaryIoU]"),
        (3, "softmax", SCE, "{MeanIoU: {num_classes: 3}}", "{sparse_y_pred: false, num_classes: 3}"),
        (3, "softmax", CCE, "{MeanIoU: {num_classes: 3}}", "{OneHotMeanIoU: {num_classes: 3}}"),
        (5, "softmax", CCE, "{OneHotMeanIoU: {num_classes: 3}}", "num_classes: 5"),
        (3, "softmax", CCE, "BinaryCrossentropy", "[categorical_crossentropy]"),
        (3, "softmax", SCE, "AUC", "loss: categorical_crossentropy"),
        (1, None, "mse", "CosineSimilarity", "[R2Score]"),
        (1, None, "mse", "PearsonCorrelation", "[R2Score]"),
        (3, None, "{CategoricalCrossentropy: {from_logits: true}}", "CategoricalCrossentropy", "from_logits: true}}]"),
        (3, "softmax", CCE, "{CategoricalCrossentropy: {from_logits: true}}", "{from_logits: false}"),
        (3, "softmax", CCE, "Accuracy", "[accuracy]"),
    ],
)
def test_the_cure(units, activation, loss, metric, right):
    assert right in fixed("KS413", net(units, activation, loss, f"[{metric}]"))


def test_one_hot_labels_by_default():
    text = spec("Dense: {units: 3, activation: softmax}\n    name: y", "compile: {metrics: [F1Score]}")
    assert "compile: {loss: categorical_crossentropy, metrics: [F1Score]}" in fixed("KS413", text)


@pytest.mark.parametrize("metric", ["{TopKCategoricalAccuracy: {k: 3}}", "{Precision: {class_id: 3}}",
                                    "{AUC: {multi_label: true, num_labels: 2}}", "{CosineSimilarity: {axis: 0}}"])  # fmt: skip
def test_arguments_against_the_units(metric):
    assert codes(check(net(3, "softmax", CCE, f"[{metric}]"))) == ["KS413"]


@pytest.mark.parametrize("metric", ["F1Score", "R2Score", "{AUC: {multi_label: true}}"])
def test_one_prediction_an_example(metric):
    text = spec("Dense: {units: 3, activation: softmax}\n    name: y", f"compile: {{loss: {CCE}, metrics: [{metric}]}}",
                inputs="{x: {shape: [6, 4]}}")  # fmt: skip
    found = [problem for problem in check(text) if problem.code == "KS413"]
    assert [problem.is_error for problem in found] == [True]


def test_weighted_counts_of_classes():
    text = spec("Dense: {units: 3, activation: softmax}\n    name: y",
                f"compile: {{loss: {CCE}, metrics: [], weighted_metrics: [{{OneHotMeanIoU: {{num_classes: 3}}}}]}}")  # fmt: skip
    assert "dtype: float32" in fixed("KS413", text)


@pytest.mark.parametrize("loss", ["ctc", "circle"])
def test_no_metric_compares_targets_of_another_form(loss):
    assert "KS413" in codes(check(net(3, None, loss, "[mae]")))


def test_weights_of_several_yes_or_no():
    text = dense(3, "sigmoid", f"{BCE}, metrics: [], weighted_metrics: [{{BinaryIoU: {{dtype: float32}}}}]")
    assert [(problem.code, problem.is_error) for problem in check(text)] == [("KS413", True)]
    assert check(text.replace("units: 3", "units: 1")) == []
