"""The model `passengers`.

Generated from spec.yaml by `kspec export --to python`. Requires Keras on TensorFlow and
NumPy.
"""

import csv
import itertools
import math
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf
from keras import layers

TABLE = Path(__file__).parent / "passengers.csv"
SEED = 3
MISSING = [
    "",
    "NA",
    "N/A",
    "n/a",
    "#N/A",
    "NaN",
    "nan",
    "-NaN",
    "-nan",
    "NULL",
    "null",
    "None",
    "<NA>",
]
LABELS = ["no", "yes"]
BATCH_SIZE = 16
EPOCHS = 3
SIZE = 8


def number(text):
    """A value of the table as a number; NaN if it is missing."""
    text = text.strip()
    if text in MISSING:
        return math.nan
    return float(text)


def numbers(rows, columns):
    """Columns of the table as numbers, shape (rows, columns)."""
    return np.array([[number(row[name]) for name in columns] for row in rows])


def read_examples():
    """Reads the inputs and `survived` in the order of the table."""
    with TABLE.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file, delimiter=";"))
    complete = np.array([row["fare"].strip() not in MISSING for row in rows])
    rows = [row for row, keep in zip(rows, complete, strict=True) if keep]
    x = {
        "numbers": numbers(rows, ["age", "fare", "sibs"]),
        "sex": np.array([[row["sex"]] for row in rows]),
        "port": np.array([[row["port"]] for row in rows]),
        "words": np.array([[row["note"]] for row in rows]),
    }
    survived = np.array([row["survived"] for row in rows])
    importance_weights = np.array([float(row["importance"]) for row in rows], "float32")
    return x, survived, importance_weights, np.flatnonzero(complete) + 1


def shares(count, sizes):
    """Distributes `count` over classes in proportion to their sizes, in whole numbers."""
    counts, remainders = np.divmod(count * sizes, sizes.sum())
    largest = np.argsort(-remainders, kind="stable")[: count - counts.sum()]
    counts[largest] += 1
    return counts


def split_rows(classes, test=0.25, validation=0.2):
    """Draws the rows of training, validation and test by the seed, stratified by class."""
    classes = np.unique(classes, return_inverse=True)[1]
    order = np.random.default_rng([SEED, 0]).permutation(len(classes))
    sizes = np.bincount(classes)
    tests = shares(int(len(classes) * test + 0.5), sizes)
    validations = shares(int(len(classes) * validation + 0.5), sizes)
    tests = np.minimum(tests, sizes - 1)  # a row of each class is for training
    validations = np.minimum(validations, sizes - 1 - tests)
    split = np.full(len(classes), "train", dtype=object)
    for number in range(len(sizes)):
        members = order[classes[order] == number]
        split[members[: tests[number]]] = "test"
        held_out = members[tests[number] : tests[number] + validations[number]]
        split[held_out] = "validation"
    return [np.flatnonzero(split == name) for name in ("train", "validation", "test")]


def fill(column, train, statistic):
    """Replaces missing values by a statistic of the training rows."""
    missing = np.isnan(column)
    column[missing] = statistic(column[train][~missing[train]])


def most_frequent(values):
    """The most frequent value."""
    unique, counts = np.unique(values, return_counts=True)
    return unique[counts.argmax()]


def take(arrays, rows):
    """Takes some rows of each array; text becomes tensors, as Keras requires."""
    taken = {name: array[rows] for name, array in arrays.items()}
    return {
        name: tf.constant(array) if array.dtype.kind == "U" else array
        for name, array in taken.items()
    }


