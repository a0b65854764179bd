"""A layer within a block, called again from outside, which a function would hide.

Generated from spec.yaml by `kspec export --to python`. Requires Keras on TensorFlow and
NumPy.
"""

import csv
import itertools
import math

import keras
import numpy as np
from keras import layers

SEED = 6
BATCH_SIZE = 8
EPOCHS = 2


def make_examples():
    """Creates random inputs, and targets that depend on them."""
    rng = np.random.default_rng([SEED, 2, 0])
    x = rng.standard_normal((30, 4), dtype="float32")
    features = x.reshape(30, -1)
    rng = np.random.default_rng([SEED, 2, 1])
    scores = features @ rng.standard_normal((4, 2), dtype="float32")
    scores = (scores - scores.mean(axis=0)) / scores.std(axis=0)
    answer = (scores[:, 0] > 0).astype("int64")
    return x, answer


def split_rows(count, test=0.2, validation=0.2):
    """Draws the rows of training, validation and test by the seed; each split is sorted."""
    order = np.random.default_rng([SEED, 0]).permutation(count)
    tests = int(count * test + 0.5)
    validations = int(count * validation + 0.5)
    test, validation, train = np.split(order, [tests, tests + validations])
    return np.sort(train), np.sort(validation), np.sort(test)


def build_model():
    inputs = keras.Input((4,), name="x")
    first_inner = layers.Dense(4, activation="relu", name="first.inner")
    x = first_inner(inputs)
    first_dense = layers.Dense(4, name="first.dense")(x)
    x = first_inner(first_dense)
    x = layers.Concatenate(name="concatenate")([first_dense, x])
    x = layers.Dense(1, activation="sigmoid", name="answer")(x)
    return keras.Model(inputs, x, name="flat")


def batches(x, y, rows):
    """Yields batches of these rows, shuffled by the seed in each epoch."""
    for epoch in itertools.count():
        order = np.random.default_rng([SEED, 1, epoch]).permutation(rows)
        for start in range(0, len(rows), BATCH_SIZE):
            batch = order[start : start + BATCH_SIZE]
            yield x[batch], y[batch]


def write_csv(path, columns):
    """Writes a table with a column for each name."""
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        writer.writerows(zip(*columns.values(), strict=True))


def main():
    keras.utils.set_random_seed(SEED)

    x, answer = make_examples()
    y = answer.astype("float32").reshape(-1, 1)
    train, validation, test = split_rows(len(x))

    model = build_model()
    model.summary()
    # XLA rounds differently; without it, the same seed gives the same weights.
    model.compile(
        optimizer="adam",
        loss="binary_crossentropy",
        metrics=["accuracy"],
        jit_compile=False,
    )

    model.fit(
        batches(x, y, train),
        steps_per_epoch=math.ceil(len(train) / BATCH_SIZE),
        shuffle=False,
        epochs=EPOCHS,
        validation_data=(x[validation], y[validation]),
        validation_batch_size=BATCH_SIZE,
    )
    model.save("flat.keras")

    metrics = model.evaluate(
        x[test], y[test], batch_size=BATCH_SIZE, return_dict=True, verbose=0
    )
    for name, value in metrics.items():
        print(f"test {name}: {value:.4f}")

    predictions = model.predict(x[test], batch_size=BATCH_SIZE, verbose=0)
    columns = {
        "row": test + 1,
        "answer_probability": predictions[:, 0],
        "answer": (predictions[:, 0] > 0.5).astype(int),
        "answer_actual": answer[test],
    }
    write_csv("predictions.csv", columns)
    print("predictions: predictions.csv")


if __name__ == "__main__":
    main()
