"""Batches: their order, their structure, the last batch."""

import numpy as np
import pytest

from kspec.data.pipeline import Batches

N = 23


def batches(inputs=None, targets=None, weights=None, **options):
    inputs = inputs or {"x": np.arange(N, dtype="float32").reshape(N, 1)}
    return Batches(inputs, targets or {}, weights or {}, **{"batch_size": 5, "shuffle": True, "seed": 7} | options)


def seen(dataset):
    return np.concatenate([x.ravel() for x in dataset.as_numpy_iterator()]).astype(int).tolist()


def test_each_epoch_has_the_order_that_a_plain_script_draws():
    made = batches()
    for epoch in (0, 1, 5, 0):
        made.epoch(epoch)
        assert seen(made.dataset()) == np.random.default_rng([7, 1, epoch]).permutation(N).tolist()


def test_one_dataset_yields_a_new_order_each_epoch():
    made = batches()
    dataset = made.dataset()
    for epoch in range(3):
        made.epoch(epoch)
        assert seen(dataset) == made.order(epoch).tolist()


def test_without_shuffle_the_order_is_that_of_the_file():
    made = batches(shuffle=False)
    made.epoch(3)
    assert seen(made.dataset()) == list(range(N))


def test_the_last_batch_is_kept():
    made = batches()
    assert made.steps == 5
    assert int(made.dataset().cardinality()) == 5
    assert [len(x) for x in made.dataset()] == [5, 5, 5, 5, 3]
    assert batches(batch_size=100).steps == 1


def test_repeated_passes_count_their_epochs():
    made = batches()
    wanted = [index for epoch in range(3) for index in made.order(epoch)]
    assert seen(made.dataset(repeat=True).take(15)) == wanted
    assert seen(made.dataset(repeat=True, start=7).take(8)) == wanted[N + 10 :]


def test_batch_structures():
    x, y, w = np.zeros((N, 2), "float32"), np.ones((N, 1), "float32"), np.ones(N, "float32")
    one = batches({"x": x}, {"y": y}, {"y": w})
    assert [tuple(part.shape) for part in next(iter(one.dataset()))] == [(5, 2), (5, 1), (5,)]
    several = batches({"b": x, "a": x}, {"p": y, "q": y}, {"p": w, "q": w})
    inputs, targets, weights = next(iter(several.dataset()))
    assert (list(inputs), list(targets), list(weights)) == (["b", "a"], ["p", "q"], ["p", "q"])
    one_of_two = batches({"x": x}, {"p": y}, {"p": w}, single_target=False)
    assert [type(part).__name__ for part in next(iter(one_of_two.dataset()))][1:] == ["dict", "dict"]
    only = batches({"x": x})
    assert tuple(only.dataset().element_spec.shape) == (None, 2)


def test_text_inputs():
    made = batches({"t": np.array([["a"], ["bc"]] * 3, dtype=object)}, shuffle=False)
    assert next(iter(made.dataset())).numpy()[:2].tolist() == [[b"a"], [b"bc"]]


@pytest.mark.parametrize("repeat", [False, True])
def test_keras_fit_accepts_batches(repeat):
    import keras

    x = np.random.default_rng(0).standard_normal((N, 3)).astype("float32")
    made = batches({"x": x}, {"y": (x[:, :1] > 0).astype("float32")})
    model = keras.Sequential([keras.layers.Dense(1, activation="sigmoid")])
    model.compile("sgd", "binary_crossentropy", jit_compile=False)
    history = model.fit(made.dataset(repeat=repeat), epochs=2, steps_per_epoch=3 if repeat else None, verbose=0)
    assert len(history.history["loss"]) == 2
    assert model.predict(batches({"x": x}, shuffle=False).dataset(), verbose=0).shape == (N, 1)


def test_gathering_in_chunks_keeps_the_order(monkeypatch):
    from kspec.data import pipeline

    made = batches(
        {"x": np.arange(N, dtype="float32").reshape(N, 1), "t": np.array([str(n) for n in range(N)], object)}
    )
    monkeypatch.setattr(pipeline, "CHUNK_BYTES", 1000)
    rows = list(made.dataset().as_numpy_iterator())
    assert [len(row["x"]) for row in rows] == [5, 5, 5, 5, 3]
    assert np.concatenate([row["x"] for row in rows]).ravel().astype(int).tolist() == made.order(0).tolist()
    assert np.concatenate([row["t"] for row in rows]).astype(int).tolist() == made.order(0).tolist()
