"""Every metric of Keras on every kind of output: its value is NumPy's, or `check` reports it."""

import numpy as np
import pytest

from kspec import catalog
from kspec.analysis.metric_names import logged_metrics, metric_call
from kspec.compiler.passes import analyse
from kspec.data.pipeline import Batches
from kspec.diagnostics import Report, Source
from kspec.language import load_source
from tests.support.metric_values import value

N, CLASSES, POSITIONS, SIZE = 21, 3, 4, 8
ARGUMENTS = {
    "IoU": "num_classes: 3, target_class_ids: [0, 2]",
    "MeanIoU": "num_classes: 3",
    "OneHotIoU": "num_classes: 3, target_class_ids: [0, 2]",
    "OneHotMeanIoU": "num_classes: 3",
    "PrecisionAtRecall": "recall: 0.5",
    "RecallAtPrecision": "precision: 0.5",
    "SensitivityAtSpecificity": "specificity: 0.5",
    "SpecificityAtSensitivity": "sensitivity: 0.5",
    "TopKCategoricalAccuracy": "k: 2",
    "SparseTopKCategoricalAccuracy": "k: 2",
}
VARIANTS = [
    "F1Score: {threshold: 0.5}",
    "F1Score: {average: micro, threshold: 0.5}",
    "F1Score: {average: weighted}",
    "FBetaScore: {beta: 2.0, average: macro}",
    "R2Score: {class_aggregation: null}",
    "R2Score: {class_aggregation: variance_weighted_average}",
    "Precision: {thresholds: [0.3, 0.6]}",
    "Precision: {thresholds: 0}",
    "Precision: {top_k: 2}",
    "Recall: {class_id: 0}",
    "TruePositives: {thresholds: [0.25, 0.5]}",
    "AUC: {from_logits: true}",
    "AUC: {multi_label: true}",
    "BinaryAccuracy: {threshold: 0}",
    "BinaryIoU: {threshold: 0}",
    "BinaryCrossentropy: {from_logits: true}",
    "CategoricalCrossentropy: {from_logits: true}",
    "SparseCategoricalCrossentropy: {from_logits: true}",
    "IoU: {num_classes: 3, target_class_ids: [1], sparse_y_pred: false}",
    "MeanIoU: {num_classes: 3, sparse_y_pred: false}",
    "MeanIoU: {num_classes: 3, sparse_y_true: false, sparse_y_pred: false}",
]
"""Metrics with arguments that a user would write to suit an output."""
LOGITS = "{{{}: {{from_logits: true}}}}"
KINDS = {
    "sigmoid": (1, "sigmoid", "binary_crossentropy", False),
    "labels": (CLASSES, "sigmoid", "binary_crossentropy", False),
    "integers": (CLASSES, "softmax", "sparse_categorical_crossentropy", False),
    "one_hot": (CLASSES, "softmax", "categorical_crossentropy", False),
    "number": (1, "linear", "mean_squared_error", False),
    "numbers": (CLASSES, "linear", "mean_squared_error", False),
    "logit": (1, "linear", LOGITS.format("BinaryCrossentropy"), False),
    "logits_of_labels": (CLASSES, "linear", LOGITS.format("BinaryCrossentropy"), False),
    "logits_of_integers": (CLASSES, "linear", LOGITS.format("SparseCategoricalCrossentropy"), False),
    "logits_of_one_hot": (CLASSES, "linear", LOGITS.format("CategoricalCrossentropy"), False),
    "score": (1, "tanh", "hinge", False),
    "integers_by_position": (CLASSES, "softmax", "sparse_categorical_crossentropy", True),
    "one_hot_by_position": (CLASSES, "softmax", "categorical_crossentropy", True),
    "sigmoid_by_position": (1, "sigmoid", "binary_crossentropy", True),
    "number_by_position": (1, "linear", "mean_squared_error", True),
}
"""Kind of output → units, activation, loss, whether it predicts at every position."""


def metrics():
    """All metrics as a spec would write them."""
    for name in catalog.names("metric"):
        yield f"{name}: {{{ARGUMENTS[name]}}}" if name in ARGUMENTS else name
    for index, variant in enumerate(VARIANTS):
        yield variant.removesuffix("}") + f", name: variant{chr(97 + index)}}}"


