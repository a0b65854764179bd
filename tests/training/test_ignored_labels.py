"""Metrics of class numbers leave out the label that the loss ignores."""

import numpy as np
import pytest

from kspec.training.ignored_labels import count_others, counted_metric


@pytest.mark.parametrize("shape", [(20,), (20, 4)])
@pytest.mark.parametrize("weighted", [False, True])
def test_accuracy_counts_only_other_labels(shape, weighted):
    import keras

    random = np.random.default_rng(0)
    y, p = random.integers(-1, 3, shape), random.uniform(size=(*shape, 3))
    weights = random.uniform(size=shape if len(shape) == 1 else (*shape, 1)) if weighted else None
    metric = count_others(keras.metrics.SparseCategoricalAccuracy(name="accuracy"), -1)
    metric.update_state(y, p, weights)
    by_label = (y >= 0) * (1.0 if weights is None else weights.reshape(shape))
    assert float(metric.result()) == pytest.approx(np.average(p.argmax(-1) == y, weights=by_label), rel=1e-5)


def test_which_metrics_count_labels():
    assert counted_metric("accuracy") == {"SparseCategoricalAccuracy": {"name": "accuracy"}}
    assert counted_metric("sparse_categorical_accuracy") == "sparse_categorical_accuracy"
    assert counted_metric({"SparseTopKCategoricalAccuracy": {"k": 2}}) is not None
    assert counted_metric("mean_squared_error") is None
