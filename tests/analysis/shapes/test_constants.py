"""Ops without tensors, and ops whose operands are all constants: kspec infers what Keras computes."""

import keras
import numpy as np
import pytest

from kspec.compiler.build import build_adapted
from kspec.compiler.compile import compile_spec
from tests.lint.rules.helpers import check

HEAD = "kspec: 1\ntask: regression\ninputs: {x: {shape: [3]}}\nlayers:\n"
TAIL = "- {Dense: {units: 1}, from: x}\n"
CALLS = [
    "array {x: [1, 2, 3]}",
    "array {x: [[1, 2.5], [3, 4]]}",
    "array {x: 3}",
    "array {x: 2.5}",
    "array {x: 3000000000}",
    "array {x: [3000000000]}",
    "array {x: []}",
    "array {x: [1, 0], dtype: bool}",
    "array {x: [1.7], dtype: int64}",
    "array {x: {file: ints.npy}}",
    "array {x: {file: floats.npy}, dtype: float16}",
    "array {x: ['${units_of(x)}', 1]}",
    "array {x: ['${units_of(x) / 2}', 1]}",
    "convert_to_tensor {x: [[1, 2, 3]]}",
    "convert_to_tensor {x: 3, dtype: uint8}",
    "arange {start: 0, stop: 1, step: 0.1}",
    "arange {start: 5, stop: 0, step: -2, dtype: int64}",
    "linspace {start: 0, stop: 10, num: 5, dtype: int32}",
    "geomspace {start: 1, stop: 8, num: 4, dtype: float64}",
    "logspace {start: 0, stop: 2, num: 3, dtype: int32}",
    "eye {N: 3, M: 5, k: -2, dtype: int32}",
    "tri {N: 3, k: -5}",
    "full {shape: [0, 2], fill_value: 2.5, dtype: int32}",
    "ones {shape: [], dtype: bool}",
    "kaiser {x: 4, beta: 2}",
    "gcd {x1: 2, x2: [4, 6]}",
    "lcm {x1: 2, x2: 3}",
    "kron {x1: 2, x2: [1, 2, 3]}",
    "kron {x1: [[1], [2]], x2: [1, 2.5]}",
    "maximum {x1: 2, x2: 2.5}",
    "array {x: [[true, false], [false, true]]}",
    "array {x: true}",
    "array {x: [true, 2]}",
    "array {x: {file: booleans.npy}}",
    "convert_to_tensor {x: [true, false]}",
    "logical_and {x1: [true, true], x2: [true, false]}",
]


def test_shapes_and_dtypes_are_those_of_keras(tmp_path):
    np.save(tmp_path / "ints.npy", np.arange(3))
    np.save(tmp_path / "floats.npy", np.array([[1.5, 2.0]]))
    np.save(tmp_path / "booleans.npy", np.array([[True], [False]]))
    entries = [call.split(maxsplit=1) for call in CALLS]
    layers = [f"- {{op: {op}, from: [], call: {call}, name: k{i}}}\n" for i, (op, call) in enumerate(entries)]
    (tmp_path / "spec.yaml").write_text(HEAD + "".join(layers) + TAIL)
    spec, analysis = compile_spec(tmp_path / "spec.yaml").unwrap()
    inferred = [analysis.types.calls[f"k{i}"].outputs for i in range(len(CALLS))]
    built = build_adapted(spec).network.values
    real = [built[f"k{i}"] for i in range(len(CALLS))]
    assert [[(type_.shape, type_.dtype) for type_ in each] for each in inferred] == [
        [(tuple(value.shape), keras.backend.standardize_dtype(value.dtype)) for value in each] for each in real
    ]
    assert np.array_equal(real[5][0], [3_000_000_000])
    assert np.array_equal(real[9][0], [0, 1, 2])
    assert np.array_equal(real[-3][0], [[True], [False]])
    assert np.array_equal(real[-1][0], [True, False])


@pytest.mark.parametrize(
    ("op", "call", "code", "message"),
    [
        ("array", "{x: [[1], [2, 3]]}", "KS112", "the rows of `x` of `array` have different lengths"),
        ("array", "{x: [1], dtype: string}", "KS302", "`k` cannot turn numbers into text"),
        ("array", "{x: null}", "KS206", "`array` needs the tensor `x`"),
        ("arange", "{start: 3, dtype: uint8}", "KS302", "`k` cannot count in uint8"),
        ("arange", "{start: 0.5, stop: 3, dtype: int32}", "KS302", "`k` cannot count by fractions in int32"),
        ("geomspace", "{start: 1, stop: 8, dtype: int32}", "KS302", "`k` cannot compute in int32"),
        ("gcd", "{x1: 2.5, x2: 3}", "KS301", "`k` expects integers or booleans, got float32"),
        ("tensordot", "{x1: [1, 2], x2: [1, 2]}", "KS302", "`k` cannot multiply over 2 axes of (2,) and (2,)"),
        ("relu", "{x: [1, 2]}", "KS216", "`x` of `relu` is a tensor: pass it with `from`"),
    ],
)
def test_what_keras_refuses(op, call, code, message):
    found = [each for each in check(f"{HEAD}- {{op: {op}, from: [], call: {call}, name: k}}\n{TAIL}") if each.is_error]
    assert [(each.code, each.message) for each in found] == [(code, message)]


def test_a_constant_in_place_of_a_tensor_becomes_a_node():
    einsum = '{subscripts: "bi,ij->bj", operands: [[1, 2], [3, 4], [5, 6]]}'
    (found,) = check(f"{HEAD}- {{op: einsum, from: [x], call: {einsum}}}\n- {{Dense: {{units: 1}}}}\n")
    assert (found.code, found.message) == ("KS206", "`einsum` needs tensors for `operands`, not a constant")
    entry = found.help.split("`")[1]
    assert entry == "- {op: array, from: [], call: {x: [[1, 2], [3, 4], [5, 6]]}, name: k}"
    text = f'{HEAD}{entry}\n- {{op: einsum, from: [x, k], call: {{subscripts: "bi,ij->bj"}}}}\n- Dense: {{units: 1}}\n'
    assert [each for each in check(text) if each.is_error] == []


def test_a_constant_without_an_empty_from():
    (found,) = check(f"{HEAD}- {{op: array, call: {{x: [1]}}, name: k}}\n{TAIL}")
    assert (found.code, found.help) == ("KS206", "write `from: []`")
