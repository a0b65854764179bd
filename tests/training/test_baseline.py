"""What always giving the commonest answer scores, compared with numpy."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from kspec.analysis.settings import OutputSettings
from kspec.analysis.task_inference import OutputHead
from kspec.data import Labels
from kspec.training.baseline import baseline, constant_answers
from tests.support.metric_values import value

RANDOM = np.random.default_rng(0)
CLASSES = {"train": RANDOM.choice(4, 60, p=[0.1, 0.2, 0.5, 0.2]), "test": RANDOM.choice(4, 25)}
LABELS = {"train": RANDOM.random((60, 3)) > [0.9, 0.4, 0.6], "test": RANDOM.random((25, 3)) > 0.5}
NUMBERS = {"train": RANDOM.gamma(2.0, 3.0, (60, 2)), "test": RANDOM.gamma(2.0, 3.0, (25, 2))}
BINARY, MULTILABEL, MULTICLASS = (f"{kind}_classification" for kind in ("binary", "multilabel", "multiclass"))


def settings(task: str, loss: str, *metrics: object, weighted: tuple[object, ...] = ()) -> OutputSettings:
    return OutputSettings(
        "y", task, OutputHead("linear", 1), loss, list(metrics), list(weighted), None, None, 0.5, False
    )


def scores(data, output, weights=None, labels=None, columns=(), others=()):
    """The baseline of one output.

    Args:
        data: Split → encoded targets.
        output: The settings of the output.
        weights: Of the test examples.
        labels: The classes, spelled as in the data.
        columns: The names of the target's columns.
        others: Names of further outputs, which are only predicted.
    """
    train, test = ({"y": data[split].astype("float32")} for split in ("train", "test"))
    outputs = {"y": output, **{name: replace(output, name=name, loss=None) for name in others}}
    return baseline(
        constant_answers(train, outputs),
        test,
        {} if weights is None else {"y": weights},
        outputs,
        {"y": list(columns)},
        {} if labels is None else {"y": labels},
    )


@pytest.mark.parametrize("shape", [(), (1,), (5, 1)])
@pytest.mark.parametrize("metric", ["accuracy", "binary_accuracy", {"BinaryAccuracy": {"name": "accuracy"}}])
def test_a_yes_or_no(shape, metric):
    repeat = lambda y: np.broadcast_to(y.reshape(-1, *[1] * len(shape)), (len(y), *shape))  # noqa: E731
    data = {split: repeat(labels[:, 0].astype(int)) for split, labels in LABELS.items()}
    result = scores(data, settings(BINARY, "binary_crossentropy", metric))
    name = metric if isinstance(metric, str) else "accuracy"
    assert result.metrics["y"][name] == pytest.approx((LABELS["test"][:, 0] == 0).mean())
    assert result.answers["y"] == "always `0`"


def test_classes_in_every_form():
    expected = (CLASSES["test"] == 2).mean()
    names = ["red", "green", "blue", "pink"]
    sparse = scores(
        CLASSES, settings(MULTICLASS, "sparse_categorical_crossentropy", "acc"), labels=Labels("text", names)
    )
    one_hot = {split: np.eye(4)[classes] for split, classes in CLASSES.items()}
    columns = scores(one_hot, settings(MULTICLASS, "categorical_crossentropy", "accuracy"), columns=names)
    positions = {split: classes.reshape(-1, 5) for split, classes in CLASSES.items()}
    several = scores(positions, settings(MULTICLASS, "sparse_categorical_crossentropy", "accuracy"), others=["z"])
    assert sparse.metrics["y"] == {"acc": pytest.approx(expected)}
    assert columns.metrics["y"] == {"accuracy": pytest.approx(expected)}
    assert several.metrics["y"] == {"y_accuracy": pytest.approx(expected)}
    assert sparse.lines() == [f"acc {expected:.4g} (always `blue`)"]
    assert columns.answers["y"] == "always `blue`"


@pytest.mark.parametrize("weight", [1.0, 3.0])
def test_an_ignored_label_does_not_count(weight):
    loss = {"SparseCategoricalCrossentropy": {"ignore_class": 2}}  # the commonest
    weights = np.where(CLASSES["test"] == 1, weight, 1.0)
    result = scores(CLASSES, settings(MULTICLASS, loss, weighted=("accuracy",)), weights, Labels("text", list("abcd")))
    train, test = (CLASSES[split][CLASSES[split] != 2] for split in ("train", "test"))
    commonest = np.bincount(train).argmax()
    expected = np.average(test == commonest, weights=weights[CLASSES["test"] != 2])
    assert list(result.metrics["y"].values()) == [pytest.approx(expected)]
    assert result.answers["y"] == f"always `{'abcd'[commonest]}`"


def test_several_labels():
    result = scores(LABELS, settings(MULTILABEL, "binary_crossentropy", "binary_accuracy"))
    commonest = LABELS["train"].mean(axis=0) > 0.5
    assert result.metrics["y"]["binary_accuracy"] == pytest.approx((LABELS["test"] == commonest).mean())


def test_numbers():
    train, test = (NUMBERS[split].astype("float32").astype("float64") for split in ("train", "test"))
    metrics = ["mean_absolute_error", "mse", "RootMeanSquaredError", "mean_absolute_percentage_error", "R2Score"]
    result = scores(NUMBERS, settings("regression", "mean_squared_error", *metrics)).metrics["y"]
    mean = train.mean(axis=0)
    assert result == {
        "mean_absolute_error": pytest.approx(np.abs(test - mean).mean()),
        "mean_squared_error": pytest.approx(((test - mean) ** 2).mean()),
        "root_mean_squared_error": pytest.approx(((test - mean) ** 2).mean() ** 0.5),
        "mean_absolute_percentage_error": pytest.approx(100 * np.abs((test - mean) / test).mean()),
        "r2_score": pytest.approx(value("R2Score", test, np.broadcast_to(mean, test.shape))),
    }
    result = scores(NUMBERS, settings("regression", "mae", "mae"))
    assert result.metrics["y"]["mean_absolute_error"] == pytest.approx(np.abs(test - np.median(train, axis=0)).mean())
    result = scores({split: y[:, :1] for split, y in NUMBERS.items()}, settings("regression", "mse", "mae"))
    assert result.answers["y"] == f"always {mean[0]:.4g}, the mean of training"


def test_weighted_metrics_count_examples_by_their_weights():
    weights = RANDOM.random(25)
    output = settings(MULTICLASS, "sparse_categorical_crossentropy", "accuracy", weighted=("accuracy",))
    right = CLASSES["test"] == 2
    assert scores(CLASSES, output, weights).metrics["y"] == {
        "accuracy": pytest.approx(right.mean()),
        "weighted_accuracy": pytest.approx((right * weights).sum() / weights.sum()),
    }


def test_without_a_metric_that_has_a_baseline():
    assert scores(CLASSES, settings(MULTICLASS, "sparse_categorical_crossentropy")).to_json() == {}
    assert scores(NUMBERS, settings("regression", "mse", "CosineSimilarity")).to_json() == {}


OVERALL = {
    "auc": "AUC",
    "precision": "Precision",
    "recall": "Recall",
    "micro": {"F1Score": {"average": "micro", "threshold": 0.5, "name": "micro"}},
    "macro": {"FBetaScore": {"average": "macro", "beta": 2.0, "threshold": 0.5, "name": "macro"}},
    "balanced": {"F1Score": {"average": "weighted", "threshold": 0.5, "name": "balanced"}},
    "first": {"Recall": {"class_id": 0, "name": "first"}},
}


@pytest.mark.parametrize("task", [BINARY, MULTILABEL, MULTICLASS])
@pytest.mark.parametrize("positions", [(), (5,)])
def test_metrics_of_all_examples(task, positions):
    labels = {split: y[:, 2:] if task == BINARY else y for split, y in LABELS.items()}
    loss = "categorical_crossentropy" if task == MULTICLASS else "binary_crossentropy"
    if task == MULTICLASS:
        labels = {split: np.eye(4)[classes] for split, classes in CLASSES.items()}
    train, test = (y.astype("float64").reshape(len(y) // 5, 5, -1) if positions else y for y in labels.values())
    weights = np.random.default_rng(4).uniform(0.5, 2, test.shape[:-1])
    given = weights[..., None] if positions else weights
    output = settings(task, loss, weighted=tuple(OVERALL.values()))
    result = scores({"train": train, "test": test}, output, given).metrics["y"]
    mean = train.reshape(-1, train.shape[-1]).mean(axis=0)
    answer = np.eye(len(mean))[mean.argmax()] if task == MULTICLASS else (mean > 0.5).astype(float)
    predicted = np.broadcast_to(answer, test.shape)
    flat = [array.reshape(-1, test.shape[-1]) for array in (test, predicted)]
    for name, metric in OVERALL.items():
        head, arguments = (metric, {}) if isinstance(metric, str) else next(iter(metric.items()))
        arguments = {key: item for key, item in arguments.items() if key != "name"}
        assert result[name] == pytest.approx(value(head, *flat, weights.ravel(), **arguments), abs=1e-6), name
