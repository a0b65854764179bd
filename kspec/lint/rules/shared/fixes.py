"""Edits that fix a problem in the spec's text; none where the text cannot be changed safely."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from kspec.analysis.monitor import VALIDATION_PREFIX
from kspec.diagnostics import Edit, Path, Span, did_you_mean
from kspec.diagnostics.suggest import Suggestion
from kspec.ir import Node
from kspec.lint.context import RuleContext

Edits = tuple[Edit, ...]
SHOWN_MONITORS = 8


def replace(context: RuleContext, path: Path | None, text: str) -> Edits:
    """Replaces the value at a path.

    Args:
        context: The context of the rule.
        path: The value's place in the spec; None if it has none.
        text: The new value, as YAML.

    Returns:
        The edit; empty if the value comes from a variable or from the command line, has an anchor or a tag, or spans
        several lines.
    """
    span = _own_span(context, path)
    return (Edit(span, text),) if span is not None else ()


def add_argument(context: RuleContext, mapping: Path, name: str, value: str) -> Edits:
    """Adds an argument to a mapping, or replaces its value there.

    Args:
        context: The network.
        mapping: The path of the mapping.
        name: The argument.
        value: Its value, as YAML.
    """
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


def give_argument(context: RuleContext, owner: Path, head: str, name: str, value: str) -> Edits:
    """Adds an argument to a class that is named alone or with arguments.

    Args:
        context: The network.
        owner: The path of the class: of `compile: {loss: mse}`, `("compile", "loss")`.
        head: The class, as the spec has it there.
        name: The argument.
        value: Its value, as YAML.
    """
    if (*owner, head) in context.spec.positions.values:
        return add_argument(context, (*owner, head), name, value)
    text = f"{head}: {{{name}: {value}}}"
    return replace(context, owner, text if _is_item(context, owner) else f"{{{text}}}")


def rename(context: RuleContext, owner: Path, head: str, name: str) -> Edits:
    """Gives a class that is named alone or with arguments another name.

    Args:
        context: The network.
        owner: The path of the class: of `compile: {loss: mse}`, `("compile", "loss")`.
        head: The class, as the spec has it there.
        name: Its new name.
    """
    key = (*owner, head)
    if key not in context.spec.positions.keys:
        return replace(context, owner, name)
    span = context.spec.positions.keys[key]
    return (Edit(span, name),) if span.source is context.spec.source and span.line == span.end_line else ()


def insert_before(context: RuleContext, node: Node, entry: str) -> Edits:
    """Inserts an entry before a node's own.

    Args:
        context: The context of the rule.
        node: The node.
        entry: The new entry, as YAML on one line.

    Returns:
        The edit; empty if the node has a `from`, or its entry is not in a list of the spec's own text.
    """
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
    """Whether a value is an item of a list in lines, after a dash."""
    span = context.spec.positions.value(path)
    return span.source.line(span.line)[: span.column - 1].strip() == "-"


def _own_span(context: RuleContext, path: Path | None, *, lines: bool = False) -> Span | None:
    """The place of a value in the spec's own text; None if it has none, or spans several lines without `lines`."""
    positions = context.spec.positions
    if path is None or path not in positions.values or path in positions.variables:
        return None
    span = positions.values[path]
    start = span.source.line(span.line)[span.column - 1 : span.column]
    is_whole = span.line == span.end_line or lines
    return span if span.source is context.spec.source and start not in ("&", "*", "!") and is_whole else None


def listed_monitors(names: Sequence[str]) -> str:
    """Logged quantities for a help, the first of many."""
    more = f" and {len(names) - SHOWN_MONITORS} more" if len(names) > SHOWN_MONITORS else ""
    return ", ".join(f"`{name}`" for name in names[:SHOWN_MONITORS]) + more


def suggest_monitor(context: RuleContext, path: Path, monitor: str, known: Iterable[str]) -> tuple[str, Edits]:
    """The label and the edit for a monitored quantity that is probably misspelt; both empty if none is similar.

    Args:
        context: The context of the rule.
        path: The place of the quantity.
        monitor: The quantity, with or without `val_`.
        known: The quantities that training logs, without `val_`.
    """
    bare = monitor.removeprefix(VALIDATION_PREFIX)
    label = did_you_mean(bare, known)
    if not isinstance(label, Suggestion):
        return label, ()
    meant = monitor[: len(monitor) - len(bare)] + label.replacement
    return f"did you mean `{meant}`?", replace(context, path, meant)
