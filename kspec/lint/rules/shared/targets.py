"""An output's target, as the data's profile describes it."""

from __future__ import annotations

from dataclasses import dataclass

from kspec.analysis.data_profile import ColumnProfile
from kspec.language import Spec
from kspec.lint.context import RuleContext
from kspec.lint.rules.shared.outputs import data_source


@dataclass(frozen=True, slots=True)
class Target:
    """An output's target in the data.

    Args:
        columns: Its columns, in the file's order.
        classes: Split → label → number of rows, for one column of labels; empty otherwise.
        horizon: The rows of an example's target, of windows; 0 for a single one.
    """

    columns: tuple[ColumnProfile, ...]
    classes: dict[str, dict[str, int]]
    horizon: int = 0

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
        shape = self.columns[0].shape if len(self.columns) == 1 else (len(self.columns),)
        return (self.horizon, *shape) if self.horizon else shape

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
    return Target(columns, context.profile.classes.get(output, {}), horizon_of(context.spec))


def horizon_of(spec: Spec) -> int:
    """The rows of a target of windows; 0 if a target is of a single row."""
    data = spec.document.data
    return 0 if data is None or data.window is None else data.window.horizon


def columns_with(context: RuleContext, use: str) -> tuple[ColumnProfile, ...]:
    """The columns with one use, such as `input x`."""
    if context.profile is None:
        return ()
    return tuple(column for column in context.profile.columns if use in column.use)
