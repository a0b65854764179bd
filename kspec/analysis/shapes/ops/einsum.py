"""`einsum`: products of tensors in index notation."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import prod

from kspec.analysis.shapes.broadcasting import broadcast_or_refuse
from kspec.analysis.shapes.dtypes import promote
from kspec.analysis.shapes.ops.rule_helpers import constant, op, shape_of, unfit
from kspec.analysis.shapes.types import Call, Dim, InferenceRule, Shape, ShapeError
from kspec.syntax.yaml_flow import shape_text

REST = "..."


@dataclass(slots=True)
class Operand:
    """What an operand's subscripts say of its axes.

    Args:
        sizes: Letter → its size.
        rest: The sizes that the ellipsis stands for; None without one.
    """

    sizes: dict[str, Dim] = field(default_factory=dict)
    rest: Shape | None = None

    def laid_out(self, output: list[str]) -> Shape:
        """Its axes in the output's order, with size 1 for those it does not have."""
        result: list[Dim] = []
        for word in output:
            result += (self.rest or ()) if word == REST else [self.sizes.get(word, 1)]
        return tuple(result)


def einsum(call: Call) -> Shape:
    """`ab,bc->ac`: letters name axes, those of the output stay and broadcast, the others are summed over.

    Without an output, the letters that occur once stay, in the alphabet's order, after what the ellipses stand for.
    """
    operands = read(call)
    return broadcast_or_refuse([o.laid_out(_output(call)) for o in operands], f"computes `{_subscripts(call)}`")


def read(call: Call) -> list[Operand]:
    """The operands, with the size of each letter; a letter has one size throughout."""
    subscripts = _subscripts(call)
    shapes = [shape_of(tensor) for tensor in call.tensors["operands"]]
    words = subscripts.split("->")[0].split(",")
    if len(words) != len(shapes):
        raise unfit(f"is given {len(shapes)} tensors, and `{subscripts}` names {len(words)}", "subscripts")
    operands = [_operand(word, shape) for word, shape in zip(words, shapes, strict=True)]
    known: dict[str, int] = {}
    for each in operands:
        for letter, size in each.sizes.items():
            if size in (None, 1):
                continue
            if known.setdefault(letter, size) != size:
                given = ", ".join(map(shape_text, shapes))
                raise ShapeError(
                    f"computes `{subscripts}` of {given}: `{letter}` is {known[letter]} and {size}",
                    help="axes of one letter have one size",
                )
    for word in _output(call):
        if word != REST and not any(word in each.sizes for each in operands):
            raise unfit(f"gives `{word}`, which no tensor of `{subscripts}` has", "subscripts")
    return operands


def of_einsum(call: Call) -> str:
    """What all operands promote to; int8 is summed up in int32."""
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
        raise unfit(f"cannot read `{text}`: it has {fault}", "subscripts", "as in `ab,bc->ac`")
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
        raise unfit(
            f"names the axes of {shape_text(shape)} `{word}`", "subscripts", f"one letter for each of {len(shape)} axes"
        )
    operand = Operand(rest=shape[len(before) : len(shape) - len(after)] if rest else None)
    for letter, size in zip(before, shape, strict=False):
        operand.sizes.setdefault(letter, size)
    for letter, size in zip(reversed(after), reversed(shape), strict=False):
        operand.sizes.setdefault(letter, size)
    return operand


RULES: dict[str, InferenceRule] = {"einsum": op(einsum, of_einsum, contraction)}
