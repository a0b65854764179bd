"""Each op's rule gives what Keras gives: the same shapes and dtypes, and a shape_error where Keras refuses.

Keras refuses some calls only once there are numbers; what our rules refuse, Keras refuses at one of the two times. What
they refuse is computed in a process of its own: a kernel of TensorFlow may take memory that is not its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import product
from typing import Any

import pytest

from kspec.analysis.shapes.ops.accepted_dtypes import NOT_IN_GRAPHS
from kspec.analysis.shapes.registry import rule_for
from kspec.analysis.shapes.types import Shape, TensorType
from kspec.catalog import Entry, find, names
from tests.analysis.shapes.op_calls import (
    REFUSED,
    KerasElsewhere,
    OpCall,
    Outcome,
    by_keras,
    by_keras_on_numbers,
    by_rule,
    op_call,
)
from tests.analysis.shapes.op_cases import CASES
from tests.catalog.samples import sample
from tests.catalog.test_op_calls import CONSTANTS, SHAPES, dtype_of

DTYPES = (
    *("bool", "uint8", "uint16", "uint32", "uint64", "int8", "int16", "int32", "int64"),
    *("bfloat16", "float16", "float32", "float64", "complex64", "complex128"),
)
PAIRED = ("bool", "uint8", "int8", "int64", "bfloat16", "float32", "complex64")
ALONE: list[Shape] = [
    (),
    (1,),
    (None,),
    (2, 3),
    (None, 4),
    (3, 3),
    (None, 3, 3),
    (1, 4, 4),
    (2, 8, 8, 4),
    (None, None, 8, 4),
]
TOGETHER: list[Shape] = [(), (4,), (None,), (2, 3), (None, 4), (None, 3, 3), (1, 4, 4)]
NUMBERS: list[Any] = [2, 2.5, True, [True, False, True, True], [1, 2, 3, 4], [1.5, 2], [[1, 2, 3, 4]] * 4]


_LARGE_WINDOW = OpCall(
    "image.ssim", {name: [TensorType((None, 12, 12, 3))] for name in ("image1", "image2")}, {"filter_size": 13}
)
SAFER = {
    str(_LARGE_WINDOW): "Keras refuses it in a model, and says NaN outside of one",
    "squeeze(x: ((None, 1, 3, 1), 'float32'); {'axis': [1, 1]})": "Keras squeezes it twice on symbols, once on numbers",
}
"""Calls that we refuse though Keras never does: what it makes of symbols and of numbers differs."""

STRICTER = {
    **dict.fromkeys(
        ("adaptive_average_pool", "adaptive_max_pool"), "of channels that come last, Keras states a wrong shape"
    ),
    "categorical_crossentropy": "Keras compares a target of float32 with integers, but not with float16",
    "conv_transpose": "a model calls it with its arguments in the wrong order",
    "image.ssim": "TensorFlow compares images of two dtypes by one of them",
    "lstsq": "TensorFlow solves a system of float32 for bfloat16, but not for float64",
    "polar": "TensorFlow takes integers and booleans for angles, but not for lengths",
    "psnr": "TensorFlow compares integers of 32 bits and more",
    "segment_sum": "TensorFlow sums some integers of 16 bits",
    "where": "without branches it gives indices, as two tensors where Keras states one",
}
"""Ops of which we refuse a few calls that TensorFlow happens to compute."""


DTYPES_BY_ARGUMENT = {
    "in_top_k": {"predictions": "float32"},
    "ldexp": {"x2": "int32"},
    "take": {"indices": "int32"},
    **{f"segment_{how}": {"segment_ids": "int32"} for how in ("max", "min", "prod", "sum")},
}
"""Arguments of another dtype than the other tensors of the op."""


@pytest.fixture(scope="module")
def keras_elsewhere() -> Iterator[KerasElsewhere]:
    with KerasElsewhere() as process:
        yield process


def made_up(name: str) -> Iterator[OpCall]:
    """Calls of each dtype, of shapes of each rank, with each optional constant and with numbers in tensors' places."""
    entry = find("op", name)
    assert entry is not None
    required, optional = constants(entry)
    needed = [tensor for tensor in entry.tensors if tensor.required]
    usual = {t.name: s for t, s in zip(entry.tensors, SHAPES.get(name, [(4, 4)] * 5), strict=False)}
    count = {tensor.name: 1 if tensor.form == "one" else 2 for tensor in entry.tensors}

    def call(shapes: dict[str, Shape], dtypes: dict[str, str], more: dict[str, Any]) -> OpCall:
        tensors = {n: [TensorType(s, dtypes.get(n, dtype_of(name)))] * count[n] for n, s in shapes.items()}
        return OpCall(name, tensors, {**required, **more})

    plain = {tensor.name: usual[tensor.name] for tensor in needed}
    for more in [{}, *optional]:
        yield call(plain, {}, more)
        for shapes in product(ALONE if len(needed) == 1 else TOGETHER, repeat=len(needed) if len(needed) < 3 else 0):
            yield call(dict(zip(plain, shapes, strict=False)) if shapes else plain, {}, more)
    if not needed:
        return
    yield call(usual, {}, {})
    for dtype in DTYPES:
        yield call(plain, dict.fromkeys(plain, dtype), {})
    if len(needed) == 2:
        for pair in product(PAIRED, PAIRED):
            yield call(plain, dict(zip(plain, pair, strict=True)), {})
    for tensor in entry.tensors:
        if tensor.name in entry.constants:
            for number, dtype in product(NUMBERS, PAIRED):
                others = {n: s for n, s in plain.items() if n != tensor.name}
                yield call(others, dict.fromkeys(others, dtype), {tensor.name: number})


