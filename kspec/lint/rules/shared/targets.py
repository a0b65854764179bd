"""What the data's profile tells of an output's target."""

from __future__ import annotations

from dataclasses import dataclass

from kspec.analysis.data_profile import ColumnProfile
from kspec.lint.context import RuleContext
from kspec.lint.rules.shared.outputs import data_source


@dataclass(frozen=True, slots=True)
class Target:
    """An output's target in the data.

    Args:
        columns: In the file's order.
        classes: Part → label → rows, where it is one column of labels; empty where it is not.
    """

    columns: tuple[ColumnProfile, ...]
    classes: dict[str, dict[str, int]]

    @property
    def labels(self) -> list[str]:
        """All labels that any part has."""
        return list(dict.fromkeys(label for part in self.classes.values() for label in part))

    @property
    def shape(self) -> tuple[int, ...]:
        """Of one example: () for one value."""
        return self.columns[0].shape if len(self.columns) == 1 else (len(self.columns),)

    @property
    def minimum(self) -> float | None:
        known = [column.minimum for column in self.columns if column.minimum is not None]
        return min(known) if len(known) == len(self.columns) else None

    @property
    def maximum(self) -> float | None:
        known = [column.maximum for column in self.columns if column.maximum is not None]
        return max(known) if len(known) == len(self.columns) else None

    def called(self) -> str:
        """Its columns, for a sentence: `y`, or "a, b and 3 more"."""
        names = [f"`{column.name}`" for column in self.columns[:3]]
        more = len(self.columns) - len(names)
        return ", ".join(names) + (f" and {more} more" if more else "")


def target_of(context: RuleContext, output: str) -> Target | None:
    """The target of an output; None where the data has not been looked at, or was made to fit."""
    columns = columns_with(context, f"target {output}")
    if context.profile is None or not columns or data_source(context) == "synthetic":
        return None
    return Target(columns, context.profile.classes.get(output, {}))


def columns_with(context: RuleContext, use: str) -> tuple[ColumnProfile, ...]:
    """The columns of one use, such as `input x`."""
    if context.profile is None:
        return ()
    return tuple(column for column in context.profile.columns if use in column.use)
