"""Edits of the spec's text that cure a problem; none where the text is not plainly there to be changed."""

from __future__ import annotations

from kspec.diagnostics import Edit, Path, Span
from kspec.ir import Node
from kspec.lint.context import RuleContext

Edits = tuple[Edit, ...]


def replace(context: RuleContext, path: Path | None, text: str) -> Edits:
    """Writes another value at a path; nothing where the value came out of a variable or from the command line."""
    span = _own_span(context, path)
    return (Edit(span, text),) if span is not None else ()


def add_argument(context: RuleContext, mapping: Path, name: str, value: str) -> Edits:
    """Writes an argument into a mapping that is written, or in the place of the value that it has there."""
    if (*mapping, name) in context.spec.positions.values:
        return replace(context, (*mapping, name), value)
    span = _own_span(context, mapping, lines=True)
    if span is None:
        return ()
    line = span.source.line(span.line)
    here = Span(span.source, span.line, span.column, span.line, span.column)
    if line[span.column - 1] != "{":
        if not any(path[:-1] == mapping for path in context.spec.positions.keys):
            return ()
        return (Edit(here, f"{name}: {value}\n{' ' * (span.column - 1)}"),)
    if line[span.column :].lstrip().startswith("}"):
        return (Edit(span, f"{{{name}: {value}}}"),) if span.line == span.end_line else ()
    inside = Span(span.source, span.line, span.column + 1, span.line, span.column + 1)
    return (Edit(inside, f"{name}: {value}, "),)


def give_argument(context: RuleContext, owner: Path, written: str, name: str, value: str) -> Edits:
    """Gives a class an argument, whether it is written by its name alone or with arguments.

    Args:
        owner: Where the class stands: of `compile: {loss: mse}`, `("compile", "loss")`.
        written: The class as written there.
    """
    if (*owner, written) in context.spec.positions.values:
        return add_argument(context, (*owner, written), name, value)
    return replace(context, owner, f"{written}: {{{name}: {value}}}" if _is_item(context, owner) else
                   f"{{{written}: {{{name}: {value}}}}}")  # fmt: skip


def insert_before(context: RuleContext, node: Node, entry: str) -> Edits:
    """Puts an entry before a node's own; nothing where the node says itself what it comes from."""
    if context.spec.entry(node.path).from_ is not None:
        return ()
    span = _own_span(context, node.path, lines=True)
    if span is None:
        return ()
    here = Span(span.source, span.line, span.column, span.line, span.column)
    before = span.source.line(span.line)[: span.column - 1]
    if before.strip() == "-":
        return (Edit(here, f"{entry}\n{before}"),)
    return (Edit(here, f"{entry}, "),) if before.rstrip()[-1:] in ("[", ",") else ()


def _is_item(context: RuleContext, path: Path) -> bool:
    """Whether it stands in a list with a line of its own, after a dash."""
    span = context.spec.positions.value(path)
    return span.source.line(span.line)[: span.column - 1].strip() == "-"


def _own_span(context: RuleContext, path: Path | None, *, lines: bool = False) -> Span | None:
    """The place of a value in the spec's own text; None where it has none, or more than one line of it is wanted."""
    positions = context.spec.positions
    if path is None or path not in positions.values or path in positions.variables:
        return None
    span = positions.values[path]
    text = span.source.line(span.line)[span.column - 1 :]
    if span.source is not context.spec.source or text[:1] in ("&", "*", "!") or (
        span.line != span.end_line and not lines
    ):  # fmt: skip
        return None
    return span
