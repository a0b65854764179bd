"""Dense layers, and layers that change nothing."""

from __future__ import annotations

import re
from typing import NamedTuple

from kspec.analysis.shapes.broadcasting import size_of
from kspec.analysis.shapes.dtypes import number_for
from kspec.analysis.shapes.layers.shared import (
    known_size,
    moved_dtype,
    number_shape,
    one,
    same_shape,
    several,
    size_words,
    unknown,
)
from kspec.analysis.shapes.types import Call, Dim, InferenceRule, InferredCall, Shape, ShapeError, Weight
from kspec.diagnostics import codes
from kspec.syntax.yaml_flow import shape_text


def dense(call: Call) -> InferredCall:
    """`(…, n) → (…, units)`; a kernel of (n, units), and a bias."""
    shape, units = number_shape(call), call["units"]
    if shape is None:
        return unknown(call, None)
    if len(shape) < 2:
        raise ShapeError(
            f"expects input with at least 2 dimensions, such as (null, features), got {shape_text(shape)}",
            help="give the input a shape, [1] for a single number",
        )
    size, result = known_size(len(shape) - 1, shape), (*shape[:-1], units)
    if units is None:
        return one(result, call.dtype, None)
    weights = [Weight((size, units))] + ([Weight((units,))] if call["use_bias"] else [])
    positions = size_of(shape[1:-1])
    flops = None if positions is None else positions * units * (2 * size + bool(call["use_bias"]))
    return one(result, call.dtype, with_lora(call, weights), flops)


def with_lora(call: Call, weights: list[Weight]) -> list[Weight]:
    """Freeze a kernel of shape (…, n) if `lora_rank: r` is set, and add the trained (…, r) and (r, n)."""
    rank = call["lora_rank"]
    if not rank:
        return weights
    kernel = weights[0].shape
    return [Weight(kernel, False), *weights[1:], Weight((*kernel[:-1], rank)), Weight((rank, kernel[-1]))]


class Equation(NamedTuple):
    """The letters of an einsum of an input and a kernel.

    Args:
        elided: Where `...` stands: at the `left`, at the `right`, or nowhere.
    """

    input: str
    kernel: str
    output: str
    elided: str


def einsum_dense(call: Call) -> InferredCall:
    """The batch and the elided axes as in the input, the others from `output_shape`.

    The kernel has the sizes of its letters; the bias has the sizes of `bias_axes`, and 1 between and after them.
    """
    shape = number_shape(call)
    if shape is None:
        return unknown(call, None)
    equation = _equation(call["equation"])
    result = _einsum_shape(call, equation, shape)
    skipped = len(shape) - len(equation.input)
    left = skipped if equation.elided == "left" else 0
    of_input = {letter: shape[i + left] for i, letter in enumerate(equation.input)}
    of_output = {letter: result[i + left] for i, letter in enumerate(equation.output)}
    for letter, size in of_input.items():
        if letter in of_output and of_output[letter] not in (None, size):
            raise ShapeError(
                f"keeps the axis `{letter}`, whose size is {size_words((size,))} in the input {shape_text(shape)} but"
                f" {of_output[letter]} in `output_shape`",
                help="write null in `output_shape` for an axis that the equation keeps",
                argument="output_shape",
            )
    sizes: dict[str, Dim] = {**of_input, **of_output}
    weights = [Weight(_weight_shape(equation.kernel, sizes, shape))]
    if call["bias_axes"] is not None:
        weights.append(_einsum_bias(call, equation, of_output, shape, 0 if left else skipped))
    if not left:
        sizes[equation.input[0]] = 1  # the batch
    elided = shape[1:left] if left else shape[len(shape) - skipped :]
    products = size_of((*sizes.values(), *elided))
    flops = None if products is None else 2 * products
    return one(result, call.dtype, with_lora(call, weights), flops)


