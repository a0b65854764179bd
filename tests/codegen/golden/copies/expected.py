"""The model `copies`.

Generated from spec.yaml by `kspec export --to python`. Requires Keras on TensorFlow and
NumPy.
"""

import csv
import itertools
import math

import keras
import numpy as np
from keras import layers

SEED = 0
BATCH_SIZE = 32
EPOCHS = 1


def make_examples():
    """Creates random inputs, and targets that depend on them."""
    rng = np.random.default_rng([SEED, 2, 0])
    left = rng.standard_normal((60, 6, 4), dtype="float32")
    rng = np.random.default_rng([SEED, 2, 1])
    right = rng.standard_normal((60, 6, 4), dtype="float32")
    features = np.concatenate([left.reshape(60, -1), right.reshape(60, -1)], axis=1)
    rng = np.random.default_rng([SEED, 2, 2])
    scores = features @ rng.standard_normal((48, 1), dtype="float32")
    scores = (scores - scores.mean(axis=0)) / scores.std(axis=0)
    scores = scores + 0.1 * rng.standard_normal(scores.shape)
    value_2 = scores.astype("float32").ravel()
    x = {"left": left, "right": right}
    return x, value_2


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


def build_cell():
    inputs = keras.Input((None, 4), name="x")
    state = layers.Dense(4, activation="tanh", name="state")(inputs)
    seen = layers.GlobalAveragePooling1D(name="seen")(state)
    return keras.Model(inputs, {"state": state, "seen": seen}, name="cell")


def build_model():
    cell = build_cell()
    left = keras.Input((6, 4), name="left")
    right = keras.Input((6, 4), name="right")
    one_left = cell(left)
    one_right = cell(right)
    x = layers.Add()([one_left["state"], one_right["state"]])
    last = x
    for _ in range(3):
        results = cell(last)
        last = results["state"]
    time_distributed = layers.TimeDistributed(layers.Dense(2))
    time_distributed.trainable = False
    x = time_distributed(last)
    most = layers.GlobalMaxPooling1D(name="most")(x)
    x = layers.Concatenate()(
        [most, results["seen"], one_left["seen"], one_right["seen"]]
    )
    x = layers.Dense(1, name="value")(x)
    return keras.Model({"left": left, "right": right}, x, name="copies")


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

    x, value_2 = make_examples()
    y = value_2.astype("float32").reshape(-1, 1)
    train, validation, test = split_rows(len(x["left"]))

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
    model.save("copies.keras")

    metrics = model.evaluate(
        take(x, test), y[test], batch_size=BATCH_SIZE, return_dict=True, verbose=0
    )
    for name, value in metrics.items():
        print(f"test {name}: {value:.4f}")

    predictions = model.predict(take(x, test), batch_size=BATCH_SIZE, verbose=0)
    columns = {
        "row": test + 1,
        "value": predictions[:, 0],
        "value_actual": value_2[test],
    }
    write_csv("predictions.csv", columns)
    print("predictions: predictions.csv")


if __name__ == "__main__":
    main()
