"""Expands the head `expr`: arithmetic on nodes becomes one op for each operation.

The last op bears the entry's name; those before it are named after it and their op: `y.multiply`.
"""

from __future__ import annotations

from typing import Any

from kspec.diagnostics import Path, Span, codes
from kspec.expand.emit import Emitter
from kspec.expand.frame import Item, with_uses
from kspec.syntax.formula import FormulaError, Operation, Reference, in_order, place_within, read_formula, template
from kspec.syntax.yaml_flow import kind_of

BESIDE = frozenset({"expr", "name", "when"})
"""The keys that an entry with `expr` can have."""


def use_formula(emitter: Emitter, item: Item) -> None:
    """Adds the ops of an entry with `expr`; an invalid one is reported.

    Args:
        emitter: Collects the plain entries.
        item: The entry.
    """
    entry, frame = item.entry, item.frame
    other = next((key for key in entry if key not in BESIDE), None)
    if other is not None:
        emitter.error(codes.MALFORMED_ENTRY, f"`{other}` cannot stand next to `expr`", frame, other, key=True,
                      help=_HELP.get(other, "the other keys of an entry with `expr`: name, when"))  # fmt: skip
        return emitter.fail(item)
    text = entry["expr"]
    if not isinstance(text, str):
        return emitter.reject(item, f"`expr` must be an expression, not {kind_of(text)}", "expr",
                              help="write `expr: x0 * h + x` with the names of nodes",
                              code=codes.MALFORMED_ENTRY)  # fmt: skip
    span = emitter.span(frame, "expr")
    try:
        formula = read_formula(text, frame.variables, frame.prefix)
    except FormulaError as error:
        place = place_within(span, text, error.start, error.end or len(text))
        emitter.report.error(codes.INVALID_EXPRESSION, str(error), with_uses(place, frame.uses), help=error.help)
        return emitter.fail(item)
    names: dict[int, str] = {}
    counts: dict[str, int] = {}
    for operation in in_order(formula):
        count = counts[operation.op] = counts.get(operation.op, -1) + 1
        name = f"{item.name}.{operation.op}" + (f"_{count}" if count else "")
        names[id(operation)] = item.name if operation is formula else name
        _add(emitter, item, operation, names, span)
    return None


_HELP = {
    "from": "the expression itself names its inputs: remove `from`",
    "repeat": "put the expression into a block, and repeat that",
    "each": "put the expression into a block, and use that with `each`",
    "trainable": "an expression has no weights",
}


def _add(emitter: Emitter, item: Item, operation: Operation, names: dict[int, str], span: Span) -> None:
    """Adds the plain entry of an operation, with its places in the text of the formula.

    Args:
        emitter: Collects the plain entries.
        item: The entry with the formula.
        operation: The operation.
        names: The names of the operations so far, by their identity.
        span: The place of the formula.
    """
    text, uses = item.entry["expr"], item.frame.uses

    def place(start: int, end: int) -> Span:
        return with_uses(place_within(span, text, start, end), uses)

    arguments = ["x"] if len(operation.operands) == 1 else ["x1", "x2"]
    sources: dict[str, Any] = {}
    constants: dict[str, Any] = {}
    whole = place(operation.start, operation.end)
    places: dict[Path, Span] = {(): whole, ("op",): whole, ("from",): whole, ("call",): whole}
    for argument, operand, where in zip(arguments, operation.operands, operation.places, strict=True):
        if isinstance(operand, (Reference, Operation)):
            sources[argument] = operand.name if isinstance(operand, Reference) else names[id(operand)]
            places["from", argument] = place(*where)
        else:
            constants[argument] = operand
            places["call", argument] = place(*where)
    entry = {"op": operation.op, "from": sources, **({"call": constants} if constants else {})}
    is_last = names[id(operation)] == item.name
    named = item.named if is_last else True
    if is_last:
        own = ("name",) if item.named else ()
        places["name",] = with_uses(emitter.span(item.frame, *own), uses)
    emitter.add(entry, places, item, names[id(operation)], named=named, formula=template(text, operation))