def text_of(kind, chosen, key="metrics"):
    units, activation, loss, by_position = KINDS[kind]
    shape = f"[{POSITIONS}, 5]" if by_position else "[5]"
    listed = "".join(f"\n    - {metric}" for metric in chosen)
    return (
        f"kspec: 1\ninputs: {{x: {{shape: {shape}}}}}\nlayers:\n"
        f"  - Dense: {{units: {units}, activation: {activation}}}\n    name: y\n"
        f"compile:\n  loss: {loss}\n  {key}:{listed}\n" + ("" if key == "metrics" else "  metrics: []\n")
    )


def analysed(text):
    report = Report()
    spec = load_source(Source("spec.yaml", text), report, ())
    analysis = analyse(spec, report)
    return spec, analysis.settings, [problem for problem in report.sorted() if problem.code in ("KS412", "KS413")]


@pytest.fixture(scope="module")
def passed():
    """A function: kind and key → the metrics that `check` does not report."""
    known = {}

    def find(kind, key):
        if (kind, key) not in known:
            known[kind, key] = [m for m in metrics() if not analysed(text_of(kind, [m], key))[2]]
        return known[kind, key]

    return find


def examples(kind):
    """Inputs, encoded targets."""
    rng = np.random.default_rng(5)
    units, _, _, by_position = KINDS[kind]
    shape = (N, POSITIONS) if by_position else (N,)
    x = rng.normal(size=(*shape, 5)).astype("float32")
    classes = rng.integers(0, CLASSES, shape).astype("int32")
    if "integers" in kind:
        return x, classes
    if "one_hot" in kind:
        return x, np.eye(CLASSES, dtype="float32")[classes]
    if kind.startswith("number"):
        return x, rng.normal(size=(*shape, units)).astype("float32")
    return x, rng.integers(0, 2, (*shape, units)).astype("float32")


def build(kind, spec, settings):
    import keras

    from kspec.training.compile import compile_model

    units, activation, _, by_position = KINDS[kind]
    keras.utils.set_random_seed(3)
    inputs = keras.Input((POSITIONS, 5) if by_position else (5,), name="x")
    outputs = keras.layers.Dense(units, activation=activation, kernel_initializer="glorot_normal", name="y")(inputs)
    model = keras.Model(inputs, outputs)
    compile_model(model, spec, settings, {"SGD": {"learning_rate": 0.0}})
    return model


def expected(settings, target, prediction, weights=None):
    """Every logged name → NumPy's value."""
    found = {}
    for logged in logged_metrics(settings.outputs):
        entry, _, arguments = metric_call(logged.metric)
        name, arguments = entry.name, {key: item for key, item in arguments.items() if key not in ("name", "dtype")}
        if name == "accuracy":
            name = "BinaryAccuracy" if prediction.shape[-1] == 1 else "CategoricalAccuracy"
            name = "SparseCategoricalAccuracy" if target.ndim < prediction.ndim else name
        result = value(name, target, prediction, weights, **arguments)
        values = result if isinstance(result, list) else [result]
        assert len(values) == len(logged.names), (name, values, logged.names)
        found.update(zip(logged.names, values, strict=True))
    return found


def assert_equal(actual, wanted):
    wrong = {
        name: (float(actual[name]), number)
        for name, number in wanted.items()
        if not np.isclose(float(actual[name]), number, rtol=3e-4, atol=3e-5)
    }
    assert not wrong


def evaluated(kind, chosen, engine, key="metrics", weights=None):
    from kspec.training.engine import engine_of

    spec, settings, _ = analysed(text_of(kind, chosen, key))
    model = build(kind, spec, settings)
    x, y = examples(kind)
    batches = Batches({"x": x}, {"y": y}, weights or {}, batch_size=SIZE, shuffle=False, seed=0)
    actual = engine_of(model, engine).evaluate(batches)
    return actual, expected(settings, y, model.predict(x, verbose=0), (weights or {}).get("y"))


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_every_metric_that_passes_is_numpys(kind, passed):
    assert_equal(*evaluated(kind, passed(kind, "metrics"), "fused"))


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["one_hot", "numbers"])
def test_every_weighted_metric_that_passes_is_numpys(kind, passed):
    weights = {"y": np.random.default_rng(7).uniform(0.5, 2, N).astype("float32")}
    assert_equal(*evaluated(kind, passed(kind, "weighted_metrics"), "keras", "weighted_metrics", weights))
