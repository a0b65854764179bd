"""Every kind of output, with and without a written loss and metric: settings, predictions and metrics agree."""

from __future__ import annotations

import csv
import json

import numpy as np
import pytest

from kspec import run
from kspec.compiler.passes import analyse
from kspec.diagnostics import Report, Source
from kspec.language import load_source

BCE, LOGITS = "binary_crossentropy", {"BinaryCrossentropy": {"from_logits": True}}
SPARSE_LOGITS = {"SparseCategoricalCrossentropy": {"from_logits": True}}
AT_ZERO = {"BinaryAccuracy": {"threshold": 0}}
KINDS = {
    # name: (layer, task, loss, metric where none is written, metric where `accuracy` is written)
    "sigmoid": ("units: 1, activation: sigmoid", "binary_classification", BCE, "accuracy", "accuracy"),
    "sigmoids": ("units: 3, activation: sigmoid", "multilabel_classification", BCE, "binary_accuracy", {"BinaryAccuracy": {"name": "accuracy"}}),
    "logit": ("units: 1", "binary_classification", LOGITS, {"BinaryAccuracy": {"threshold": 0, "name": "accuracy"}}, None),
    "logits": ("units: 3", "multilabel_classification", LOGITS, AT_ZERO, {"BinaryAccuracy": {"threshold": 0, "name": "accuracy"}}),
    "softmax": ("units: 4, activation: softmax", "multiclass_classification", "sparse_categorical_crossentropy", "accuracy", "accuracy"),
    "one_hot": ("units: 4, activation: softmax", "multiclass_classification", "categorical_crossentropy", "accuracy", "accuracy"),
    "class_logits": ("units: 4", "multiclass_classification", SPARSE_LOGITS, "accuracy", "accuracy"),
    "linear": ("units: 1", "regression", "mean_squared_error", "mean_absolute_error", None),
    "linears": ("units: 2", "regression", "mean_squared_error", "mean_absolute_error", None),
    "tanh": ("units: 1, activation: tanh", "binary_classification", "hinge", {"BinaryAccuracy": {"threshold": 0, "name": "accuracy"}}, None),
    "tanhs": ("units: 3, activation: tanh", "multilabel_classification", "squared_hinge", AT_ZERO, {"BinaryAccuracy": {"threshold": 0, "name": "accuracy"}}),
}  # fmt: skip
AT_POSITIONS = {
    "tags": ("units: 4, activation: softmax", "multiclass_classification", "sparse_categorical_crossentropy", "accuracy", "accuracy"),
    "tag_columns": ("units: 4, activation: softmax", "multiclass_classification", "categorical_crossentropy", "accuracy", "accuracy"),
    "flags": ("units: 3", "multilabel_classification", LOGITS, AT_ZERO, {"BinaryAccuracy": {"threshold": 0, "name": "accuracy"}}),
    "levels": ("units: 2", "regression", "mean_squared_error", "mean_absolute_error", None),
}  # fmt: skip
UNWRITTEN_LOSS_IMPOSSIBLE = {"tanh", "tanhs"}
N = 96


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("kinds")
    random = np.random.default_rng(3)
    x, series = random.normal(size=(N, 4)), random.normal(size=(N, 5, 3))
    classes, tags = (x[:, 0] * 1.5 + 1.2).astype(int).clip(0, 3), (series[:, :, 0] * 1.5 + 1.2).astype(int).clip(0, 3)
    labels = (x[:, :3] > [0.8, -0.3, 0.1]).astype("int64")
    arrays = {
        "x": x, "series": series, "sigmoid": labels[:, 0], "sigmoids": labels, "logit": labels[:, 1], "logits": labels,
        "softmax": classes, "one_hot": np.eye(4)[classes], "class_logits": classes, "linear": x.sum(axis=1),
        "linears": x[:, :2] ** 2, "tanh": 2 * labels[:, 2] - 1, "tanhs": 2 * labels - 1, "tags": tags,
        "tag_columns": np.eye(4)[tags], "flags": (series > [0.7, -0.2, 0.1]).astype("int64"), "levels": series[:, :, :2],
    }  # fmt: skip
    np.savez(folder / "t.npz", **arrays)
    return folder


