"""Every loss of Keras on every kind of output: its logged value is NumPy's, or `check` reports it."""

from functools import cache

import numpy as np
import pytest

from kspec import catalog
from kspec.analysis.task_inference import loss_name
from kspec.compiler.passes import analyse
from kspec.data.pipeline import Batches
from kspec.diagnostics import Report, Source
from kspec.language import load_source
from tests.support.loss_values import BY_BATCH, loss_value

N, POSITIONS, SIZE = 21, 4, 8
UNITS = {
    "one_sigmoid": (1, "sigmoid"),
    "sigmoid": (3, "sigmoid"),
    "softmax": (3, "softmax"),
    "one_linear": (1, "linear"),
    "linear": (3, "linear"),
    "one_tanh": (1, "tanh"),
    "tanh": (3, "tanh"),
    "softplus": (3, "softplus"),
}
BY_POSITION = ("one_sigmoid", "sigmoid", "softmax", "one_linear", "linear")
KINDS = {kind: (*UNITS[kind], False) for kind in UNITS} | {
    f"{kind}_by_position": (*UNITS[kind], True) for kind in BY_POSITION
}
"""Kind of output → units, activation, whether it predicts at every position."""
VARIANTS = {
    "BinaryCrossentropy": ["from_logits: true", "label_smoothing: 0.2"],
    "BinaryFocalCrossentropy": ["from_logits: true", "apply_class_balancing: true"],
    "CategoricalCrossentropy": ["from_logits: true", "label_smoothing: 0.2"],
    "CategoricalFocalCrossentropy": ["from_logits: true", "gamma: 1.0"],
    "CategoricalGeneralizedCrossEntropy": ["q: 0.3"],
    "SparseCategoricalCrossentropy": ["from_logits: true"],
    "Dice": ["axis: [1]"],
    "Huber": ["delta: 0.3"],
    "Tversky": ["alpha: 0.3, beta: 0.7", "axis: [1]"],
}
"""Arguments that a user would write."""
FEW = ("binary_crossentropy", "categorical_crossentropy", "sparse_categorical_crossentropy", "mean_squared_error")


@cache
def losses():
    """All losses as a spec would write them."""
    written = []
    for name in catalog.names("loss"):
        written += [name, *(f"{{{name}: {{{arguments}}}}}" for arguments in VARIANTS.get(name, []))]
    return tuple(written)


def text_of(pairs):
    """A spec with an output for each pair of a kind and a loss."""
    lines = ["kspec: 1", f"inputs: {{x: {{shape: [5]}}, s: {{shape: [{POSITIONS}, 5]}}}}", "layers:"]
    for number, (kind, _) in enumerate(pairs):
        units, activation, by_position = KINDS[kind]
        lines.append(f"  - Dense: {{units: {units}, activation: {activation}}}")
        lines.append(f"    from: {'s' if by_position else 'x'}\n    name: y{number}")
    lines += [f"outputs: [{', '.join(f'y{number}' for number in range(len(pairs)))}]", "compile:", "  loss:"]
    lines += [f"    y{number}: {loss}" for number, (_, loss) in enumerate(pairs)]
    return "\n".join([*lines, "  metrics: []", ""])


def analysed(text):
    report = Report()
    spec = load_source(Source("spec.yaml", text), report, ())
    return spec, analyse(spec, report).settings, [problem for problem in report.sorted() if problem.code[2] == "4"]


@cache
def suitable(chosen):
    """The pairs of a kind and a loss that `check` does not report."""
    pairs = [(kind, loss) for loss in chosen for kind in KINDS]
    return [pair for pair in pairs if not analysed(text_of([pair]))[2]]


def target_of(loss, form, units, by_position, rng):
    """An encoded target."""
    shape = (N, POSITIONS) if by_position else (N,)
    classes = rng.integers(0, max(units, 2), shape)
    if loss in ("CTC", "Circle"):
        return (rng.integers(1, units, (N, 2)) if loss == "CTC" else rng.integers(0, units, N)).astype("int32")
    if form == "integer":
        return classes.astype("int32")
    if form == "one_hot":
        return np.eye(units, dtype="float32")[classes]
    if form in ("binary", "multi_label"):
        return rng.integers(0, 2, (*shape, units)).astype("float32")
    values = rng.uniform(0.1, 2, (*shape, units))
    return (values / values.sum(axis=-1, keepdims=True) if loss == "KLDivergence" else values).astype("float32")


