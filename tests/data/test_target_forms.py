"""Every form of a target against every feature that reads it: losses with class weights equal NumPy's, names agree."""

import numpy as np
import pytest

from kspec.data.network_specs import OutputSpec
from kspec.data.table import Column
from kspec.data.targets.encoding import TargetEncoding, encode_targets
from kspec.data.targets.sample_weights import class_weights, sample_weights
from kspec.data.targets.target_labels import labels_of
from kspec.data.types import DataSplit
from kspec.runs.artifacts import confusion_matrices
from kspec.training.column_losses import by_column
from kspec.training.predict import actual_columns, prediction_columns
from tests.data.helpers import output_settings

N, T = 40, 3
RANDOM = np.random.default_rng(0)
MULTI = RANDOM.choice([0, 2, 3], N, p=[0.6, 0.3, 0.1])
"""Class numbers of four units, without class 1."""
YES = RANDOM.choice([0, 1], N, p=[0.8, 0.2])
STEPS = RANDOM.choice([0, 2, 3], (N, T))
YES_STEPS = RANDOM.choice([0, 1], (N, T), p=[0.7, 0.3])
TAGS = RANDOM.choice([0, 1], (N, 3), p=[0.75, 0.25])
WORDS = np.array(["ant", "bee", "cow", "dog"], dtype=object)

SPARSE, ONE_HOT, BINARY = "sparse_categorical_crossentropy", "categorical_crossentropy", "binary_crossentropy"
IGNORING = {"SparseCategoricalCrossentropy": {"ignore_class": -1}}
MULTICLASS, YES_NO, MULTI_LABEL = "multiclass_classification", "binary_classification", "multilabel_classification"


def form(task, loss, raw, classes, names, shape=None, kind="array", texts=None):
    """A form: its task and loss, raw values, the class of each, names of the classes, and the output's shape."""
    shape = shape or ((4,) if task == MULTICLASS else (1,))
    return pytest.param(task, loss, np.asarray(raw), np.asarray(classes), names, shape, kind, texts)


NUMBERS, FLOATS = ["0", "1", "2", "3"], ["0.0", "1.0", "2.0", "3.0"]
IGNORED = np.where(np.arange(N) % 4 == 0, -1, MULTI)
FORMS = {
    "integers": form(MULTICLASS, SPARSE, MULTI, MULTI, NUMBERS, kind="integer"),
    "integers one-hot": form(MULTICLASS, ONE_HOT, MULTI, MULTI, NUMBERS, kind="integer"),
    "far integers": form(MULTICLASS, SPARSE, MULTI * 10 + 5, [0, 9, 1, 2] @ np.eye(4, dtype=int)[MULTI].T,
                         ["5", "25", "35", "3"], kind="integer"),
    "floats": form(MULTICLASS, SPARSE, MULTI.astype(float), MULTI, FLOATS, kind="float"),
    "floats one-hot": form(MULTICLASS, ONE_HOT, MULTI.astype(float), MULTI, FLOATS, kind="float"),
    "text": form(MULTICLASS, SPARSE, WORDS[MULTI], [0, 9, 1, 2] @ np.eye(4, dtype=int)[MULTI].T,
                 ["ant", "cow", "dog", "3"], kind="text"),
    "(n, 1)": form(MULTICLASS, SPARSE, MULTI[:, None], MULTI, NUMBERS),
    "one-hot columns": form(MULTICLASS, ONE_HOT, np.eye(4)[MULTI], MULTI, NUMBERS),
    "one-hot, sparse loss": form(MULTICLASS, SPARSE, np.eye(4, dtype=int)[MULTI], MULTI, NUMBERS),
    "positions": form(MULTICLASS, SPARSE, STEPS, STEPS, NUMBERS, (T, 4)),
    "positions, open": form(MULTICLASS, SPARSE, STEPS.astype(float), STEPS, FLOATS, (None, 4)),
    "positions, last axis 1": form(MULTICLASS, SPARSE, STEPS[..., None], STEPS, NUMBERS, (T, 4)),
    "one-hot positions": form(MULTICLASS, ONE_HOT, np.eye(4)[STEPS], STEPS, NUMBERS, (T, 4)),
    "ignored": form(MULTICLASS, IGNORING, IGNORED, IGNORED, NUMBERS, kind="integer"),
    "ignored (n, 1)": form(MULTICLASS, IGNORING, IGNORED[:, None].astype(float), IGNORED, FLOATS),
    "yes or no": form(YES_NO, BINARY, YES, YES, ["0", "1"], kind="integer"),
    "yes or no from 1": form(YES_NO, BINARY, YES + 1, YES, ["1", "2"], kind="integer"),
    "yes or no floats": form(YES_NO, BINARY, YES.astype("float32"), YES, ["0.0", "1.0"], kind="float"),
    "yes or no booleans": form(YES_NO, BINARY, YES > 0, YES, ["false", "true"], kind="boolean"),
    "booleans of a file": form(YES_NO, BINARY, YES > 0, YES, ["FALSE", "TRUE"], kind="boolean",
                               texts=["TRUE" if each else "FALSE" for each in YES]),
    "yes or no text": form(YES_NO, BINARY, WORDS[YES], YES, ["ant", "bee"], kind="text"),
    "yes or no (n, 1)": form(YES_NO, BINARY, YES[:, None].astype("uint8"), YES, ["0", "1"]),
    "signed floats": form(YES_NO, "hinge", YES * 2.0 - 1, YES, ["-1.0", "1.0"], kind="float"),
    "yes or no at positions": form(YES_NO, BINARY, YES_STEPS, YES_STEPS, ["0", "1"], (T, 1)),
    "tags": form(MULTI_LABEL, BINARY, TAGS, TAGS, ["0", "1"], (3,)),
    "boolean tags": form(MULTI_LABEL, BINARY, TAGS > 0, TAGS, ["false", "true"], (3,)),
}  # fmt: skip
BY_NAME = pytest.mark.parametrize(
    ("task", "loss", "raw", "classes", "names", "shape", "kind", "texts"), FORMS.values(), ids=FORMS
)


