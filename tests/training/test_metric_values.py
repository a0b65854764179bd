"""Every metric of Keras on every kind of output: its value is NumPy's, or `check` reports it.

The pairs of a metric and a kind that `check` passes are spread over the engines, so that every metric meets every
engine, and every kind does. All pairs of an engine are in one model, which has an output for each kind.
"""

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
    "MeanIoU: {num_classes: 3, sparse_y_pred: false, dtype: float32}",
    "OneHotIoU: {num_classes: 3, target_class_ids: [0, 2], dtype: float32}",
    "OneHotMeanIoU: {num_classes: 3, dtype: float32}",
    "BinaryIoU: {dtype: float32}",
    "BinaryIoU: {threshold: 0, dtype: float32}",
]
"""Metrics with arguments that a user would write to suit an output."""
ENGINES = ("keras", "fused", "auto", "fused_xla")
INTERPRETED = ENGINES[:3]
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


def text_of(chosen, weighted=None):
    """A spec with an output for each kind.

    Args:
        chosen: Kind → metrics.
        weighted: Kind → weighted metrics.
    """
    weighted = weighted or {}
    lines = ["kspec: 1", f"inputs: {{x: {{shape: [5]}}, s: {{shape: [{POSITIONS}, 5]}}}}", "layers:"]
    kinds = [kind for kind in KINDS if kind in chosen or kind in weighted]
    for kind in kinds:
        units, activation, _, by_position = KINDS[kind]
        lines.append(f"  - Dense: {{units: {units}, activation: {activation}}}")
        lines.append(f"    from: {'s' if by_position else 'x'}\n    name: {kind}")
    lines += [f"outputs: [{', '.join(kinds)}]", "compile:", "  loss:"]
    lines += [f"    {kind}: {KINDS[kind][2]}" for kind in kinds]
    for key, by_kind in (("metrics", chosen), ("weighted_metrics", weighted)):
        lines.append(f"  {key}:")
        lines += [f"    {kind}: [{', '.join(map(in_flow, by_kind.get(kind, [])))}]" for kind in kinds]
    return "\n".join([*lines, "fit: {class_weight: null}", ""])


def in_flow(metric):
    """A metric as an item of a list on one line."""
    return f"{{{metric}}}" if ":" in metric else metric


def analysed(text):
    report = Report()
    spec = load_source(Source("spec.yaml", text), report, ())
    analysis = analyse(spec, report)
    return spec, analysis.settings, [problem for problem in report.sorted() if problem.code in ("KS412", "KS413")]


def passed(key):
    """Metric → the kinds on which `check` does not report it."""
    known = {}
    for metric in metrics():
        both = {"metrics": {kind: [] for kind in KINDS}, key: {kind: [metric] for kind in KINDS}}
        text = text_of(both["metrics"], both.get("weighted_metrics"))
        lines = text.splitlines()
        reported = {lines[problem.span.line - 1].split(":")[0].strip() for problem in analysed(text)[2]}
        assert reported <= KINDS.keys()
        known[metric] = [kind for kind in KINDS if kind not in reported]
    return known


def spread(pairs, engines, limit=None):
    """Engine → kind → metrics, such that every metric meets every engine.

    Args:
        pairs: Metric → the kinds that it suits.
        engines: The engines.
        limit: The most kinds of a metric; by default all.
    """
    chosen = {engine: {kind: [] for kind in KINDS} for engine in engines}
    for metric, kinds in pairs.items():
        turns, left = max(len(engines), min(len(kinds), limit or len(kinds))) if kinds else 0, []
        for turn in range(turns):
            left = left or list(kinds)
            by_kind = chosen[engines[turn % len(engines)]]
            kind = min(left, key=lambda kind: len(by_kind[kind]))
            left.remove(kind)
            by_kind[kind].append(metric)
    return chosen


@pytest.fixture(scope="module")
def plan():
    """Engine → the metrics of each kind, and the weighted ones. XLA compiles slowly: it meets each metric once."""
    plain, weighted = passed("metrics"), passed("weighted_metrics")
    groups = [spread(plain, INTERPRETED), spread(weighted, INTERPRETED, len(INTERPRETED))]
    compiled = [spread(group, ("fused_xla",), 1)["fused_xla"] for group in (plain, weighted)]
    return {engine: [group[engine] for group in groups] for engine in INTERPRETED} | {"fused_xla": compiled}


