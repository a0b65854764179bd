"""One call of an op, three ways: by Keras on symbols, as the target makes it; by Keras on numbers; by our rule."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from typing import Any, NamedTuple

import keras
import numpy as np
import tensorflow as tf

from kspec.analysis.shapes.registry import infer_call
from kspec.analysis.shapes.types import Call, ShapeError, TensorType
from kspec.backend.keras_model import BuiltNetwork, _Builder
from kspec.backend.keras_objects import Maker
from kspec.catalog import Entry, find
from kspec.diagnostics import Report
from kspec.ir.node import Feed, Node, Tensor

REFUSED = "raised"

Outcome = list[Any] | str
"""A shape and a dtype for each output (None where Keras gives none), or REFUSED."""


class OpCall(NamedTuple):
    """An op with what it takes.

    Args:
        tensors: By argument name; one-element lists for single tensors.
        constants: As a spec writes them.
    """

    name: str
    tensors: Mapping[str, list[TensorType]]
    constants: Mapping[str, Any]

    def __str__(self) -> str:
        given = ", ".join(f"{name}: {' '.join(str(tuple(t)) for t in ts)}" for name, ts in self.tensors.items())
        return f"{self.name}({given}; {dict(self.constants)})"

    @property
    def entry(self) -> Entry:
        found = find("op", self.name)
        assert found is not None
        return found


def op_call(name: str, shapes: Sequence[Any], constants: Mapping[str, Any] | None = None) -> OpCall:
    """A call with its tensors in the entry's order; a list takes all that are left, and those not given are left out.

    Args:
        shapes: Shapes of float32, or types.
    """
    entry = find("op", name)
    assert entry is not None
    left = [shape if isinstance(shape, TensorType) else TensorType(shape) for shape in shapes]
    tensors: dict[str, list[TensorType]] = {}
    for tensor in entry.tensors:
        if tensor.name not in (constants or {}) and left:
            tensors[tensor.name], left = (left[:1], left[1:]) if tensor.form == "one" else (left, [])
    return OpCall(name, tensors, constants or {})


def by_keras(call: OpCall) -> Outcome:
    """What Keras gives for symbols."""
    return _called(call, [[keras.KerasTensor(t.shape, t.dtype) for t in ts] for ts in call.tensors.values()])


def by_keras_on_numbers(call: OpCall, unknown: int = 2) -> Outcome:
    """What Keras gives for zeros in a graph of TensorFlow, as in training.

    Args:
        call: The call.
        unknown: The number that stands for each unknown size.
    """
    outcomes: list[Outcome] = []

    @tf.function
    def compute(values: list[list[tf.Tensor]]) -> list[tf.Tensor]:
        outcomes.append(_called(call, values))
        return []

    values = [[_zeros(t, unknown) for t in ts] for ts in call.tensors.values()]
    eager = _called(call, values)
    if eager == REFUSED:
        return REFUSED
    try:
        compute(values)
    except Exception:
        return REFUSED
    return eager if outcomes[0] != REFUSED else REFUSED


class KerasElsewhere:
    """`by_keras_on_numbers` in another process: a call that ends it fails one test, and spoils no other."""

    def __init__(self) -> None:
        self.pool: ProcessPoolExecutor | None = None

    def __enter__(self) -> KerasElsewhere:
        return self

    def __exit__(self, *_: object) -> None:
        if self.pool is not None:
            self.pool.shutdown()

    def __call__(self, call: OpCall) -> Outcome:
        if self.pool is None:
            self.pool = ProcessPoolExecutor(1, get_context("spawn"))
        try:
            return self.pool.submit(by_keras_on_numbers, call).result()
        except BrokenProcessPool:
            self.pool = None
            raise AssertionError(f"TensorFlow ends the process of {call}, or of a call before it") from None


def by_rule(call: OpCall) -> Outcome:
    """What our rule says."""
    try:
        found = infer_call(Call(call.entry, {}, call.tensors, call.constants))
    except ShapeError as shape_error:
        _check_wording(shape_error, call.entry)
        return REFUSED
    assert found.weights == []
    assert found.flops is None or found.flops >= 0
    return [(output.shape, output.dtype) for output in found.outputs]


def _check_wording(shape_error: ShapeError, entry: Entry) -> None:
    assert shape_error.message[0].islower()
    assert not shape_error.message.endswith(".")
    assert "(None" not in shape_error.message + shape_error.help
    assert shape_error.code in ("KS301", "KS302", "KS303")
    assert not shape_error.argument or shape_error.argument in entry.constants


def _called(call: OpCall, values: list[list[Any]]) -> Outcome:
    builder = _Builder.__new__(_Builder)
    builder.maker, builder.network, builder.report = Maker(), BuiltNetwork(), Report()
    forms = {tensor.name: tensor.form for tensor in call.entry.tensors}
    feeds: dict[str, Feed] = {}
    for name, given in zip(call.tensors, values, strict=True):
        taken = [Tensor(f"{name}.{number}") for number in range(len(given))]
        builder.network.values.update({tensor.node: [value] for tensor, value in zip(taken, given, strict=True)})
        feeds[name] = taken[0] if forms[name] == "one" else taken
    node = Node("node", "op", call.name, ("layers", 0), call.entry, feeds=feeds, constants=dict(call.constants))
    try:
        builder._add_op(node)
    except Exception:
        return REFUSED
    return [
        None if value is None else (tuple(value.shape), keras.backend.standardize_dtype(value.dtype))
        for value in builder.network.values["node"]
    ]


def _zeros(tensor: TensorType, unknown: int) -> Any:
    assert tensor.shape is not None
    sizes = [unknown if size is None else size for size in tensor.shape]
    if tensor.dtype == "string":
        return tf.fill(sizes, "1")
    return keras.ops.cast(keras.ops.convert_to_tensor(np.zeros(sizes)), tensor.dtype)
