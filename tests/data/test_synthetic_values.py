"""Synthetic examples fit their own spec: indices in range, known words, every class, labels that CTC can align."""

import numpy as np
import pytest

from kspec.compiler.compile import compile_spec
from kspec.diagnostics import Report, Source
from kspec.language import load_source


def examples(inputs, layers, more="task: regression", count=200):
    """All examples of a spec: the inputs and targets of its three splits."""
    text = f"kspec: 1\n{more}\ndata: {{synthetic: {{examples: {count}}}}}\ninputs: {inputs}\nlayers:\n{layers}"
    report = Report()
    spec = load_source(Source("spec.yaml", text), report, ())
    assert spec is not None, [d.message for d in report]
    compiled = compile_spec(spec, data="always")
    assert compiled.dataset is not None, [d.message for d in compiled.report]
    splits = compiled.dataset.splits.values()
    x = {name: [split.inputs[name] for split in splits] for name in next(iter(splits)).inputs}
    return x, {name: [split.targets[name] for split in splits] for name in next(iter(splits)).targets}


HEAD = "  - Flatten:\n  - Dense: {units: 1}\n"


@pytest.mark.parametrize("dtype", ["int32", "uint8", "float32"])
@pytest.mark.parametrize(
    "layer",
    [
        "  - Embedding: {input_dim: 5, output_dim: 2}\n",
        "  - CategoryEncoding: {num_tokens: 5}\n",
        "  - op: one_hot\n    call: {num_classes: 5}\n",
        "  - Reshape: {target_shape: [2, 3]}\n  - Embedding: {input_dim: 5, output_dim: 2}\n",
    ],
)
def test_indices_are_in_range(layer, dtype):
    if dtype == "float32" and "one_hot" in layer:
        return  # indices are integers
    x, _ = examples(f"{{x: {{shape: [6], dtype: {dtype}}}}}", layer + HEAD)
    values = np.concatenate(x["x"])
    assert values.dtype == dtype
    assert sorted(set(values.ravel().tolist())) == [0, 1, 2, 3, 4]


def test_words_and_numbers_of_a_vocabulary():
    layers = (
        "  - StringLookup: {vocabulary: [p, q], num_oov_indices: 0, output_mode: one_hot}\n    from: word\n    name: a\n"
        "  - IntegerLookup: {vocabulary: [70, 80], num_oov_indices: 0, output_mode: one_hot}\n    from: code\n    name: b\n"
        "  - Concatenate:\n    from: [a, b]\n" + HEAD
    )
    x, _ = examples("{word: {shape: [1], dtype: string}, code: {shape: [1], dtype: int64}}", layers)
    assert set(np.concatenate(x["word"]).ravel().tolist()) == {"p", "q"}
    assert set(np.concatenate(x["code"]).ravel().tolist()) == {70, 80}


@pytest.mark.parametrize("units", [3, 12, 40])
def test_every_unit_is_a_class(units):
    layers = f"  - Dense: {{units: {units}, activation: softmax}}\n    name: y\n"
    _, y = examples("{x: {shape: [4]}}", layers, more="seed: 1", count=units * 30)
    labels = np.concatenate(y["y"])
    assert sorted(set(labels.tolist())) == list(range(units))
    assert all(len(np.unique(part)) == units for part in y["y"])


ONE_HOT = ["categorical_crossentropy", "categorical_focal_crossentropy", "categorical_hinge", "kl_divergence"]


@pytest.mark.parametrize("loss", [*ONE_HOT, "sparse_categorical_crossentropy"])
def test_every_class_is_in_each_part_whatever_the_loss_takes(loss):
    layers = "  - Dense: {units: 4, activation: softmax}\n    name: y\n"
    _, y = examples("{x: {shape: [3]}}", layers, more=f"seed: 2\ncompile: {{loss: {loss}}}", count=60)
    for part in y["y"]:
        labels = part if part.ndim == 1 or part.shape[-1] == 1 else part.argmax(axis=-1)
        assert sorted(set(labels.ravel().tolist())) == [0, 1, 2, 3], loss


@pytest.mark.parametrize("units", [1, 2, 5])
def test_yes_and_no_are_in_each_part(units):
    layers = f"  - Dense: {{units: {units}, activation: sigmoid}}\n    name: y\n"
    _, y = examples("{x: {shape: [3]}}", layers, more="seed: 2\ncompile: {loss: binary_crossentropy}", count=60)
    for part in y["y"]:
        for answers in part.reshape(len(part), -1).T:
            assert set(answers.tolist()) == {0, 1}


def test_labels_of_ctc_fit_into_the_steps_of_any_output():
    for steps in (1, 2, 3, 9):
        _, y = examples(
            f"{{x: {{shape: [{steps}, 4]}}}}",
            "  - Dense: {units: 3}\n    name: y\n",
            more="compile: {loss: CTC}",
            count=40,
        )
        labels = np.concatenate(y["y"])
        repeats = (np.diff(labels.reshape(40, -1), axis=1) == 0).sum(axis=1)
        assert ((labels.reshape(40, -1) > 0).sum(axis=1) + repeats <= steps).all()
        assert labels.max() <= 2


def test_labels_for_ctc():
    layers = "  - Dense: {units: 7}\n    name: y\n"
    _, y = examples("{x: {shape: [6, 4]}}", layers, more="compile: {loss: CTC}")
    labels = np.concatenate(y["y"])
    assert labels.shape == (200, 3)  # three labels, with blanks between equal ones, fit into six steps
    assert labels.min() >= 1
    assert labels.max() == 6


def test_counts_are_not_negative():
    layers = "  - Dense: {units: 1, activation: softplus}\n    name: y\n"
    _, y = examples("{x: {shape: [4]}}", layers, more="compile: {loss: poisson}")
    assert np.concatenate(y["y"]).min() >= 0
