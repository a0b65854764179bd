"""The model `models`.

Generated from spec.yaml by `kspec export --to python`. Requires Keras on TensorFlow and
NumPy.
"""

import csv
import itertools
import math

import keras
import numpy as np
from keras import layers

SEED = 4
BATCH_SIZE = 8
EPOCHS = 2
CODE = 6


def make_examples():
    """Creates random inputs, and targets that depend on them."""
    rng = np.random.default_rng([SEED, 2, 0])
    left = rng.standard_normal((40, 5, 8), dtype="float32")
    rng = np.random.default_rng([SEED, 2, 1])
    right = rng.standard_normal((40, 5, 8), dtype="float32")
    features = np.concatenate([left.reshape(40, -1), right.reshape(40, -1)], axis=1)
    rng = np.random.default_rng([SEED, 2, 2])
    scores = features @ rng.standard_normal((80, 2), dtype="float32")
    scores = (scores - scores.mean(axis=0)) / scores.std(axis=0)
    kind = (scores[:, 0] > 0).astype("int64")
    rng = np.random.default_rng([SEED, 2, 3])
    scores = features @ rng.standard_normal((80, 1), dtype="float32")
    scores = (scores - scores.mean(axis=0)) / scores.std(axis=0)
    scores = scores + 0.1 * rng.standard_normal(scores.shape)
    size = scores.astype("float32").ravel()
    x = {"left": left, "right": right}
    return x, kind, size


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


def build_frame():
    row = keras.Input((8,), name="row")
    x = layers.Dense(7, activation="relu")(row)
    x = layers.BatchNormalization()(x)
    return keras.Model(row, x, name="frame")


def build_pair(frame):
    first = keras.Input((5, 8), name="first")
    second = keras.Input((5, 8), name="second")
    x = layers.Concatenate(axis=1, name="both")([first, second])
    x = layers.TimeDistributed(frame)(x)
    read = layers.GRU(CODE, name="read")(x)
    hidden = read
    for index in range(2):
        hidden = layers.Dense(CODE, name=f"hidden_{index}")(hidden)
    return keras.Model(
        {"first": first, "second": second}, {"code": read, "guess": hidden}, name="pair"
    )


def build_model():
    frame = build_frame()
    frame.trainable = False
    pair = build_pair(frame)
    left = keras.Input((5, 8), name="left")
    right = keras.Input((5, 8), name="right")
    pair_2 = pair({"first": left, "second": right})
    swapped = pair({"first": right, "second": left})
    x = layers.Concatenate()([pair_2["guess"], swapped["code"]])
    kind = layers.Dense(1, activation="sigmoid", name="kind")(x)
    size = layers.Dense(1, name="size")(pair_2["code"])
    return keras.Model(
        {"left": left, "right": right}, {"kind": kind, "size": size}, name="models"
    )


def weigh_losses_by_examples(model):
    """Averages the loss of each output over examples; Keras averages it over batches."""
    losses = model._compile_loss
    build, call, size = losses.build, losses.call, {}

    def build_means(y_true, y_pred):
        build(y_true, y_pred)
        for mean in losses.metrics:
            update = mean.update_state
            mean.update_state = lambda loss, update=update, **_: update(
                loss, size["batch"]
            )

    def call_losses(y_true, y_pred, sample_weight=None):
        size["batch"] = keras.ops.shape(next(iter(y_true.values())))[0]
        return call(y_true, y_pred, sample_weight)

    losses.build, losses.call = build_means, call_losses


def batches(x, y, rows):
    """Yields batches of these rows, shuffled by the seed in each epoch."""
    for epoch in itertools.count():
        order = np.random.default_rng([SEED, 1, epoch]).permutation(rows)
        for start in range(0, len(rows), BATCH_SIZE):
            batch = order[start : start + BATCH_SIZE]
            yield take(x, batch), take(y, batch)


def write_csv(path, columns):
    """Writes a table with a column for each name."""
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        writer.writerows(zip(*columns.values(), strict=True))


def main():
    keras.utils.set_random_seed(SEED)

    x, kind, size = make_examples()
    y = {
        "kind": kind.astype("float32").reshape(-1, 1),
        "size": size.astype("float32").reshape(-1, 1),
    }
    train, validation, test = split_rows(len(x["left"]))

    model = build_model()
    model.summary()
    # XLA rounds differently; without it, the same seed gives the same weights.
    model.compile(
        optimizer="adam",
        loss={"kind": "binary_crossentropy", "size": "mean_squared_error"},
        metrics={"kind": ["accuracy"], "size": ["mean_absolute_error"]},
        jit_compile=False,
    )
    weigh_losses_by_examples(model)

    model.fit(
        batches(x, y, train),
        steps_per_epoch=math.ceil(len(train) / BATCH_SIZE),
        shuffle=False,
        epochs=EPOCHS,
        validation_data=(take(x, validation), take(y, validation)),
        validation_batch_size=BATCH_SIZE,
    )
    model.save("models.keras")

    metrics = model.evaluate(
        take(x, test), take(y, test), batch_size=BATCH_SIZE, return_dict=True, verbose=0
    )
    for name, value in metrics.items():
        print(f"test {name}: {value:.4f}")

    predictions = model.predict(take(x, test), batch_size=BATCH_SIZE, verbose=0)
    columns = {
        "row": test + 1,
        "kind_probability": predictions["kind"][:, 0],
        "kind": (predictions["kind"][:, 0] > 0.5).astype(int),
        "kind_actual": kind[test],
        "size": predictions["size"][:, 0],
        "size_actual": size[test],
    }
    write_csv("predictions.csv", columns)
    print("predictions: predictions.csv")


if __name__ == "__main__":
    main()
