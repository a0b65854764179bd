"""KS575: a network that sees the items that it is to predict."""

import pytest

from tests.lint.rules.helpers import check

SPEC = """\
kspec: 1
data:
  parquet: t.parquet
  inputs: {ids: {column: ids}, source: {column: SOURCE}}
  targets: {next: {column: ids, shift: SHIFT}}
inputs: {ids: {shape: [6], dtype: int32}, source: {shape: [6], dtype: int32}}
layers:
  - {Embedding: {input_dim: 9, output_dim: 4}, name: e, from: ids}
  - {Embedding: {input_dim: 9, output_dim: 4}, name: s, from: source}
LAYERS
  - {Dense: {units: 9, activation: softmax}, name: next}
outputs: [next]
compile: {loss: sparse_categorical_crossentropy}
"""
BOTH = "Bidirectional: {layer: {LSTM: {units: 2, return_sequences: RETURN}}}"
WHOLE, STATE = BOTH.replace("RETURN", "true"), BOTH.replace("RETURN", "false")
ATTENTION = "MultiHeadAttention: {num_heads: 1, key_dim: 4}, name: a"
ADDED = "op: add, from: [e, b]"


def _found(layers, shift=1, source="other"):
    text = SPEC.replace("SHIFT", str(shift)).replace("SOURCE", source)
    lines = "\n".join(f"  - {{{each}}}" for each in layers)
    problems = check(text.replace("LAYERS", lines))
    unfit = [each for each in problems if each.severity.value == "error" and each.code != "KS501"]
    assert not unfit, unfit
    return [each for each in problems if each.code == "KS575"]


@pytest.mark.parametrize(
    ("layers", "shift", "culprit", "help"),
    [
        ([f"{WHOLE}, name: b, from: e"], 1, "b", "use the `LSTM` inside it alone"),
        ([f"{WHOLE}, name: b, from: e", "LSTM: {units: 4, return_sequences: true}, name: c"], 3, "b", "forwards"),
        (["LSTM: {units: 4, return_sequences: true, go_backwards: true}, name: g, from: e"], 1, "g", "go_backwards"),
        ([f"{ATTENTION}, from: [e, e]"], 1, "a", "use_causal_mask"),
        ([f"{ATTENTION}, from: [s, e]"], 1, "a", "use_causal_mask"),
        (["Attention: {}, name: a, from: [e, e]"], 1, "a", "use_causal_mask"),
        (["Conv1D: {filters: 4, kernel_size: 3, padding: same}, name: k, from: e"], 1, "k", "padding: causal"),
        (["Conv1D: {filters: 4, kernel_size: 2, padding: same}, name: k, from: e"], 1, "k", "padding: causal"),
        (["Conv1D: {filters: 4, kernel_size: 3, padding: same}, name: k, from: e",
          "Conv1D: {filters: 4, kernel_size: 3, padding: same}, name: l"], 2, "l", "padding: causal"),
    ],
)  # fmt: skip
def test_a_layer_that_sees_the_answer(layers, shift, culprit, help):
    (problem,) = _found(layers, shift)
    assert f"`{culprit}` sees it" in problem.message
    assert help in problem.help


@pytest.mark.parametrize(
    ("layers", "shift"),
    [
        (["LSTM: {units: 4, return_sequences: true}, from: e"], 1),
        ([f"{ATTENTION}, from: [e, e], call: {{use_causal_mask: true}}"], 1),
        ([f"{ATTENTION}, from: [e, s]"], 1),
        ([f"{WHOLE}, name: b, from: s", f"{ATTENTION}, from: [e, b]"], 1),
        ([f"{STATE}, name: b, from: e", "RepeatVector: {n: 6}"], 1),
        (["Conv1D: {filters: 4, kernel_size: 3, padding: causal}, from: e"], 1),
        (["Conv1D: {filters: 4, kernel_size: 3, padding: same}, from: e"], 2),
        ([f"{WHOLE}, from: e"], 0),
        (["ZeroPadding1D: {padding: [2, 0]}, from: e", "Conv1D: {filters: 4, kernel_size: 3}"], 1),
    ],
)
def test_a_network_that_may_see_what_it_sees(layers, shift):
    assert not _found(layers, shift)


def test_another_input_of_the_same_column():
    layers = [f"{WHOLE}, name: b, from: s", ADDED]
    assert not _found(layers)
    assert len(_found(layers, source="ids")) == 1