def build_model(x_train):
    numbers = keras.Input((3,), name="numbers")
    sex = keras.Input((1,), dtype="string", name="sex")
    port = keras.Input((1,), dtype="string", name="port")
    words = keras.Input((1,), dtype="string", name="words")
    scaled_layer = layers.Normalization(name="scaled")
    scaled_layer.adapt(x_train["numbers"])
    scaled = scaled_layer(numbers)
    sex_index = layers.StringLookup(output_mode="int", name="sex_index")
    sex_index.adapt(x_train["sex"])
    x = sex_index(sex)
    x = layers.Embedding(input_dim=sex_index.vocabulary_size(), output_dim=SIZE)(x)
    sex_code = layers.Flatten(name="sex_code")(x)
    port_code_layer = layers.StringLookup(output_mode="one_hot", name="port_code")
    port_code_layer.adapt(x_train["port"])
    port_code = port_code_layer(port)
    tokens = layers.TextVectorization(
        max_tokens=50, output_sequence_length=4, name="tokens"
    )
    tokens.adapt(x_train["words"])
    x = tokens(words)
    x = layers.Embedding(
        input_dim=tokens.vocabulary_size(), output_dim=8, mask_zero=True
    )(x)
    read = layers.LSTM(
        6, recurrent_initializer=keras.initializers.HeNormal(), name="read"
    )(x)
    x = layers.Concatenate()([scaled, sex_code, port_code, read])
    x = layers.Dense(
        SIZE * 2, activation="relu", kernel_initializer=keras.initializers.HeNormal()
    )(x)
    normalization = layers.Normalization()
    before = keras.Function(
        {"numbers": numbers, "sex": sex, "port": port, "words": words}, x
    )
    examples = tf.data.Dataset.from_tensor_slices(x_train).batch(1024)
    normalization.adapt(examples.map(before))
    x = normalization(x)
    x = layers.Dropout(0.2)(x)
    x = layers.Dense(1, name="survived")(x)
    return keras.Model(
        {"numbers": numbers, "sex": sex, "port": port, "words": words},
        x,
        name="passengers",
    )


def batches(x, y, weights, rows):
    """Yields batches of these rows, shuffled by the seed in each epoch."""
    for epoch in itertools.count():
        order = np.random.default_rng([SEED, 1, epoch]).permutation(rows)
        for start in range(0, len(rows), BATCH_SIZE):
            batch = order[start : start + BATCH_SIZE]
            yield take(x, batch), y[batch], weights[batch]


def sigmoid(logits):
    """Probabilities, each between 0 and 1."""
    return 1.0 / (1.0 + np.exp(-logits))


def write_csv(path, columns):
    """Writes a table with a column for each name."""
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        writer.writerows(zip(*columns.values(), strict=True))


def main():
    keras.utils.set_random_seed(SEED)

    x, survived, importance_weights, row_numbers = read_examples()
    y = (survived == "yes").astype("float32").reshape(-1, 1)
    train, validation, test = split_rows(survived)
    fill(x["numbers"][:, 0], train, np.median)
    np.nan_to_num(x["numbers"][:, 2], copy=False, nan=0)
    x["numbers"] = x["numbers"].astype("float32")
    x["port"] = np.where(
        np.isin(x["port"], MISSING),
        most_frequent(x["port"][train][~np.isin(x["port"][train], MISSING)]),
        x["port"],
    )

    model = build_model(take(x, train))
    model.summary()
    # XLA rounds differently; without it, the same seed gives the same weights.
    model.compile(
        optimizer=keras.optimizers.Adam(learning_rate=0.001),
        loss=keras.losses.BinaryCrossentropy(from_logits=True),
        metrics=[
            keras.metrics.AUC(from_logits=True),
            keras.metrics.BinaryAccuracy(threshold=0.0),
        ],
        weighted_metrics=[keras.metrics.AUC(from_logits=True, name="auc")],
        jit_compile=False,
    )

    class_weights = np.array([1.0, 2.0], "float32")
    weights = importance_weights * class_weights[y.ravel().astype("int32")]
    model.fit(
        batches(x, y, weights, train),
        steps_per_epoch=math.ceil(len(train) / BATCH_SIZE),
        shuffle=False,
        epochs=EPOCHS,
        validation_data=(
            take(x, validation),
            y[validation],
            importance_weights[validation],
        ),
        validation_batch_size=BATCH_SIZE,
        callbacks=[
            keras.callbacks.ReduceLROnPlateau(monitor="val_loss", patience=1),
            keras.callbacks.CSVLogger(filename="log.csv"),
        ],
    )
    model.save("passengers.keras")

    metrics = model.evaluate(
        take(x, test),
        y[test],
        sample_weight=importance_weights[test],
        batch_size=BATCH_SIZE,
        return_dict=True,
        verbose=0,
    )
    for name, value in metrics.items():
        print(f"test {name}: {value:.4f}")

    predictions = model.predict(take(x, test), batch_size=BATCH_SIZE, verbose=0)
    predictions = sigmoid(predictions)
    columns = {
        "row": row_numbers[test],
        "survived_probability": predictions[:, 0],
        "survived": np.array(LABELS)[(predictions[:, 0] > 0.4).astype(int)],
        "survived_actual": survived[test],
    }
    write_csv("predictions.csv", columns)
    print("predictions: predictions.csv")


if __name__ == "__main__":
    main()
