"""The columns of inputs, as the rules about doubtful columns report them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from kspec.analysis.data_profile import ColumnProfile
from kspec.diagnostics import Path, Span
from kspec.lint.context import RuleContext
from kspec.lint.rules.shared.outputs import data_source
from kspec.lint.rules.shared.targets import columns_with

SHOWN = 3
FEW_ROWS = 50
"""In fewer rows, numbers that count up may be measured, and one that is far may be none too many."""


def columns_by_input(context: RuleContext) -> Iterator[tuple[str, tuple[ColumnProfile, ...]]]:
    """Each input with its columns; nothing without data, of which there must be some rows that nobody made up."""
    if context.profile is None or data_source(context) == "synthetic" or context.profile.rows < FEW_ROWS:
        return
    for node in context.graph.inputs:
        columns = columns_with(context, f"input {node.name}")
        if columns:
            yield node.name, columns


def place_of(context: RuleContext, name: str) -> Span:
    """Where the spec names the columns of an input: the key."""
    paths: tuple[Path, ...] = (("data", "inputs", name), ("data", "inputs"))
    path = next((path for path in paths if path in context.spec.positions.values), ("data",))
    return context.spec.positions.key(path)


def listed(names: Sequence[str]) -> str:
    """Columns in a sentence: "`a`, `b`, `c` and 2 more"."""
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(f"`{name}`" for name in names[:SHOWN]) + more