def examples(weighted):
    """Batches of all kinds: inputs, encoded targets, and weights of the examples or positions."""
    rng = np.random.default_rng(5)
    inputs = {"x": rng.normal(size=(N, 5)).astype("float32"), "s": rng.normal(size=(N, POSITIONS, 5)).astype("float32")}
    targets, weights = {}, {}
    for kind, (units, _, _, by_position) in KINDS.items():
        shape = (N, POSITIONS) if by_position else (N,)
        classes = rng.integers(0, CLASSES, shape).astype("int32")
        if "integers" in kind:
            targets[kind] = classes
        elif "one_hot" in kind:
            targets[kind] = np.eye(CLASSES, dtype="float32")[classes]
        elif kind.startswith("number"):
            targets[kind] = rng.normal(size=(*shape, units)).astype("float32")
        else:
            targets[kind] = rng.integers(0, 2, (*shape, units)).astype("float32")
        weights[kind] = rng.uniform(0.5, 2, (*shape, 1) if by_position else shape).astype("float32")
    return Batches(inputs, targets, weights if weighted else {}, batch_size=SIZE, shuffle=False, seed=0)


def build(spec, settings):
    import keras

    from kspec.training.compile import compile_model

    keras.utils.set_random_seed(3)
    inputs = {"x": keras.Input((5,), name="x"), "s": keras.Input((POSITIONS, 5), name="s")}
    outputs = {
        kind: keras.layers.Dense(units, activation=activation, kernel_initializer="glorot_normal", name=kind)(
            inputs["s" if by_position else "x"]
        )
        for kind, (units, activation, _, by_position) in KINDS.items()
    }
    model = keras.Model(inputs, outputs)
    compile_model(model, spec, settings, {"SGD": {"learning_rate": 0.0}})
    return model


def expected(settings, targets, predictions, weights):
    """Every logged name → NumPy's value."""
    found = {}
    plain = sum(len(output.metrics) for output in settings.outputs.values())
    for number, logged in enumerate(logged_metrics(settings.outputs)):
        target, prediction = targets[logged.output], predictions[logged.output]
        weight = weights[logged.output].reshape(prediction.shape[:-1]) if number >= plain else None
        entry, _, arguments = metric_call(logged.metric)
        name, arguments = entry.name, {key: item for key, item in arguments.items() if key not in ("name", "dtype")}
        if name == "accuracy":
            name = "BinaryAccuracy" if prediction.shape[-1] == 1 else "CategoricalAccuracy"
            name = "SparseCategoricalAccuracy" if target.ndim < prediction.ndim else name
        result = value(name, target, prediction, weight, **arguments)
        values = result if isinstance(result, list) else [result]
        assert len(values) == len(logged.names), (name, values, logged.names)
        found.update(zip(logged.names, values, strict=True))
    return found


@pytest.mark.slow
@pytest.mark.parametrize("engine", ENGINES)
def test_every_metric_is_numpys(plan, engine):
    from kspec.training.engine import Schedule, engine_of

    assert all(plan[engine][0].values())  # every kind
    spec, settings, _ = analysed(text_of(*plan[engine]))
    model, batches = build(spec, settings), examples(weighted=True)
    runner = engine_of(model, engine)
    if engine in ("auto", "fused_xla"):  # which evaluate as `fused` does
        runner.fit(batches, None, Schedule(1, batches.steps), [])
        actual = {name: values[-1] for name, values in model.history.history.items()}
        assert engine == "auto" or runner.plan.to_spec() == engine
    else:
        actual = runner.evaluate(batches)
    predictions = model.predict(batches.inputs, verbose=0)
    wanted = expected(settings, batches.targets, predictions, batches.weights)
    wrong = {
        name: (float(actual[name]), number)
        for name, number in wanted.items()
        if not np.isclose(float(actual[name]), number, rtol=3e-4, atol=3e-5)
    }
    assert not wrong
