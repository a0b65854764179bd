"""Inlay hints: behind each node, what it gives and how many parameters it has."""

from __future__ import annotations

from collections.abc import Iterator

from lsprotocol import types as lsp

from kspec.editor.lsp.document import Document, Understood
from kspec.editor.lsp.facts import counted, parameters, shape_of, trainable
from kspec.editor.lsp.text import Text
from kspec.graph import Node
from kspec.syntax.layout import layout


def hints(document: Document, wanted: lsp.Range) -> list[lsp.InlayHint]:
    """The hints of a range; what a half-typed text hides is as in the last sound one, on lines that are the same."""
    found: dict[tuple[int, int], lsp.InlayHint] = {}
    for seen in dict.fromkeys([document.understood, document.sound]):
        if seen is None:
            continue
        moved = Moved(seen.text, document.text)
        for node in seen.analysis.graph.nodes.values():
            position = moved.position(_place(node, seen))
            label = _label(node, seen)
            if label and position is not None and wanted.start.line <= position.line <= wanted.end.line:
                hint = lsp.InlayHint(position, label, padding_left=True, tooltip=_tooltip(node, seen))
                found.setdefault((position.line, position.character), hint)
    return list(found.values())


def _place(node: Node, seen: Understood) -> int:
    """Behind the line on which the node says what it is; between brackets, behind the node itself."""
    extent = layout(seen.text.source).get(node.path)
    if extent is None:  # an alias repeats it
        span = seen.spec.positions.value(node.path)
        return seen.text.offset_of(span.end_line, span.end_column)
    if extent.in_flow:
        return seen.text.offset_of(*extent.end)
    start = seen.text.position(seen.text.offset_of(*extent.key)).line
    return seen.text.starts[start] + len(seen.text.line(start).rstrip())


def _label(node: Node, seen: Understood) -> str:
    count = parameters(seen.analysis.types.answers[node.name])
    return " · ".join([word for word in (shape_of(node, seen), counted(count) if count else "") if word])


def _tooltip(node: Node, seen: Understood) -> str:
    answer = seen.analysis.types.answers[node.name]
    count = parameters(answer)
    words = [f"`{node.name}`"]
    if count:
        words.append(f"{counted(count)}, {trainable(answer):,} trainable")
    if answer.flops:
        words.append(f"{counted(answer.flops, 'operation')} an example")
    return "; ".join(words)


class Moved:
    """Places of an older text in a newer one: lines before and after what was changed are the same lines."""

    def __init__(self, old: Text, new: Text) -> None:
        self.old, self.new = old, new
        if old is new:
            self.before, self.after = len(old.starts), 0
            return
        olds, news = list(_lines(old)), list(_lines(new))
        shared = min(len(olds), len(news))
        self.before = next((n for n in range(shared) if olds[n] != news[n]), shared)
        rest = shared - self.before
        self.after = next((n for n in range(rest) if olds[-1 - n] != news[-1 - n]), rest)

    def position(self, offset: int) -> lsp.Position | None:
        """Where an old offset lies now; None where its line was changed."""
        position = self.old.position(offset)
        if position.line < self.before:
            return position
        from_end = len(self.old.starts) - position.line
        if from_end > self.after:
            return None
        return lsp.Position(len(self.new.starts) - from_end, position.character)


def _lines(text: Text) -> Iterator[str]:
    for number in range(len(text.starts)):
        yield text.line(number)
