"""`einsum`: products of tensors in index notation."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import prod

from kspec.analysis.shapes.broadcasting import broadcast_shapes
from kspec.analysis.shapes.dtypes import promote
from kspec.analysis.shapes.ops.rule_helpers import constant, invalid_constant, op, shape_of
from kspec.analysis.shapes.types import Call, Dim, InferenceRule, Shape, ShapeError
from kspec.syntax.yaml_flow import shape_text

REST = "..."


@dataclass(slots=True)
class Operand:
    """The axes of an operand, by its subscripts.

    Args:
        sizes: By letter.
        rest: Those of the ellipsis; None without one.
    """

    sizes: dict[str, Dim] = field(default_factory=dict)
    rest: Shape | None = None

    def reordered(self, output: list[str]) -> Shape:
        """Its sizes in the output's order, with 1 for missing axes."""
        result: list[Dim] = []
        for word in output:
            result += (self.rest or ()) if word == REST else [self.sizes.get(word, 1)]
        return tuple(result)


def einsum(call: Call) -> Shape:
    """`ab,bc->ac`: letters name axes; those of the output broadcast, the others are summed over.

    Without an output, the letters that occur once remain, in alphabetical order, after the ellipsis.
    """
    operands = read(call)
    return broadcast_shapes([o.reordered(_output(call)) for o in operands], f"compute `{_subscripts(call)}`")


def read(call: Call) -> list[Operand]:
    """The operands, checked to give each letter one size."""
    subscripts = _subscripts(call)
    shapes = [shape_of(tensor) for tensor in call.tensors["operands"]]
    words = subscripts.split("->")[0].split(",")
    if len(words) != len(shapes):
        raise invalid_constant(f"expects {len(words)} tensors by `{subscripts}`, got {len(shapes)}", "subscripts")
    operands = [_operand(word, shape) for word, shape in zip(words, shapes, strict=True)]
    known: dict[str, int] = {}
    for each in operands:
        for letter, size in each.sizes.items():
            if size in (None, 1):
                continue
            if known.setdefault(letter, size) != size:
                texts = ", ".join(map(shape_text, shapes))
                raise ShapeError(
                    f"cannot compute `{subscripts}` of {texts}: `{letter}` is both {known[letter]} and {size}",
                    help="axes with the same letter must have the same size",
                )
    for word in _output(call):
        if word != REST and not any(word in each.sizes for each in operands):
            raise invalid_constant(
                f"has the axis `{word}` in its output, but not in its inputs `{subscripts.split('->')[0]}`",
                "subscripts",
            )
    return operands


def of_einsum(call: Call) -> str:
    """The promotion of all operands; int8 is summed in int32."""
    dtypes = {tensor.dtype for tensor in call.tensors["operands"]}
    return "int32" if dtypes == {"int8"} else promote(*dtypes)


def contraction(call: Call, _result: Shape) -> int | None:
    """A multiplication and an addition for each combination of all letters; the first unknown size is the batch."""
    sizes: dict[str, Dim] = {}
    for each in read(call):
        if each.rest:
            return None
        for letter, size in each.sizes.items():
            sizes[letter] = size if sizes.get(letter) is None else sizes[letter]
    known = [size for size in sizes.values() if size is not None]
    return 2 * prod(known) if len(known) >= len(sizes) - 1 else None


def _subscripts(call: Call) -> str:
    text: str = constant(call, "subscripts")
    if text.count("->") > 1 or " " in text:
        fault = "a space" if " " in text else "more than one `->`"
        raise invalid_constant(f"cannot read `{text}`: it has {fault}", "subscripts", "write `ab,bc->ac`")
    return text


def _output(call: Call) -> list[str]:
    inputs, arrow, output = _subscripts(call).partition("->")
    if arrow:
        return _words(output)
    letters = [letter for letter in inputs if letter.isalpha()]
    return [REST, *sorted(letter for letter in letters if letters.count(letter) == 1)]


def _words(text: str) -> list[str]:
    """The letters and the ellipsis of one operand or of the output."""
    before, rest, after = text.partition(REST)
    return [*before, REST, *after] if rest else list(text)


def _operand(word: str, shape: Shape) -> Operand:
    before, rest, after = word.partition(REST)
    count = len(before) + len(after)
    if len(shape) < count or (not rest and len(shape) > count):
        raise invalid_constant(
            f"cannot name the axes of {shape_text(shape)} by `{word}`",
            "subscripts",
            f"write a letter for each of the {len(shape)} axes",
        )
    operand = Operand(rest=shape[len(before) : len(shape) - len(after)] if rest else None)
    for letter, size in zip(before, shape, strict=False):
        operand.sizes.setdefault(letter, size)
    for letter, size in zip(reversed(after), reversed(shape), strict=False):
        operand.sizes.setdefault(letter, size)
    return operand


RULES: dict[str, InferenceRule] = {"einsum": op(einsum, of_einsum, contraction)}
