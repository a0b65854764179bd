"""Missing targets that a spec ignores, against plain Keras with the sample weight 0."""

import keras
import numpy as np
import pytest

import kspec
from kspec.runs.run_evaluation import evaluate_run
from kspec.runs.run_loader import load_run, read_examples
from tests.data.helpers import read

SPEC = """\
kspec: 1
name: ignoring
data:
  csv: t.csv
  inputs: [a, b]
  targets: {price: p, kind: c}
  missing: {p: ignore, c: ignore}
  split: {by: part}
  weights: w
inputs: {x: {shape: [2]}}
layers:
  - Dense: {units: 4, activation: relu, kernel_initializer: {HeNormal: {seed: 3}}}
    name: h
  - Dense: {units: 1, kernel_initializer: {HeNormal: {seed: 4}}}
    name: price
    from: h
  - Dense: {units: 3, activation: softmax, kernel_initializer: {HeNormal: {seed: 5}}}
    name: kind
    from: h
outputs: [price, kind]
compile: {metrics: {price: [mean_absolute_error], kind: [accuracy]}}
fit: {epochs: 2, batch_size: 16, shuffle: false, engine: keras, class_weight: {kind: balanced}}
"""
NAMES = np.array(["no", "so", "yes"])


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("ignored")


@pytest.fixture(scope="module")
def columns(folder):
    rng = np.random.default_rng(0)
    values = {"a": rng.normal(size=90), "b": rng.normal(size=90), "p": rng.normal(size=90), "c": rng.integers(0, 3, 90)}
    values |= {"w": rng.integers(1, 4, 90), "no_p": rng.random(90) < 0.3, "no_c": rng.random(90) < 0.2}
    values["no_p"][:2] = values["no_c"][:2] = True
    lines = [
        f"{a},{b},{'' if no_p else p},{'' if no_c else NAMES[c]},{w},{'train' if row < 60 else 'test'}"
        for row, (a, b, p, c, w, no_p, no_c) in enumerate(zip(*values.values(), strict=True))
    ]
    (folder / "t.csv").write_text("\n".join(["a,b,p,c,w,part", *lines]))
    return values


@pytest.fixture(scope="module")
def run(folder, columns):
    (folder / "s.yaml").write_text(SPEC)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        yield kspec.run("s.yaml")


def part(columns, rows):
    """Inputs, targets and what is known of the rows with some target."""
    rows = rows & ~(columns["no_p"] & columns["no_c"])
    x = np.stack([columns["a"], columns["b"]], axis=1)[rows].astype("float32")
    price, kind = np.where(columns["no_p"], 0, columns["p"])[rows].astype("float32"), columns["c"][rows]
    return x, price[:, None], kind[:, None], ~columns["no_p"][rows], ~columns["no_c"][rows], columns["w"][rows]


def test_losses_and_metrics_are_those_of_known_targets(columns, run):
    x, price, kind, has_price, has_kind, w = part(columns, np.arange(90) < 60)
    inputs = keras.Input((2,))
    start = {seed: keras.initializers.HeNormal(seed) for seed in (3, 4, 5)}
    h = keras.layers.Dense(4, "relu", kernel_initializer=start[3])(inputs)
    outputs = {
        "price": keras.layers.Dense(1, kernel_initializer=start[4], name="price")(h),
        "kind": keras.layers.Dense(3, "softmax", kernel_initializer=start[5], name="kind")(h),
    }
    model = keras.Model(inputs, outputs)
    losses = {"price": "mse", "kind": "sparse_categorical_crossentropy"}
    model.compile("adam", loss=losses, jit_compile=False)
    counts = np.bincount(kind[has_kind, 0])
    balanced = (has_kind.sum() / (3 * counts))[kind[:, 0]]
    weights = {"price": w * has_price, "kind": w * has_kind * balanced}
    weights = {name: each.astype("float32") for name, each in weights.items()}
    targets = {"price": price, "kind": kind}
    model.fit(x, targets, sample_weight=weights, epochs=2, batch_size=16, shuffle=False, verbose=0)
    for ours, plain in zip(run.model.get_weights(), model.get_weights(), strict=True):
        np.testing.assert_allclose(ours, plain, rtol=1e-5, atol=1e-6)

    x, price, kind, has_price, has_kind, w = part(columns, np.arange(90) >= 60)
    found = model.predict(x, verbose=0)
    squares = w * has_price * (found["price"] - price)[:, 0] ** 2
    logs = w * has_kind * -np.log(np.take_along_axis(found["kind"], kind, axis=1))[:, 0]
    right = found["kind"].argmax(axis=1) == kind[:, 0]
    expected = {
        "loss": squares.mean() + logs.mean(),
        "price_loss": squares.mean(),
        "kind_loss": logs.mean(),
        "price_mean_absolute_error": abs(found["price"] - price)[has_price].mean(),
        "kind_accuracy": right[has_kind].mean(),
    }
    for name, value in expected.items():
        assert run.metrics[name] == pytest.approx(value, rel=1e-4), name
    assert run.metrics["examples"] == len(x)
    own, own_kind = columns["p"][:60][~columns["no_p"][:60]], columns["c"][:60][~columns["no_c"][:60]]
    commonest = np.bincount(own_kind).argmax()
    assert run.baseline["price_mean_absolute_error"] == pytest.approx(
        abs(price - own.mean())[has_price].mean(), rel=1e-4
    )
    assert run.baseline["kind_accuracy"] == pytest.approx((kind[:, 0] == commonest)[has_kind].mean())