def _equation(text: str) -> Equation:
    plain = text.replace("...", "0")
    forms = {
        "": r"([a-zA-Z]+),([a-zA-Z]+)->([a-zA-Z]+)",
        "left": r"0([a-zA-Z]+),([a-zA-Z]+)->0([a-zA-Z]+)",
        "right": r"([a-zA-Z]{2,})0,([a-zA-Z]+)->([a-zA-Z]+)0",
    }
    for elided, form in forms.items():
        if match := re.fullmatch(form, plain):
            input, kernel, output = match.groups()
            return _check_letters(Equation(input, kernel, output, elided))
    raise ShapeError(
        f"cannot read the equation `{text}`",
        help="write `ab,bc->ac`: the axes of the input, the kernel and the output; `...` stands for axes to keep",
        argument="equation",
        code=codes.INCOMPATIBLE_ARGUMENTS,
    )


def _check_letters(equation: Equation) -> Equation:
    for letter in equation.output:
        if letter not in equation.input + equation.kernel:
            raise _unmatched(letter, "output", "input or the kernel")
    for letter in equation.kernel:
        if letter not in equation.input + equation.output:
            raise _unmatched(letter, "kernel", "input or the output")
    return equation


def _unmatched(letter: str, part: str, others: str) -> ShapeError:
    return ShapeError(
        f"has the axis `{letter}` in the {part} of its equation, but not in the {others}",
        help="each letter must occur in two of the three parts",
        argument="equation",
        code=codes.INCOMPATIBLE_ARGUMENTS,
    )


def _einsum_shape(call: Call, equation: Equation, shape: Shape) -> Shape:
    skipped = len(shape) - len(equation.input)
    if skipped < 0 or (skipped and not equation.elided):
        axes = f"{len(equation.input)} axes" if not equation.elided else f"at least {len(equation.input)} axes"
        raise ShapeError(
            f"has {axes} in the input of its equation, got {shape_text(shape)}",
            help="count the batch as an axis; `...` stands for any number of axes",
            argument="equation",
        )
    sizes = call["output_shape"]
    stated: tuple[Dim, ...] = several(sizes, 1)
    left = skipped and equation.elided == "left"
    due = len(equation.output) - (not left)
    if len(stated) != due:
        raise ShapeError(
            f"has {due} axes besides the batch in the output of its equation, but {len(stated)} in `output_shape`",
            help="write the size of each, null for one that the equation keeps",
            argument="output_shape",
            code=codes.INCOMPATIBLE_ARGUMENTS,
        )
    if left:
        return (*shape[:skipped], *stated)
    return (shape[0], *stated, *shape[len(shape) - skipped :])


def _weight_shape(letters: str, sizes: dict[str, Dim], shape: Shape) -> tuple[int, ...]:
    known: list[int] = []
    for letter in letters:
        size = sizes[letter]
        if size is None:
            raise ShapeError(
                f"cannot create its weights: the size of axis `{letter}` is unknown in {shape_text(shape)}",
                help="write the size in the input's `shape`, or in `output_shape`",
            )
        known.append(size)
    return tuple(known)


def _einsum_bias(call: Call, equation: Equation, sizes: dict[str, Dim], shape: Shape, trailing: int) -> Weight:
    axes = call["bias_axes"]
    for letter in axes:
        if letter not in equation.output:
            raise ShapeError(
                f"has `{letter}` in `bias_axes`, but not in the output `{equation.output}` of its equation",
                help="choose `bias_axes` from the output's axes",
                argument="bias_axes",
                code=codes.INCOMPATIBLE_ARGUMENTS,
            )
    first = min(equation.output.find(letter) for letter in axes)
    known = {letter: size if letter in axes else 1 for letter, size in sizes.items()}
    return Weight((*_weight_shape(equation.output[first:], known, shape), *[1] * trailing))


def identity(call: Call) -> InferredCall:
    """`(…) → (…)`; integers stay integers."""
    return one(call.x.shape, moved_dtype(call), (), 0)


def masking(call: Call) -> InferredCall:
    """`(…, n) → (…, n)`."""
    if call.x.shape == ():
        raise ShapeError(
            "expects a last axis, got one number for the whole batch", help="keep the batch: reduce over axis 1 and up"
        )
    return same_shape(call, dtype=number_for(moved_dtype(call)))


RULES: dict[str, InferenceRule] = {
    "Dense": dense,
    "EinsumDense": einsum_dense,
    "Identity": identity,
    "Masking": masking,
}