def model_of(pairs, spec, settings):
    import keras

    from kspec.training.compile import compile_model

    keras.utils.set_random_seed(3)
    inputs = {"x": keras.Input((5,), name="x"), "s": keras.Input((POSITIONS, 5), name="s")}
    outputs = {}
    for number, (kind, _) in enumerate(pairs):
        units, activation, by_position = KINDS[kind]
        layer = keras.layers.Dense(units, activation=activation, name=f"y{number}")
        outputs[f"y{number}"] = layer(inputs["s" if by_position else "x"])
    model = keras.Model(inputs, outputs)
    compile_model(model, spec, settings, {"SGD": {"learning_rate": 0.0}})
    return model


def logged(model, batches, engine):
    """What an engine logs: `auto` and `fused_xla` differ from `fused` in training only."""
    from kspec.training.engine import Schedule, engine_of

    runner = engine_of(model, engine)
    if engine in ("keras", "fused"):
        return runner.evaluate(batches)
    runner.fit(batches, None, Schedule(1, batches.steps), [])
    return {name: values[-1] for name, values in model.history.history.items()}


def check(pairs, engines, *, weighted):
    spec, settings, _ = analysed(text_of(pairs))
    rng = np.random.default_rng(5)
    inputs = {"x": rng.normal(size=(N, 5)).astype("float32"), "s": rng.normal(size=(N, POSITIONS, 5)).astype("float32")}
    targets, weights = {}, {}
    for number, (kind, _) in enumerate(pairs):
        units, _, by_position = KINDS[kind]
        output = settings.outputs[f"y{number}"]
        name = loss_name(output.loss)
        targets[output.name] = target_of(name, output.target_form, units, by_position, rng)
        shape = (N, POSITIONS, 1) if by_position and name != "CTC" else (N,)
        weights[output.name] = rng.uniform(0.5, 2, shape).astype("float32")
    batches = Batches(inputs, targets, weights if weighted else {}, batch_size=SIZE, shuffle=False, seed=0)
    model = model_of(pairs, spec, settings)
    predictions = model.predict(inputs, verbose=0)
    wanted = {}
    for name, output in settings.outputs.items():
        arguments = next(iter(output.loss.values())) if isinstance(output.loss, dict) else {}
        weight = weights[name][..., 0] if weights[name].ndim > 1 else weights[name]
        wanted[name] = loss_value(
            loss_name(output.loss), targets[name], predictions[name], weight if weighted else None,
            batch_size=SIZE, **arguments,
        )  # fmt: skip
    for engine in engines:
        found = logged(model, batches, engine)
        wrong = [
            (*pairs[int(name[1:])], float(found[f"{name}_loss"]), value)
            for name, value in wanted.items()
            if not np.isclose(found[f"{name}_loss"], value, rtol=3e-4, atol=3e-5)
        ]
        assert not wrong, (engine, wrong)
        assert float(found["loss"]) == pytest.approx(sum(wanted.values()), rel=1e-3)


def test_common_losses_are_numpys():
    check(suitable(FEW), ["keras"], weighted=True)


@pytest.mark.slow
def test_every_loss_is_numpys():
    """Weighted on all kinds of output; without weights, and where the batch counts, on one kind."""
    pairs = suitable(losses())
    assert {kind for kind, _ in pairs} == set(KINDS)
    first = {loss: (kind, loss) for kind, loss in reversed(pairs)}
    check([pair for pair in pairs if pair[1].strip("{").split(":")[0] not in BY_BATCH], ["keras"], weighted=True)
    check(list(first.values()), ["keras"], weighted=False)


@pytest.mark.slow
def test_common_losses_are_numpys_on_every_engine():
    check(suitable(FEW), ["fused", "auto", "fused_xla"], weighted=True)


@pytest.mark.slow
def test_every_loss_suits_some_output():
    assert {loss for _, loss in suitable(losses())} == set(losses())