def test_a_run_evaluates_other_data_with_some_targets(folder, run):
    lines = "a,b,p,c,w\n1,2,3,yes,1\n1,1,,no,1\n2,1,4,,1\n0,0,,,1\n"
    (folder / "new.csv").write_text(lines)
    loaded = load_run(str(run.folder))
    examples, _ = read_examples(loaded, str(folder / "new.csv"), None, need_targets=True)
    assert examples.rows.tolist() == [1, 2, 3]
    assert [note for note in examples.notes if not note.startswith("KS653")] == ["left out row 4 (no target)"]
    found = loaded.model.predict(np.array([[1, 2], [1, 1], [2, 1]], "float32"), verbose=0)
    values = evaluate_run(loaded, examples)
    assert values["price_mean_absolute_error"] == pytest.approx(
        abs(found["price"][[0, 2], 0] - [3, 4]).mean(), rel=1e-5
    )
    assert values["kind_accuracy"] == np.mean(NAMES[found["kind"][:2].argmax(axis=1)] == ["yes", "no"])


def test_what_cannot_be_ignored(tmp_path):
    (tmp_path / "t.csv").write_text(
        "a,y\n" + "".join(f"{n if n % 3 else ''},{n if n % 4 else ''}\n" for n in range(30))
    )
    problems = read(tmp_path, "{csv: t.csv, targets: y, missing: ignore}", "x: {shape: [1]}").problems
    assert problems == [
        "KS513 `a` is no target |  | available policies: drop_row, mean, median, most_frequent, forward, backward, "
        "or a fill value"
    ]
    dropped = read(tmp_path, "{csv: t.csv, targets: y, missing: {a: 0, y: ignore}}", "x: {shape: [1]}").data
    assert (dropped.dropped, dropped.splits["train"].absent) == (8, {})


def test_windows_ignore_the_rows_without_a_target(tmp_path):
    (tmp_path / "t.csv").write_text("a,y\n" + "".join(f"{n},{n if n % 7 else ''}\n" for n in range(40)))
    data = "{csv: t.csv, window: {length: 3, horizon: 2}, inputs: {x: {columns: a, window: past}}, targets: y, "
    splits = read(tmp_path, data + "missing: {y: ignore}}", "x: {shape: [3, 1]}").data.splits
    for split in splits.values():
        rows = split.rows[:, None] + np.arange(2)
        np.testing.assert_array_equal(split.absent["y"], rows % 7 == 0)
        np.testing.assert_array_equal(split.targets["y"][~split.absent["y"]], rows[rows % 7 != 0])


@pytest.mark.slow
def test_positions_without_a_target_do_not_count_and_the_others_of_their_example_do(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    x, t = rng.normal(size=(40, 5, 3)).astype("float32"), rng.integers(0, 3, (40, 5)).astype(float)
    gaps = rng.random((40, 5)) < 0.2
    np.savez("t.npz", x=x, t=np.where(gaps, np.nan, t))
    (tmp_path / "s.yaml").write_text(
        "kspec: 1\ndata: {npz: t.npz, targets: t, missing: {t: ignore}, split: {order: true, validation: 0, test: 0.25}}\n"
        "inputs: {x: {shape: [5, 3]}}\nlayers:\n"
        "  - Dense: {units: 3, activation: softmax, kernel_initializer: {HeNormal: {seed: 5}}}\n    name: t\n"
        "compile: {metrics: [accuracy]}\nfit: {epochs: 1, batch_size: 10, shuffle: false, engine: keras}\n"
    )
    run = kspec.run("s.yaml")
    inputs = keras.Input((5, 3))
    model = keras.Model(
        inputs, keras.layers.Dense(3, "softmax", kernel_initializer=keras.initializers.HeNormal(5))(inputs)
    )
    model.compile("adam", loss="sparse_categorical_crossentropy", jit_compile=False)
    known = (~gaps).astype("float32")
    model.fit(x[:30], t[:30], sample_weight=known[:30], batch_size=10, shuffle=False, verbose=0)
    np.testing.assert_allclose(run.model.get_weights()[0], model.get_weights()[0], rtol=1e-6)
    classes = model.predict(x[30:], verbose=0).argmax(axis=-1)
    right = (classes == t[30:])[~gaps[30:]]
    assert run.metrics["accuracy"] == pytest.approx(right.mean())
    written = np.load(run.folder / "predictions.npz")["t_actual"].astype(float)
    np.testing.assert_array_equal(written, np.where(gaps[30:], np.nan, t[30:]))
