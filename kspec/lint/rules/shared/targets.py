"""An output's target, as the data's profile describes it."""

from __future__ import annotations

from dataclasses import dataclass

from kspec.analysis.data_profile import ColumnProfile
from kspec.lint.context import RuleContext
from kspec.lint.rules.shared.outputs import data_source


@dataclass(frozen=True, slots=True)
class Target:
    """An output's target in the data.

    Args:
        columns: Its columns, in the file's order.
        classes: Split → label → number of rows, for one column of labels; empty otherwise.
    """

    columns: tuple[ColumnProfile, ...]
    classes: dict[str, dict[str, int]]

    @property
    def labels(self) -> list[str]:
        """The labels of all splits."""
        return list(dict.fromkeys(label for part in self.classes.values() for label in part))

    @property
    def class_numbers(self) -> list[int] | None:
        """Its labels as numbers, ascending, or the least and the largest; None if they are text or no integers."""
        if not all(column.whole and column.type in ("integer", "float", "array") for column in self.columns):
            return None
        if self.labels:
            return sorted(int(float(label)) for label in self.labels)
        least, most = self.minimum, self.maximum
        return None if least is None or most is None else [int(least), int(most)]

    @property
    def is_numbered(self) -> bool:
        """Whether it is one column of integers, which are numbered in order if they are no class numbers."""
        return self.columns[0].type == "integer" and not self.shape

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of one example's target: `()` for a single value."""
        return self.columns[0].shape if len(self.columns) == 1 else (len(self.columns),)

    @property
    def minimum(self) -> float | None:
        known = [column.minimum for column in self.columns if column.minimum is not None]
        return min(known) if len(known) == len(self.columns) else None

    @property
    def maximum(self) -> float | None:
        known = [column.maximum for column in self.columns if column.maximum is not None]
        return max(known) if len(known) == len(self.columns) else None

    def names(self) -> str:
        """Its columns, for a sentence: `y`, or "`a`, `b`, `c` and 3 more"."""
        names = [f"`{column.name}`" for column in self.columns[:3]]
        more = len(self.columns) - len(names)
        return ", ".join(names) + (f" and {more} more" if more else "")


def target_of(context: RuleContext, output: str) -> Target | None:
    """The target of an output; None if the data has not been read, or is synthetic."""
    columns = columns_with(context, f"target {output}")
    if context.profile is None or not columns or data_source(context) == "synthetic":
        return None
    return Target(columns, context.profile.classes.get(output, {}))


def columns_with(context: RuleContext, use: str) -> tuple[ColumnProfile, ...]:
    """The columns with one use, such as `input x`."""
    if context.profile is None:
        return ()
    return tuple(column for column in context.profile.columns if use in column.use)
