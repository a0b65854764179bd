"""A base that is frozen at first, and trained in part afterwards.

Generated from spec.yaml by `kspec export --to python`. Requires Keras on TensorFlow and
NumPy.
"""

import csv
import itertools
import math

import keras
import numpy as np
from keras import layers

SEED = 2
BATCH_SIZE = 8


def make_examples():
    """Creates random inputs, and targets that depend on them."""
    rng = np.random.default_rng([SEED, 2, 0])
    x = rng.standard_normal((40, 8, 8, 3), dtype="float32")
    features = x.reshape(40, -1)
    rng = np.random.default_rng([SEED, 2, 1])
    scores = features @ rng.standard_normal((192, 3), dtype="float32")
    scores = (scores - scores.mean(axis=0)) / scores.std(axis=0)
    kind = scores.argmax(axis=1)
    if np.bincount(kind, minlength=3).min() < 20:
        kind = scores[:, 0].argsort().argsort() * 3 // len(scores)
    return x, kind


def split_rows(count, test=0.2, validation=0.2):
    """Draws the rows of training, validation and test by the seed; each split is sorted."""
    order = np.random.default_rng([SEED, 0]).permutation(count)
    tests = int(count * test + 0.5)
    validations = int(count * validation + 0.5)
    test, validation, train = np.split(order, [tests, tests + validations])
    return np.sort(train), np.sort(validation), np.sort(test)


def build_base():
    picture = keras.Input((8, 8, 3), name="picture")
    x = layers.Conv2D(4, 3, activation="relu", name="early")(picture)
    x = layers.BatchNormalization(name="normed")(x)
    x = layers.Conv2D(6, 3, activation="relu", name="late")(x)
    return keras.Model(picture, x, name="base")


def build_model():
    base = build_base()
    base.trainable = False
    picture = keras.Input((8, 8, 3), name="picture")
    x = layers.Rescaling(1 / 127.5, offset=-1.0)(picture)
    x = base(x)
    x = layers.GlobalAveragePooling2D()(x)
    x = layers.Dense(8, activation="relu", name="hidden")(x)
    x = layers.Dense(3, activation="softmax", name="kind")(x)
    return keras.Model(picture, x, name="stages")


def compile_model(model, optimizer):
    # XLA rounds differently; without it, the same seed gives the same weights.
    model.compile(
        optimizer=optimizer,
        loss="sparse_categorical_crossentropy",
        metrics=["accuracy"],
        jit_compile=False,
    )


def batches(x, y, rows, first_epoch=0):
    """Yields batches of these rows, shuffled by the seed in each epoch."""
    for epoch in itertools.count(first_epoch):
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

    x, kind = make_examples()
    y = kind.astype("int32")
    train, validation, test = split_rows(len(x))

    model = build_model()
    model.summary()

    # Stage 1: head
    compile_model(model, "adam")
    history = model.fit(
        batches(x, y, train),
        steps_per_epoch=math.ceil(len(train) / BATCH_SIZE),
        shuffle=False,
        epochs=3,
        validation_data=(x[validation], y[validation]),
        validation_batch_size=BATCH_SIZE,
        callbacks=[
            keras.callbacks.EarlyStopping(patience=1),
            keras.callbacks.CSVLogger(filename="log.csv"),
        ],
    )
    first_epoch = history.epoch[-1] + 1

    # Stage 2: fine
    model.get_layer("hidden").trainable = False
    model.get_layer("base").trainable = True
    for name in ["early", "normed"]:
        model.get_layer("base").get_layer(name).trainable = False
    compile_model(model, keras.optimizers.Adam(learning_rate=0.0001))
    model.fit(
        batches(x, y, train, first_epoch),
        steps_per_epoch=math.ceil(len(train) / BATCH_SIZE),
        shuffle=False,
        epochs=first_epoch + 2,
        initial_epoch=first_epoch,
        validation_data=(x[validation], y[validation]),
        validation_batch_size=BATCH_SIZE,
        callbacks=[
            keras.callbacks.EarlyStopping(patience=1),
            keras.callbacks.CSVLogger(filename="log.csv", append=True),
        ],
    )
    model.save("stages.keras")

    metrics = model.evaluate(
        x[test], y[test], batch_size=BATCH_SIZE, return_dict=True, verbose=0
    )
    for name, value in metrics.items():
        print(f"test {name}: {value:.4f}")

    predictions = model.predict(x[test], batch_size=BATCH_SIZE, verbose=0)
    columns = {"row": test + 1}
    for number in range(3):
        columns[f"kind_{number}"] = predictions[:, number]
    columns["kind"] = predictions.argmax(axis=-1)
    columns["kind_actual"] = kind[test]
    write_csv("predictions.csv", columns)
    print("predictions: predictions.csv")


if __name__ == "__main__":
    main()
