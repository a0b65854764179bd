"""Layers of one matrix, and those that change nothing."""

from __future__ import annotations

import re
from typing import NamedTuple

from kspec.analysis.shapes.broadcasting import size_of
from kspec.analysis.shapes.layers.shared import by, given_dtype, known_size, number_shape, one, same_shape, unknown
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
            f"needs an input of at least rank 2 such as (null, features), and is given {shape_text(shape)}",
            help="give the input a shape: [1] for a single number",
        )
    size, result = known_size(len(shape) - 1, shape), (*shape[:-1], units)
    if units is None:
        return one(result, call.dtype, None)
    weights = [Weight((size, units))] + ([Weight((units,))] if call["use_bias"] else [])
    positions = size_of(shape[1:-1])
    flops = None if positions is None else positions * units * (2 * size + bool(call["use_bias"]))
    return one(result, call.dtype, with_lora(call, weights), flops)


def with_lora(call: Call, weights: list[Weight]) -> list[Weight]:
    """`lora_rank: r` freezes the kernel of (…, n) and adds (…, r) and (r, n), which are trained in its place."""
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
    """The output's axes by the equation: the batch, the elided ones from the input, the others from `output_shape`.

    The kernel's sizes are those of its letters; the bias has the sizes of `bias_axes`, and 1 between and after them.
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
                f"keeps the axis `{letter}`, which is {by((size,))} in its input {shape_text(shape)} and"
                f" {of_output[letter]} in its `output_shape`",
                help="write null in `output_shape` for an axis that is kept",
                argument="output_shape",
            )
    sizes: dict[str, Dim] = {**of_input, **of_output}
    weights = [Weight(_stated(equation.kernel, sizes, shape))]
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
        if found := re.fullmatch(form, plain):
            given, kernel, output = found.groups()
            return _checked(Equation(given, kernel, output, elided))
    raise ShapeError(
        f"cannot read the equation `{text}`",
        help="write it as `ab,bc->ac`: the input's axes, the kernel's, the output's; `...` for axes that are kept",
        argument="equation",
        code=codes.INCOMPATIBLE_ARGUMENTS,
    )


def _checked(equation: Equation) -> Equation:
    for letter in equation.output:
        if letter not in equation.input + equation.kernel:
            raise _stray(letter, "output", "input or the kernel")
    for letter in equation.kernel:
        if letter not in equation.input + equation.output:
            raise _stray(letter, "kernel", "input or the output")
    return equation


def _stray(letter: str, part: str, others: str) -> ShapeError:
    return ShapeError(
        f"has the axis `{letter}` in the {part} of its equation, and not in the {others}",
        help="each letter stands in two of the three parts",
        argument="equation",
        code=codes.INCOMPATIBLE_ARGUMENTS,
    )


def _einsum_shape(call: Call, equation: Equation, shape: Shape) -> Shape:
    skipped = len(shape) - len(equation.input)
    if skipped < 0 or (skipped and not equation.elided):
        axes = f"{len(equation.input)} axes" if not equation.elided else f"{len(equation.input)} axes and others"
        raise ShapeError(
            f"has {axes} in the input of its equation, and is given {shape_text(shape)}",
            help="count the batch as an axis; `...` stands for any others",
            argument="equation",
        )
    sizes = call["output_shape"]
    said: tuple[Dim, ...] = tuple(sizes) if isinstance(sizes, (list, tuple)) else (sizes,)
    left = skipped and equation.elided == "left"
    due = len(equation.output) - (not left)
    if len(said) != due:
        raise ShapeError(
            f"has {due} axes besides the batch in the output of its equation, and {len(said)} in `output_shape`",
            help="state the size of each, null for one that is kept",
            argument="output_shape",
            code=codes.INCOMPATIBLE_ARGUMENTS,
        )
    if left:
        return (*shape[:skipped], *said)
    return (shape[0], *said, *shape[len(shape) - skipped :])


def _stated(letters: str, sizes: dict[str, Dim], shape: Shape) -> tuple[int, ...]:
    stated: list[int] = []
    for letter in letters:
        size = sizes[letter]
        if size is None:
            raise ShapeError(
                f"needs to know the size of the axis `{letter}`, for its weights, and is given {shape_text(shape)}",
                help="state it in the input's `shape`, or in `output_shape`",
            )
        stated.append(size)
    return tuple(stated)


def _einsum_bias(call: Call, equation: Equation, sizes: dict[str, Dim], shape: Shape, trailing: int) -> Weight:
    axes = call["bias_axes"]
    for letter in axes:
        if letter not in equation.output:
            raise ShapeError(
                f"has no axis `{letter}` in the output `{equation.output}` of its equation, and wants a bias along it",
                help="choose `bias_axes` among the output's axes",
                argument="bias_axes",
                code=codes.INCOMPATIBLE_ARGUMENTS,
            )
    first = min(equation.output.find(letter) for letter in axes)
    known = {letter: size if letter in axes else 1 for letter, size in sizes.items()}
    return Weight((*_stated(equation.output[first:], known, shape), *[1] * trailing))


def identity(call: Call) -> InferredCall:
    """`(…) → (…)`, and integers stay integers."""
    return one(call.x.shape, given_dtype(call), (), 0)


def masking(call: Call) -> InferredCall:
    """`(…, n) → (…, n)`."""
    if call.x.shape == ():
        raise ShapeError("looks at the last axis, and is given one number for the whole batch", help="keep the batch")
    return same_shape(call)


RULES: dict[str, InferenceRule] = {
    "Dense": dense,
    "EinsumDense": einsum_dense,
    "Identity": identity,
    "Masking": masking,
}