def constants(entry: Entry) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Those that an op cannot do without, and each of the others by itself."""
    given = CONSTANTS.get(entry.name, {})
    required = {n: as_written(given.get(n, sample(p))) for n, p in entry.constants.items() if p.required or n in given}
    others = [{n: as_written(sample(p))} for n, p in entry.constants.items() if n not in required]
    return required, [each for each in others if not set(each) & {tensor.name for tensor in entry.tensors}]


def as_written(value: Any) -> Any:
    return [as_written(part) for part in value] if isinstance(value, (list, tuple)) else value


def with_real_dtypes(stated: Outcome, real: Outcome) -> Outcome:
    """What Keras states of a call, with the dtypes that it really returns; refused if it fails on numbers."""
    if real == REFUSED or len(real) != len(stated):
        return REFUSED
    return [each and (each[0], other[1]) for each, other in zip(stated, real, strict=True)]


def calls_of(name: str) -> list[OpCall]:
    return [*made_up(name), *(op_call(name, shapes, given) for shapes, given in CASES.get(name, []))]


def compare(call: OpCall, compute: Callable[[OpCall], Outcome] | None = None) -> None:
    """Fails where our rule and Keras differ.

    Args:
        compute: What Keras gives for numbers; None leaves out a call that only numbers can tell to be wrong.
    """
    ours, theirs = by_rule(call), by_keras(call)
    if ours != theirs and theirs != REFUSED and str(call) not in SAFER:
        if compute is None and ours == REFUSED:
            return
        theirs = with_real_dtypes(theirs, (compute or by_keras_on_numbers)(call))
    if call.constants.get("sparse"):
        return  # its dtype is that of a sparse tensor, which is none of Keras's
    assert ours == theirs or str(call) in SAFER or (ours == REFUSED and call.name in STRICTER), str(call)


@pytest.mark.parametrize("name", names("op"))
def test_some_calls_as_keras(name: str) -> None:
    calls = calls_of(name)
    for call in [calls[0], *calls[names("op").index(name) % 11 + 1 :: 11]]:
        compare(call)


@pytest.mark.slow
@pytest.mark.parametrize("name", names("op"))
def test_as_keras(name: str, keras_elsewhere: KerasElsewhere) -> None:
    for call in calls_of(name):
        compare(call, keras_elsewhere)


@pytest.mark.parametrize("name", names("op"))
def test_an_unknown_rank_is_kept(name: str) -> None:
    entry = find("op", name)
    assert entry is not None
    assert rule_for("op", name) is not None
    if not entry.tensors or name in NOT_IN_GRAPHS:
        return
    required, _ = constants(entry)
    dtypes = {t.name: dtype_of(name) for t in entry.tensors} | DTYPES_BY_ARGUMENT.get(name, {})
    tensors = {t.name: [TensorType(None, dtypes[t.name])] * (1 if t.form == "one" else 2) for t in entry.tensors}
    outcome = by_rule(OpCall(name, tensors, required))
    assert outcome != REFUSED
    assert all(shape is None for shape, _ in outcome)
