"""Families of rules against Keras, on shapes and constants of any kind."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from kspec.analysis.shapes.types import Shape
from tests.analysis.shapes.op_calls import REFUSED, by_keras, by_keras_on_numbers, by_rule, op_call

SIZES = st.sampled_from([None, 1, 1, 2, 3, 4, 6])
UNKNOWN = 5
"""A batch that fits no other size by chance: a rule refuses what holds for one batch only."""
SHAPES = st.lists(SIZES, max_size=4).map(tuple)
AXES = st.integers(-4, 3)
ONE_OR_SEVERAL = st.one_of(st.none(), AXES, st.lists(AXES, max_size=3, unique_by=lambda axis: axis % 4))


def same(name: str, shapes: list[Shape], **constants: Any) -> None:
    call = op_call(name, shapes, constants)
    ours, theirs = by_rule(call), by_keras(call)
    if ours == REFUSED and theirs != REFUSED:
        theirs = by_keras_on_numbers(call, UNKNOWN)
    assert ours == theirs, str(call)


@settings(max_examples=150, deadline=None)
@given(SHAPES, SHAPES, SHAPES)
def test_broadcasting(a: Shape, b: Shape, c: Shape) -> None:
    same("add", [a, b])
    same("where", [a, b, c])


@settings(max_examples=150, deadline=None)
@given(SHAPES, SHAPES)
def test_products(a: Shape, b: Shape) -> None:
    same("matmul", [a, b])
    same("inner", [a, b])
    same("kron", [a, b])


@settings(max_examples=150, deadline=None)
@given(SHAPES, ONE_OR_SEVERAL, st.booleans())
def test_reductions(shape: Shape, axis: Any, keepdims: bool) -> None:
    rank = len(shape)
    several = isinstance(axis, list) and len({each % rank if rank else each for each in axis}) < len(axis)
    if not several:
        same("sum", [shape], axis=axis, keepdims=keepdims)
        same("logsumexp", [shape], axis=axis, keepdims=keepdims)


@settings(max_examples=200, deadline=None)
@given(SHAPES, st.lists(st.sampled_from([None, -1, 0, 1, 2, 3, 4, 6, 12, 24]), max_size=4))
def test_reshape(shape: Shape, new: list[int | None]) -> None:
    same("reshape", [shape], newshape=new)


@settings(max_examples=150, deadline=None)
@given(SHAPES, st.data())
def test_orders(shape: Shape, data: st.DataObject) -> None:
    same("transpose", [shape], axes=data.draw(st.permutations(range(len(shape)))))
    moved = data.draw(st.lists(st.sampled_from(range(len(shape))), unique=True)) if shape else []
    places = data.draw(st.permutations(range(len(shape))))[: len(moved)]
    same("moveaxis", [shape], source=moved, destination=list(places))


PART = st.one_of(
    st.integers(-3, 3).map(str),
    st.just("..."),
    st.just("None"),
    st.builds(":".join, st.lists(st.one_of(st.just(""), st.integers(-3, 4).map(str)), min_size=2, max_size=2)),
    st.builds(
        "{}:{}:{}".format, st.sampled_from(["", "1"]), st.sampled_from(["", "-1"]), st.sampled_from([1, 2, -1, -2])
    ),
)


@settings(max_examples=200, deadline=None)
@given(SHAPES, st.lists(PART, min_size=1, max_size=5))
def test_get_item(shape: Shape, parts: list[str]) -> None:
    same("get_item", [shape], key=", ".join(parts) + ("," if len(parts) == 1 and ":" in parts[0] else ""))


@st.composite
def einsums(draw: Any) -> tuple[str, list[Shape]]:
    """Subscripts, and shapes that are almost always right for them."""
    sizes = {letter: draw(SIZES) for letter in "abcde"}
    words, shapes = [], []
    for _ in range(draw(st.integers(1, 3))):
        letters = draw(st.lists(st.sampled_from("abcde"), max_size=3, unique=True))
        shape = [draw(st.sampled_from([sizes[letter], sizes[letter], sizes[letter], None, 3])) for letter in letters]
        if draw(st.booleans()):
            rest = draw(st.lists(st.sampled_from([None, 1, 2]), max_size=2))
            place = draw(st.integers(0, len(letters)))
            letters.insert(place, "...")
            shape[place:place] = rest
        words.append("".join(letters))
        shapes.append(tuple(shape))
    subscripts = ",".join(words)
    if draw(st.booleans()):
        known = sorted({letter for word in words for letter in word.replace("...", "")})
        output = draw(st.permutations(known))[: draw(st.integers(0, len(known)))]
        subscripts += "->" + ("..." if "..." in subscripts else "") + "".join(output)
    return subscripts, shapes


@settings(max_examples=200, deadline=None)
@given(einsums())
def test_einsum(case: tuple[str, list[Shape]]) -> None:
    subscripts, shapes = case
    same("einsum", shapes, subscripts=subscripts)


@settings(max_examples=100, deadline=None)
@given(st.lists(SHAPES, min_size=1, max_size=3), AXES)
def test_joining(shapes: list[Shape], axis: int) -> None:
    same("concatenate", shapes, axis=axis)
    same("stack", shapes, axis=axis)


@settings(max_examples=100, deadline=None)
@given(st.integers(-9, 9), st.integers(-9, 9), st.sampled_from([1, 2, -1, 0.1, 0.3, -0.7, 2.5]))
def test_counting(start: int, stop: int, step: float) -> None:
    same("arange", [], start=start, stop=stop, step=step)
    same("arange", [], start=start, stop=stop, step=step, dtype="float32")
