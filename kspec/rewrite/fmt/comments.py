"""Attaches each comment of a text to the element that it describes."""

from __future__ import annotations

import re
from bisect import bisect_left
from itertools import pairwise

from kspec.diagnostics import Source
from kspec.rewrite.edits import Offsets
from kspec.rewrite.fmt.tree import Comment, Document, Element, Node
from kspec.syntax.comments import comment_column

_ITEM = re.compile(r"#\s*-\s")


def attach(document: Document, source: Source) -> None:
    """Attaches the comments after a document's directives to its tree."""
    all_comments = comments(source)
    _keep_in_order(all_comments, source)
    for comment in all_comments:
        comment.blank = comment.blank and comment.line - 1 not in document.texts
        if comment.index >= document.body:
            _attach(document.root, comment, None)


def _keep_in_order(all_comments: list[Comment], source: Source) -> None:
    """Of comments separated by blank lines only, none belongs deeper than the one above it."""
    for before, comment in pairwise(all_comments):
        last = before.more[-1].line if before.more else before.line
        if before.alone and comment.alone and not any(line.strip() for line in source.lines[last + 1 : comment.line]):
            comment.column = min(comment.column, before.column)


def comments(source: Source) -> list[Comment]:
    """All comments, top to bottom; lines that continue a comment in its column belong to it."""
    result: list[Comment] = []
    starts = Offsets(source).starts
    last: Comment | None = None
    for number, text in enumerate(source.lines):
        column = comment_column(source, number + 1) if "#" in text else None
        if column is None:
            continue
        before = text[:column]
        alone = not before.strip()
        gap = len(before) - len(before.rstrip())
        blank = alone and number > 0 and not source.lines[number - 1].strip()
        new = Comment(text[column:].rstrip(), starts[number] + column, number, column, gap, alone, blank)
        goes_on = result and alone and last and last.line == number - 1 and last.column == column
        if goes_on and not result[-1].alone:
            result[-1].more.append(new)
        else:
            result.append(new)
        last = new
    return result


def _attach(holder: Node, comment: Comment, owner: Element | None) -> None:
    """Attaches a comment in a mapping or list, or right below it, to one of its children or to its end."""
    index = bisect_left(holder.children, comment.index, key=lambda child: child.start)
    before = holder.children[index - 1] if index else None
    after = holder.children[index] if index < len(holder.children) else None
    if before is not None and _goes_into(before.value, comment, holder):
        _attach(before.value, comment, before)
    elif before is not None and not comment.alone and _ends_beside(before.value, comment):
        _last_on_line(before, comment).beside.append(comment)
    elif before is not None and comment.index < before.value.start:
        (before.above if comment.alone else before.on_key).append(comment)
    elif not comment.alone and before is None and holder.flow and holder.line == comment.line and owner is not None:
        owner.on_key.append(comment)
    elif after is not None:
        after.above.append(comment)
    else:
        holder.below.append(comment)


def _goes_into(value: Node, comment: Comment, holder: Node) -> bool:
    """Whether a comment below the start of an element belongs inside its value."""
    if not value.is_collection:
        return False
    if value.flow:
        return value.start < comment.index < value.end
    if comment.index < value.start:
        return comment.alone
    if comment.index < value.end:
        return True
    if not comment.alone:
        return comment.line == value.last_line
    if comment.column == value.column == holder.column:  # a list in the column of its key
        return value.kind == "list" and bool(_ITEM.match(comment.text))
    return comment.column >= value.column and comment.column > holder.column


def _ends_beside(value: Node, comment: Comment) -> bool:
    """Whether a value ends, or its block text begins, on the line of the comment."""
    if value.is_block_text:
        return value.line == comment.line
    return value.last_line == comment.line and value.end <= comment.index


def _last_on_line(element: Element, comment: Comment) -> Element:
    """The element beside a comment after brackets; for an ignore comment, the last element of the line."""
    value = element.value
    if comment.is_directive and value.flow and value.children and value.line != comment.line:
        last = value.children[-1]
        if last.value.last_line == comment.line:
            return _last_on_line(last, comment)
    return element