def encoding_of(task, loss, raw, shape, kind, texts, **settings):
    written = None if texts is None else lambda: np.array(texts, dtype=object)
    column = Column("y", kind, raw, np.zeros(len(raw), bool), written)
    output = output_settings(task, shape[-1], loss, **settings)
    known = OutputSpec(task, shape[-1], len(shape) + 1, output.ignored_label)
    return TargetEncoding.of(output, shape, labels_of([column], raw, known), ["y"])


def values_of(loss, task, predictions, classes):
    """NumPy's loss of each example, position or column, before weights."""
    if task == MULTICLASS:
        chosen = np.take_along_axis(predictions, np.maximum(classes, 0)[..., None], axis=-1)[..., 0]
        return -np.log(chosen)
    if loss == "hinge":
        return np.maximum(0, 1 - (2 * classes - 1) * predictions)
    return -np.log(np.where(classes == 1, predictions, 1 - predictions))


@BY_NAME
@pytest.mark.parametrize("setting", [None, "balanced", "by label"])
def test_losses_equal_numpy(task, loss, raw, classes, names, shape, kind, texts, setting):
    import keras

    last = classes.max()
    if setting == "by label":
        setting = {names[last]: 5.0}
    encoding = encoding_of(task, loss, raw, shape, kind, texts, class_weight=setting)
    full = tuple(size or T for size in shape)
    predictions = np.random.default_rng(1).uniform(0.1, 0.9, (N, *full))
    if task == MULTICLASS:
        predictions /= predictions.sum(axis=-1, keepdims=True)
    values = values_of(loss, task, predictions if task == MULTICLASS else predictions.reshape(classes.shape), classes)
    counted = classes >= 0
    if setting == "balanced":
        weights = np.zeros(classes.shape)
        for column in (np.s_[:, i] for i in range(classes.shape[1])) if task == MULTI_LABEL else [np.s_[:]]:
            own, known = classes[column], counted[column]
            for each in np.unique(own[known]):
                present = len(np.unique(own[known]))
                weights[column][own == each] = known.sum() / (present * (own == each).sum())
    else:
        weights = np.where(classes == last, 5.0, 1.0) if setting else np.ones(classes.shape)
    expected = (values * weights * counted).sum() / counted.sum()

    split = DataSplit(np.arange(N), {}, {"y": raw})
    targets = encode_targets(split, {"y": encoding})
    by_output = sample_weights(split, {"y": encoding}, targets, training=True)
    function = keras.losses.get({"class_name": "SparseCategoricalCrossentropy", "config": IGNORING[
        "SparseCategoricalCrossentropy"]} if isinstance(loss, dict) else loss)  # fmt: skip
    if not isinstance(function, keras.losses.Loss):
        function = keras.losses.deserialize({"class_name": "".join(map(str.capitalize, loss.split("_"))), "config": {}})
    if encoding.weighs_columns:
        function = by_column(function)
    actual = function(targets["y"], predictions.astype("float32"), by_output.get("y"))
    assert float(actual) == pytest.approx(expected, rel=1e-5)
    evaluated = sample_weights(split, {"y": encoding}, targets, training=False)
    assert evaluated == {}


