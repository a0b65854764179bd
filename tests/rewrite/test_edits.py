"""Edits of a text by offset."""

from __future__ import annotations

import pytest

from kspec.diagnostics import Edit, Source, Span
from kspec.rewrite.edits import Change, Offsets, applied, overlap

SOURCE = Source("spec.yaml", "one\r\ntwo\nthree")


def edit(line: int, column: int, end_column: int, text: str, source: Source = SOURCE) -> Edit:
    return Edit(Span(source, line, column, line, end_column), text)


@pytest.mark.parametrize(("line", "start", "end"), [(1, 0, 3), (2, 5, 8), (3, 9, 14)])
def test_offsets_account_for_every_line_ending(line: int, start: int, end: int) -> None:
    offsets = Offsets(SOURCE)
    assert (offsets.of(line, 1), offsets.line_end(line)) == (start, end)


def test_changes_are_sorted_and_unique() -> None:
    edits = [edit(2, 1, 4, "2"), edit(1, 1, 4, "1"), edit(2, 1, 4, "2")]
    changes = Offsets(SOURCE).changes(edits)
    assert changes == [Change(0, 3, "1"), Change(5, 8, "2")]
    assert applied(SOURCE.text, changes) == "1\r\n2\nthree"


@pytest.mark.parametrize(
    "invalid", [edit(1, 1, 2, "", Source("other.yaml", SOURCE.text)), edit(4, 1, 1, ""), edit(3, 1, 9, "")]
)
def test_no_edit_applies_if_one_is_outside_the_text(invalid: Edit) -> None:
    assert Offsets(SOURCE).changes([edit(1, 1, 4, "1"), invalid]) == []


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        (Change(1, 3, ""), True),
        (Change(2, 4, ""), False),
        (Change(2, 2, "x"), True),
        (Change(3, 3, "x"), False),
        (Change(0, 0, "x"), True),
    ],
)
def test_overlapping_changes(other: Change, expected: bool) -> None:
    assert overlap(Change(0, 2, ""), other) is expected
    assert overlap(other, Change(0, 2, "")) is expected


def test_insertions_at_one_place_keep_their_order() -> None:
    assert applied("ab", [Change(1, 1, "2"), Change(1, 1, "1"), Change(0, 0, "0")]) == "0a21b"
