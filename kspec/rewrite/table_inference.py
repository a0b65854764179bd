"""What a table is for: its target, the problem type, and what each of the other columns can feed."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from kspec.analysis.data_profile import ColumnProfile, DataProfile
from kspec.rewrite.init import InitRefused

TARGETS = ("target", "targets", "label", "labels", "class", "y", "diagnosis", "outcome", "species", "survived", "churn")
"""Names that a target has, whatever its place; else it is the last column."""

ONE_HOT = 20
"""Up to so many different texts, each gets a place of its own; beyond, a vector that is learnt."""
MOST_CLASSES = 100
_NUMBERS = ("integer", "float", "boolean")
_KEY = re.compile(r"(^|[_\W])(id|uuid|index|key)$|^unnamed|^$", re.IGNORECASE)


@dataclass(slots=True)
class Guess:
    """How a table could be learnt from.

    Args:
        why: What the problem type was read off, in words.
        numbers: Columns of numbers, which feed one input together.
        words: Columns of text from a small vocabulary, an input each.
        prose: Columns of running text, an input each.
        left_out: Column → why it feeds nothing.
    """

    target: ColumnProfile
    task: str
    why: str
    numbers: list[ColumnProfile] = field(default_factory=list)
    words: list[ColumnProfile] = field(default_factory=list)
    prose: list[ColumnProfile] = field(default_factory=list)
    left_out: dict[str, str] = field(default_factory=dict)


def guess(profile: DataProfile, target: str | None = None) -> Guess:
    """Guesses from the facts of a table.

    Args:
        target: The column to predict, where the user has said so.

    Raises:
        Refused: when no such guess can be right.
    """
    if len(profile.columns) < 2:
        raise InitRefused("the table has one column; it takes one to predict and one to predict it from")
    column = _target(profile, target)
    task, why = _task(column, profile.rows)
    found = Guess(column, task, why)
    for other in profile.columns:
        if other.name != column.name:
            _place(other, profile.rows, found)
    if not (found.numbers or found.words or found.prose):
        reasons = "; ".join(f"{name}: {reason}" for name, reason in found.left_out.items())
        raise InitRefused(f"no column is left to predict `{column.name}` from ({reasons})")
    return found


def _target(profile: DataProfile, said: str | None) -> ColumnProfile:
    if said is not None:
        column = profile.column(said)
        if column is None:
            from kspec.diagnostics import did_you_mean

            names = [known.name for known in profile.columns]
            meant = did_you_mean(said, names) or f"there are {', '.join(names[:20])}"
            raise InitRefused(f"there is no column `{said}`; {meant}")
        return column
    by_name = {known.name.lower(): known for known in profile.columns}
    return next((by_name[name] for name in TARGETS if name in by_name), profile.columns[-1])


def _task(column: ColumnProfile, rows: int) -> tuple[str, str]:
    distinct = column.distinct
    if column.type in ("array", "image") or distinct is None:
        raise InitRefused(
            f"`{column.name}` holds {column.type}s, which cannot be a target; --target names another column"
        )
    if distinct < 2:
        raise InitRefused(f"`{column.name}` has the same value in every row; --target names another column")
    if distinct == 2 and column.type != "float":
        return "binary_classification", f"it is {' or '.join(sorted(column.classes)) or 'one of two'}"
    if column.type == "text":
        if distinct > MOST_CLASSES or distinct > rows / 2:
            raise InitRefused(
                f"`{column.name}` has {distinct} different texts; --target names another column to predict"
            )
        return "multiclass_classification", f"it is one of {distinct} texts"
    if column.type == "integer" and distinct <= 20 and distinct * 5 <= rows and _counts_up(column):
        return "multiclass_classification", f"it is one of {distinct} small integers"
    return "regression", "it is a number"


def _counts_up(column: ColumnProfile) -> bool:
    """Whether the integers are labels by all appearance: 0, 1, 2 … or 1, 2, 3 … without a gap."""
    low, high, distinct = column.minimum, column.maximum, column.distinct
    return low in (0, 1) and high is not None and distinct is not None and high - low + 1 == distinct


def _place(column: ColumnProfile, rows: int, found: Guess) -> None:
    distinct = column.distinct or 0
    if column.type in ("array", "image"):
        found.left_out[column.name] = f"it holds {column.type}s"
    elif column.missing >= rows:
        found.left_out[column.name] = "it is empty"
    elif distinct == 1:
        found.left_out[column.name] = "it has the same value in every row"
    elif distinct >= rows - column.missing and column.type != "float" and _KEY.search(column.name):
        found.left_out[column.name] = "it numbers the rows"
    elif column.type in _NUMBERS:
        found.numbers.append(column)
    elif column.example.count(" ") >= 3 and distinct > ONE_HOT:
        found.prose.append(column)
    elif distinct > rows / 2 and distinct > ONE_HOT:
        found.left_out[column.name] = "nearly every row has a text of its own"
    else:
        found.words.append(column)