@BY_NAME
def test_predictions_and_actuals_are_spelled_alike(task, loss, raw, classes, names, shape, kind, texts):
    encoding = encoding_of(task, loss, raw, shape, kind, texts)
    predicted = np.maximum(classes, 0)
    exact = np.eye(4)[predicted] if task == MULTICLASS else predicted.reshape(N, *shape)
    matrices = confusion_matrices(DataSplit(np.arange(N), {}, {"y": raw}), {"y": exact}, {"y": encoding})
    if task != MULTI_LABEL:
        matrix, labels = matrices["y"]
        assert labels == names
        counts = np.bincount(classes[classes >= 0], minlength=len(names))
        assert np.array_equal(matrix, np.diag(counts))
    if len(shape) > 1:
        return
    written = dict(prediction_columns("y", exact, encoding))
    actual = dict(actual_columns("y", raw, encoding))
    counted = classes >= 0
    if task == MULTI_LABEL:
        for column in range(3):
            assert written[f"y_{column}"] == actual[f"y_{column}_actual"] == [names[each] for each in TAGS[:, column]]
        return
    assert np.array(written["y"])[counted].tolist() == np.array(actual["y_actual"])[counted].tolist()
    assert set(np.array(written["y"])[counted]) == {names[each] for each in classes[counted]}


def test_weights_of_examples_and_positions():
    encoding = encoding_of(MULTICLASS, SPARSE, STEPS, (T, 4), "array", None, class_weight={"3": 2.0})
    by_position = RANDOM.uniform(size=(N, T))
    by_class = np.where(STEPS == 3, 2.0, 1.0)
    assert np.allclose(class_weights(encoding, STEPS, {"3": 2.0}), by_class)
    for weight, full in ((by_position, by_position), (by_position[:, 0], by_position[:, :1] * np.ones((1, T)))):
        split = DataSplit(np.arange(N), {}, {"y": STEPS}, {"y": weight})
        targets = encode_targets(split, {"y": encoding})
        lowered = sample_weights(split, {"y": encoding}, targets, training=True)["y"]
        assert lowered.shape == (N, T, 1)
        assert np.allclose(lowered[..., 0], full * by_class)


def test_other_outputs_get_weights_of_their_own_rank():
    tagged = encoding_of(MULTICLASS, SPARSE, STEPS, (T, 4), "array", None)
    single = encoding_of(YES_NO, BINARY, YES, (1,), "integer", None, class_weight="balanced")
    encodings = {"steps": tagged, "single": single}
    split = DataSplit(np.arange(N), {}, {"steps": STEPS, "single": YES})
    weights = sample_weights(split, encodings, encode_targets(split, encodings), training=True)
    assert {name: weight.shape for name, weight in weights.items()} == {"steps": (N, T, 1), "single": (N,)}
    assert (weights["steps"] == 1).all()


@pytest.mark.parametrize(("own", "shape", "expected"), [
    ((2,), (2, 1), (2, 1)), ((6,), (2, 3), (2, 3)), ((6,), (None, 3), (2, 3)), ((), (1, 1), (1, 1)),
    ((3,), (2, 1), (3,)), ((), (None, 1), (1,)), ((2, 3), (6,), (6,)),
])  # fmt: skip
def test_targets_take_the_shape_of_the_output_where_the_sizes_agree(own, shape, expected):
    values = np.arange(N * int(np.prod(own))).reshape(N, *own)
    encoded = TargetEncoding(output_settings("regression", 1, "mean_squared_error"), shape, None).encode(values)
    assert encoded.shape[1:] == expected
    assert np.array_equal(encoded.ravel(), values.ravel())
