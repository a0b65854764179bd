"""The model `network`.

Generated from spec.yaml by `kspec export --to python`. Requires Keras on TensorFlow and
NumPy.
"""

import csv
import itertools
import math

import keras
import numpy as np
from keras import layers, ops

SEED = 5
BATCH_SIZE = 8
EPOCHS = 2
WIDTH = 6
RATE = 0.1
SHAPE = (8, 3)
ACT = "tanh"


def make_examples():
    """Creates random inputs, and targets that depend on them."""
    rng = np.random.default_rng([SEED, 2, 0])
    a = rng.standard_normal((60, 8, 3), dtype="float32")
    rng = np.random.default_rng([SEED, 2, 1])
    b = rng.standard_normal((60, 8, 3), dtype="float32")
    rng = np.random.default_rng([SEED, 2, 2])
    ids = rng.integers(0, 10, (60, 4)).astype("int32")
    rng = np.random.default_rng([SEED, 2, 3])
    x_ = rng.standard_normal((60, 5), dtype="float32")
    features = np.concatenate(
        [
            a.reshape(60, -1),
            b.reshape(60, -1),
            ids.reshape(60, -1).astype("float32"),
            x_.reshape(60, -1),
        ],
        axis=1,
    )
    rng = np.random.default_rng([SEED, 2, 4])
    scores = features @ rng.standard_normal((57, 4), dtype="float32")
    scores = (scores - scores.mean(axis=0)) / scores.std(axis=0)
    class_ = scores.argmax(axis=1)
    if np.bincount(class_, minlength=4).min() < 20:
        class_ = scores[:, 0].argsort().argsort() * 4 // len(scores)
    rng = np.random.default_rng([SEED, 2, 5])
    scores = features @ rng.standard_normal((57, 1), dtype="float32")
    scores = (scores - scores.mean(axis=0)) / scores.std(axis=0)
    scores = scores + 0.1 * rng.standard_normal(scores.shape)
    amount = scores.astype("float32").ravel()
    rng = np.random.default_rng([SEED, 2, 6])
    scores = features @ rng.standard_normal((57, 1), dtype="float32")
    scores = (scores - scores.mean(axis=0)) / scores.std(axis=0)
    scores = scores + 0.1 * rng.standard_normal(scores.shape)
    middle = scores.astype("float32").ravel()
    x = {"a": a, "b": b, "ids": ids, "x": x_}
    return x, class_, amount, middle


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


def cell(inputs, units, deep=False, rate=RATE, wide=None, *, name, trainable=True):
    if wide is None:
        wide = units * 2
    x = layers.Dense(units, activation=ACT, name=f"{name}.first", trainable=trainable)(
        inputs
    )
    if deep:
        x = layers.Dense(wide, name=f"{name}.dense", trainable=trainable)(x)
    x = layers.LayerNormalization(
        name=f"{name}.layer_normalization", trainable=trainable
    )(x)
    out = layers.Dropout(rate, name=f"{name}.out")(x)
    side = layers.Dense(
        wide if deep else units, name=f"{name}.side", trainable=trainable
    )(inputs)
    return layers.Add(name=f"{name}.add")([out, side])


def pair(left, right, units, *, name):
    l_ = cell(left, units, name=f"{name}.l")
    r = cell(right, units, name=f"{name}.r")
    both = layers.Multiply(name=f"{name}.both")([l_, r])
    return both, l_, r


def build_model():
    a = keras.Input(SHAPE, name="a")
    b = keras.Input(SHAPE, name="b")
    ids = keras.Input((4,), dtype="int32", name="ids")
    inputs = keras.Input((5,), name="x")
    x = layers.Bidirectional(
        layers.LSTM(
            4,
            return_sequences=True,
            recurrent_initializer=keras.initializers.HeNormal(),
        ),
        name="bi",
    )(a)
    seq, h, c = layers.LSTM(3, return_state=True, name="memory")(x)
    second = layers.LSTM(3, name="second")(b, initial_state=[h, c])
    codeds = [
        layers.Dense(3, activation="relu", name=f"coded_{node}")(x)
        for node, x in zip(("seq", "second"), (seq, second), strict=True)
    ]
    joined = layers.Concatenate(name="joined")(codeds)
    x = layers.Embedding(input_dim=10, output_dim=WIDTH)(ids)
    picked = x[:, 0]
    hidden = joined
    hiddens = []
    for index in range(3):
        hidden = layers.Dense(WIDTH, activation="relu", name=f"hidden_{index}")(hidden)
        hiddens.append(hidden)
    both, left, twin_r = pair(hidden, picked, WIDTH, name="twin")
    cells = inputs
    all_cells = []
    for index in range(2):
        cells = cell(
            cells,
            WIDTH * (index + 1),
            deep=index > 0,
            name=f"cells_{index}",
            trainable=False,
        )
        all_cells.append(cells)
    shared_layer = layers.Dense(
        5, kernel_regularizer=keras.regularizers.L2(l2=1.0), name="shared"
    )
    shared = shared_layer(inputs)
    again = shared_layer(shared)
    summed = layers.Add(name="summed")([again, shared])
    x = layers.Concatenate()(
        [both, left, cells, summed, hiddens[0], all_cells[0], twin_r]
    )
    kind = layers.Dense(4, activation="softmax", name="kind")(x)
    value = layers.Dense(1, name="value")(summed)
    middle = ops.mean(summed, axis=1, keepdims=True)
    return keras.Model(
        {"a": a, "b": b, "ids": ids, "x": inputs},
        {
            "class": layers.Identity(name="class")(kind),
            "amount": layers.Identity(name="amount")(value),
            "middle": layers.Identity(name="middle")(middle),
        },
        name="network",
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

    x, class_, amount, middle = make_examples()
    y = {
        "class": class_.astype("int32"),
        "amount": amount.astype("float32").reshape(-1, 1),
        "middle": middle.astype("float32").reshape(-1, 1),
    }
    train, validation, test = split_rows(len(x["a"]))

    model = build_model()
    model.summary()
    # XLA rounds differently; without it, the same seed gives the same weights.
    model.compile(
        optimizer="adam",
        loss={
            "class": "sparse_categorical_crossentropy",
            "amount": "mean_squared_error",
            "middle": "mean_squared_error",
        },
        metrics={
            "class": ["accuracy"],
            "amount": [
                keras.metrics.MeanAbsoluteError(),
                keras.metrics.RootMeanSquaredError(),
            ],
            "middle": [keras.metrics.RootMeanSquaredError()],
        },
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
    model.save("network.keras")

    metrics = model.evaluate(
        take(x, test), take(y, test), batch_size=BATCH_SIZE, return_dict=True, verbose=0
    )
    for name, value in metrics.items():
        print(f"test {name}: {value:.4f}")

    predictions = model.predict(take(x, test), batch_size=BATCH_SIZE, verbose=0)
    columns = {"row": test + 1}
    for number in range(4):
        columns[f"class_{number}"] = predictions["class"][:, number]
    columns["class"] = predictions["class"].argmax(axis=-1)
    columns["class_actual"] = class_[test]
    columns["amount"] = predictions["amount"][:, 0]
    columns["amount_actual"] = amount[test]
    columns["middle"] = predictions["middle"][:, 0]
    columns["middle_actual"] = middle[test]
    write_csv("predictions.csv", columns)
    print("predictions: predictions.csv")


if __name__ == "__main__":
    main()
