"""The model `chains`.

Generated from spec.yaml by `kspec export --to python`. Requires Keras on TensorFlow and
NumPy.
"""

import csv
import itertools
import math

import keras
import numpy as np
from keras import layers

SEED = 1
BATCH_SIZE = 16
EPOCHS = 1


def make_examples():
    """Creates random inputs, and targets that depend on them."""
    rng = np.random.default_rng([SEED, 2, 0])
    x_ = rng.standard_normal((64, 4), dtype="float32")
    rng = np.random.default_rng([SEED, 2, 1])
    y = rng.standard_normal((64, 3), dtype="float32")
    features = np.concatenate([x_.reshape(64, -1), y.reshape(64, -1)], axis=1)
    rng = np.random.default_rng([SEED, 2, 2])
    scores = features @ rng.standard_normal((7, 1), dtype="float32")
    scores = (scores - scores.mean(axis=0)) / scores.std(axis=0)
    scores = scores + 0.1 * rng.standard_normal(scores.shape)
    out = scores.astype("float32").ravel()
    x = {"x": x_, "y": y}
    return x, out


def split_rows(count, test=0.2, validation=0.2):
    """Draws the rows of training, validation and test by the seed; each split is sorted."""
    order = np.random.default_rng([SEED, 0]).permutation(count)
    tests = int(count * test + 0.5)
    validations = int(count * validation + 0.5)
    test, validation, train = np.split(order, [tests, tests + validations])
    return np.sort(train), np.sort(validation), np.sort(test)


def take(arrays, rows):
    """Takes some rows of each array."""
    return {name: array[rows] for name, array in arrays.items()}


def cell(a, b, *, name):
    x = layers.Concatenate(name=f"{name}.concatenate")([a, b])
    c = layers.Dense(4, name=f"{name}.c")(x)
    d = layers.Dense(3, name=f"{name}.d")(c)
    return c, d


def build_step():
    a = keras.Input((4,), name="a")
    b = keras.Input((3,), name="b")
    x = layers.Concatenate()([a, b])
    c = layers.Dense(4, name="c")(x)
    d = layers.Dense(3, name="d")(c)
    return keras.Model({"a": a, "b": b}, {"c": c, "d": d}, name="step")


def build_model():
    step = build_step()
    inputs = keras.Input((4,), name="x")
    y = keras.Input((3,), name="y")
    l_ = inputs
    r = y
    for index in range(3):
        l_, r = cell(l_, r, name=f"cell_{index}")
    left = l_
    right = r
    for _ in range(3):
        results = step({"a": left, "b": right})
        left = results["c"]
        right = results["d"]
    x = layers.Concatenate(name="concatenate")([left, right])
    x = layers.Dense(1, name="out")(x)
    return keras.Model({"x": inputs, "y": y}, x, name="chains")


def batches(x, y, rows):
    """Yields batches of these rows, shuffled by the seed in each epoch."""
    for epoch in itertools.count():
        order = np.random.default_rng([SEED, 1, epoch]).permutation(rows)
        for start in range(0, len(rows), BATCH_SIZE):
            batch = order[start : start + BATCH_SIZE]
            yield take(x, batch), y[batch]


def write_csv(path, columns):
    """Writes a table with a column for each name."""
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        writer.writerows(zip(*columns.values(), strict=True))


def main():
    keras.utils.set_random_seed(SEED)

    x, out = make_examples()
    y = out.astype("float32").reshape(-1, 1)
    train, validation, test = split_rows(len(x["x"]))

    model = build_model()
    model.summary()
    # XLA rounds differently; without it, the same seed gives the same weights.
    model.compile(
        optimizer="adam",
        loss="mean_squared_error",
        metrics=["mean_absolute_error"],
        jit_compile=False,
    )

    model.fit(
        batches(x, y, train),
        steps_per_epoch=math.ceil(len(train) / BATCH_SIZE),
        shuffle=False,
        epochs=EPOCHS,
        validation_data=(take(x, validation), y[validation]),
        validation_batch_size=BATCH_SIZE,
    )
    model.save("chains.keras")

    metrics = model.evaluate(
        take(x, test), y[test], batch_size=BATCH_SIZE, return_dict=True, verbose=0
    )
    for name, value in metrics.items():
        print(f"test {name}: {value:.4f}")

    predictions = model.predict(take(x, test), batch_size=BATCH_SIZE, verbose=0)
    columns = {"row": test + 1, "out": predictions[:, 0], "out_actual": out[test]}
    write_csv("predictions.csv", columns)
    print("predictions: predictions.csv")


if __name__ == "__main__":
    main()