def spec(kinds, *, loss: bool, metric: bool, engine: str = "keras") -> str:
    """A spec with an output of each kind.

    Args:
        kinds: The outputs.
        loss: Whether the losses are written, with `null` for an output that has a target; where not, the tasks are.
        metric: Whether `accuracy` is written.
        engine: The training engine.
    """
    losses = {name: kind[2] for name, kind in kinds.items() if loss or name in UNWRITTEN_LOSS_IMPOSSIBLE}
    targets = {name: name for name in kinds}
    if loss:  # else it has no target
        losses["untrained"], targets["untrained"] = None, "levels" if "levels" in kinds else "linears"
    tasks = {} if loss else {"task": {name: kind[1] for name, kind in kinds.items()}}
    metrics = {n: ["mean_absolute_error" if k[1] == "regression" else "accuracy"] for n, k in kinds.items()}
    compile_ = {"loss": losses} if losses else {}
    compile_ |= {"metrics": metrics} if metric else {}
    source = "series" if "tags" in kinds else "x"
    document = {
        "kspec": 1,
        **tasks,
        "data": {"npz": "t.npz", "inputs": {"a": source}, "targets": targets},
        "inputs": {"a": {"shape": [5, 3] if source == "series" else [4]}},
        "outputs": [*kinds, "untrained"],
        "compile": compile_,
        "fit": {"epochs": 2, "batch_size": 16, "engine": engine, "verbose": 0},
        "evaluate": {"batch_size": 7},
    }
    layers = "".join(f"  - Dense: {{{kind[0]}}}\n    from: a\n    name: {name}\n" for name, kind in kinds.items())
    layers += "  - Dense: {units: 2}\n    from: a\n    name: untrained\n"
    return "".join(f"{key}: {json.dumps(value)}\n" for key, value in document.items()) + f"layers:\n{layers}"


def compiled(text):
    report = Report()
    loaded = load_source(Source("spec.yaml", text), report, ())
    settings = analyse(loaded, report).settings
    assert not report.has_errors, [diagnostic.message for diagnostic in report]
    return settings.outputs


@pytest.mark.parametrize("loss", [True, False])
@pytest.mark.parametrize("metric", [True, False])
@pytest.mark.parametrize("kinds", [KINDS, AT_POSITIONS])
def test_settings(kinds, loss, metric):
    outputs = compiled(spec(kinds, loss=loss, metric=metric))
    for name, (_, task, own_loss, default, accuracy) in kinds.items():
        resolved = outputs[name]
        expected = (accuracy or default) if metric else default
        assert (resolved.task, resolved.metrics) == (task, [expected]), name
        if not (task.startswith("multiclass") and not loss):  # the data decides between one-hot and sparse
            assert resolved.loss == own_loss, name
        if resolved.has_threshold:
            assert resolved.threshold == (0.0 if name.startswith("tanh") else 0.5)
    assert (outputs["untrained"].loss, outputs["untrained"].metrics) == (None, [])


def score(task, true, predicted, threshold):
    """The default metric from predictions, by numpy."""
    if task == "regression":
        return np.abs(predicted - true.reshape(predicted.shape)).mean()
    if task == "multiclass_classification":
        classes = true.argmax(axis=-1) if true.shape == predicted.shape else true
        return (predicted.argmax(axis=-1) == classes).mean()
    return ((predicted > threshold) == (true.reshape(predicted.shape) > 0)).mean()


@pytest.mark.parametrize(("kinds", "loss", "metric", "engine"), [(AT_POSITIONS, False, True, "fused"), *(pytest.param(*case, marks=pytest.mark.slow) for case in (
    (KINDS, True, False, "fused"), (KINDS, False, True, "keras"), (AT_POSITIONS, True, False, "keras")))])  # fmt: skip
def test_metrics_are_those_of_the_predictions(kinds, loss, metric, engine, folder, monkeypatch):
    monkeypatch.chdir(folder)
    path = folder / f"{engine}.yaml"
    path.write_text(spec(kinds, loss=loss, metric=metric, engine=engine))
    result = run(path)
    rows, written = np.arange(N), json.loads((result.folder / "metrics.json").read_text())
    arrays = np.load(folder / "t.npz")
    if kinds is KINDS:
        with (result.folder / "predictions.csv").open() as file:
            table = list(csv.DictReader(file))
        rows = np.array([int(row["row"]) for row in table]) - 1
        assert {"tanh_score", "tanhs_0_score", "logit_probability", "sigmoids_2_probability", "linear"} < set(table[0])
        assert not {"tanh_probability", "linear_probability", "untrained_0_probability"} & set(table[0])
    else:
        x = arrays["series"]
        first = result.model.predict(x, verbose=0)["tags"]
        found = np.abs(first[:, None] - result.predictions["tags"][None]).max(axis=(2, 3)) < 1e-5
        rows = found.argmax(axis=0)
    for name, (_, task, *_rest) in kinds.items():
        true, predicted = arrays[name][rows], result.predictions[name]
        threshold = 0.0 if name.startswith("tanh") else 0.5
        logged = "mean_absolute_error" if task == "regression" else "accuracy"
        if task.startswith("multilabel") and not metric:
            logged = "binary_accuracy"
        assert result.metrics[f"{name}_{logged}"] == pytest.approx(score(task, true, predicted, threshold), abs=1e-5), (
            name
        )
        if kinds is KINDS and task == "binary_classification":
            classes = np.array([int(row[name]) for row in table])
            assert ((classes > 0) == (arrays[name][rows] > 0)).mean() == pytest.approx(
                result.metrics[f"{name}_accuracy"]
            )
        assert f"{name}_{logged}" in written["baseline"]
    assert not any("untrained" in key for key in result.metrics)
