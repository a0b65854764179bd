"""The network `network`.

Written from spec.yaml by `kspec export --to python`. Needs Keras on TensorFlow and
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


def make_examples():
    """Random inputs, and targets that hang on them: something to learn."""
    a = np.random.default_rng([SEED, 2, 0]).standard_normal((60, 8, 3), dtype="float32")
    b = np.random.default_rng([SEED, 2, 1]).standard_normal((60, 8, 3), dtype="float32")
    ids = np.random.default_rng([SEED, 2, 2]).integers(0, 10, (60, 4)).astype("int32")
    x_ = np.random.default_rng([SEED, 2, 3]).standard_normal((60, 5), dtype="float32")
    seen = np.concatenate(
        [
            a.reshape(60, -1),
            b.reshape(60, -1),
            ids.reshape(60, -1).astype("float32"),
            x_.reshape(60, -1),
        ],
        axis=1,
    )
    chance = np.random.default_rng([SEED, 2, 4])
    scores = seen @ chance.standard_normal((57, 4), dtype="float32")
    scores = (scores - scores.mean(axis=0)) / scores.std(axis=0)
    class_ = scores.argmax(axis=1)
    chance = np.random.default_rng([SEED, 2, 5])
    scores = seen @ chance.standard_normal((57, 1), dtype="float32")
    scores = (scores - scores.mean(axis=0)) / scores.std(axis=0)
    scores = scores + 0.1 * chance.standard_normal(scores.shape)
    amount = scores.astype("float32").ravel()
    chance = np.random.default_rng([SEED, 2, 6])
    scores = seen @ chance.standard_normal((57, 1), dtype="float32")
    scores = (scores - scores.mean(axis=0)) / scores.std(axis=0)
    scores = scores + 0.1 * chance.standard_normal(scores.shape)
    middle = scores.astype("float32").ravel()
    x = {"a": a, "b": b, "ids": ids, "x": x_}
    return x, class_, amount, middle


def split_rows(count, test=0.2, validation=0.2):
    """Rows of training, validation and test, drawn by the seed, each part in order."""
    order = np.random.default_rng([SEED, 0]).permutation(count)
    tests = int(count * test + 0.5)
    validations = int(count * validation + 0.5)
    test, validation, train = np.split(order, [tests, tests + validations])
    return np.sort(train), np.sort(validation), np.sort(test)


def take(arrays, rows):
    """Some rows of each array."""
    return {name: array[rows] for name, array in arrays.items()}


def build_model():
    a = keras.Input((8, 3), name="a")
    b = keras.Input((8, 3), name="b")
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
    memory, *_ = layers.LSTM(3, return_state=True, name="memory")(x)
    second = layers.LSTM(3, name="second")(b, initial_state=[_, _])
    coded_seq = layers.Dense(3, activation="relu", name="coded_seq")(memory)
    x = layers.Dense(3, activation="relu", name="coded_second")(second)
    joined = layers.Concatenate(name="joined")([coded_seq, x])
    x = layers.Embedding(input_dim=10, output_dim=6, name="embedding")(ids)
    picked = x[:, 0]
    hidden_0 = layers.Dense(6, activation="relu", name="hidden_0")(joined)
    x = layers.Dense(6, activation="relu", name="hidden_1")(hidden_0)
    hidden_2 = layers.Dense(6, activation="relu", name="hidden_2")(x)
    x = layers.Dense(6, activation="tanh", name="twin.l.first")(hidden_2)
    x = layers.LayerNormalization(name="twin.l.layer_normalization")(x)
    twin_l_out = layers.Dropout(0.1, name="twin.l.out")(x)
    x = layers.Dense(6, name="twin.l.side")(hidden_2)
    twin_l_add = layers.Add(name="twin.l.add")([twin_l_out, x])
    x = layers.Dense(6, activation="tanh", name="twin.r.first")(picked)
    x = layers.LayerNormalization(name="twin.r.layer_normalization")(x)
    twin_r_out = layers.Dropout(0.1, name="twin.r.out")(x)
    x = layers.Dense(6, name="twin.r.side")(picked)
    twin_r_add = layers.Add(name="twin.r.add")([twin_r_out, x])
    twin_both = layers.Multiply(name="twin.both")([twin_l_add, twin_r_add])
    x = layers.Dense(6, activation="tanh", name="cells_0.first", trainable=False)(
        inputs
    )
    x = layers.LayerNormalization(name="cells_0.layer_normalization", trainable=False)(
        x
    )
    cells_0_out = layers.Dropout(0.1, name="cells_0.out", trainable=False)(x)
    x = layers.Dense(6, name="cells_0.side", trainable=False)(inputs)
    cells_0_add = layers.Add(name="cells_0.add", trainable=False)([cells_0_out, x])
    x = layers.Dense(12, activation="tanh", name="cells_1.first", trainable=False)(
        cells_0_add
    )
    x = layers.Dense(24, name="cells_1.dense", trainable=False)(x)
    x = layers.LayerNormalization(name="cells_1.layer_normalization", trainable=False)(
        x
    )
    cells_1_out = layers.Dropout(0.1, name="cells_1.out", trainable=False)(x)
    x = layers.Dense(24, name="cells_1.side", trainable=False)(cells_0_add)
    cells_1_add = layers.Add(name="cells_1.add", trainable=False)([cells_1_out, x])
    shared_layer = layers.Dense(
        5, kernel_regularizer=keras.regularizers.L2(l2=1.0), name="shared"
    )
    shared = shared_layer(inputs)
    x = shared_layer(shared)
    summed = layers.Add(name="summed")([x, shared])
    x = layers.Concatenate(name="concatenate")(
        [twin_both, twin_l_add, cells_1_add, summed, hidden_0, cells_0_add, twin_r_add]
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


def batches(x, y, rows):
    """Batches of these rows, in the order that the seed gives to each epoch."""
    for epoch in itertools.count():
        order = np.random.default_rng([SEED, 1, epoch]).permutation(rows)
        for start in range(0, len(rows), BATCH_SIZE):
            batch = order[start : start + BATCH_SIZE]
            yield take(x, batch), take(y, batch)


def write_csv(path, columns):
    """A table with a column for each name."""
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
    # XLA rounds differently; without it the same seed gives the same weights.
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

    answers = model.predict(take(x, test), batch_size=BATCH_SIZE, verbose=0)
    columns = {"row": test + 1}
    for number in range(4):
        columns[f"class_{number}"] = answers["class"][:, number]
    columns["class"] = answers["class"].argmax(axis=-1)
    columns["class_actual"] = class_[test]
    columns["amount"] = answers["amount"][:, 0]
    columns["amount_actual"] = amount[test]
    columns["middle"] = answers["middle"][:, 0]
    columns["middle_actual"] = middle[test]
    write_csv("predictions.csv", columns)
    print("predictions: predictions.csv")


if __name__ == "__main__":
    main()
