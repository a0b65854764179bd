"""Values that are missing: an error that names the rows, or what `missing:` says."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from kspec.data.context import Context
from kspec.data.table import NUMERIC, Column, Table
from kspec.diagnostics import Path, codes, nearest
from kspec.language.data import POLICIES

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

NEED_NUMBERS = ("mean", "median")


class Policies:
    """What the spec says of each column's missing values."""

    def __init__(self, said: Any) -> None:
        self.said = said

    def of(self, column: str) -> tuple[Any, Path] | None:
        """The policy or value of a column, and where it stands; None where nothing is said."""
        path: Path = ("data", "missing")
        if self.said is None:
            return None
        if not isinstance(self.said, Mapping):
            return self.said, path
        if column in self.said:
            return self.said[column], (*path, column)
        for pattern, policy in self.said.items():
            if fnmatchcase(column, pattern):
                return policy, (*path, pattern)
        return None


def check_names(said: Any, table: Table, context: Context) -> bool:
    """Whether each key of `missing:` is a column, or a glob that some column matches."""
    from kspec.diagnostics import did_you_mean

    sound = True
    for name in said if isinstance(said, Mapping) else ():
        if not any(fnmatchcase(column, name) or column == name for column in table.columns):
            context.error(codes.UNKNOWN_COLUMN, f"there is no column `{name}`", ("data", "missing", name), key=True,
                          label=did_you_mean(name, table.columns))  # fmt: skip
            sound = False
    return sound


def rows_to_drop(table: Table, columns: Iterable[str], policies: Policies) -> Array:
    """Which rows `drop_row` leaves out, shape (rows,)."""
    import numpy

    drop = numpy.zeros(table.rows, bool)
    for name in columns:
        said = policies.of(name)
        if said is not None and said[0] == "drop_row":
            drop |= table.columns[name].missing
    return drop


def check_policies(
    table: Table, columns: Iterable[str], targets: Iterable[str], policies: Policies, kept: Array, context: Context
) -> bool:
    """Reports missing values that nothing is said of, and policies that a column cannot take."""
    import numpy

    sound = True
    targets = set(targets)
    for name in columns:
        column, said = table.columns[name], policies.of(name)
        rows = numpy.flatnonzero(column.missing & kept)
        if said is not None and said[0] != "drop_row":
            explicit = said[1][-1] == name
            if name in targets and (explicit or len(rows)):
                context.error(
                    codes.INVALID_IMPUTATION,
                    f"`{name}` is a target: an answer that is missing cannot be made up",
                    said[1],
                    help=f"leave these rows out: `missing: {{{name}: drop_row}}`",
                )
                sound = False
                continue
            if name not in targets and (explicit or len(rows)):
                problem = _unfit(column, said[0])
                if problem is not None:
                    context.error(
                        codes.INVALID_IMPUTATION, problem[0], said[1], label=problem[1], help=_allowed(column)
                    )
                    sound = False
                continue
        if len(rows) and (said is None or name in targets):
            cure = "drop_row" if name in targets else "median" if column.kind in NUMERIC else "most_frequent"
            path = ("data", "missing") if policies.said is not None else ("data",)
            count = f"{len(rows)} rows have" if len(rows) > 1 else "one row has"
            context.error(codes.MISSING_VALUES, f"{count} no value in `{name}`: {table.where(rows)}", path, key=True,
                          help=f"say what to do, such as `missing: {{{name}: {cure}}}`"
                               + ("" if name in targets else "; or drop_row, or a value of its own"))  # fmt: skip
            sound = False
    return sound


def _unfit(column: Column, policy: Any) -> tuple[str, str] | None:
    """Why a column cannot take a policy, and a guess at what was meant."""
    numeric = column.kind in NUMERIC
    if column.kind in ("array", "image"):
        return f"`{column.name}` has no missing values that could be filled", ""
    if isinstance(policy, str):
        if policy in NEED_NUMBERS and not numeric:
            return f"`{column.name}` holds text, and text has no {policy}", ""
        if policy not in POLICIES and numeric:
            match = nearest(policy, POLICIES)
            return (
                f"`{policy}` is no number and no way to fill `{column.name}`",
                f"did you mean `{match}`?" if match else "",
            )
    return None


def _allowed(column: Column) -> str:
    words = [word for word in POLICIES if column.kind in NUMERIC or word not in NEED_NUMBERS]
    return f"ways to fill it: {', '.join(words)}, or a value"


def fit_fills(
    table: Table, columns: Iterable[str], policies: Policies, train: Array, context: Context
) -> dict[str, Any]:
    """The value for what is missing in each column, learned from the training rows alone; plain JSON."""
    fills = {}
    for name in columns:
        said = policies.of(name)
        if said is None or said[0] == "drop_row":
            continue
        column = table.columns[name]
        if said[0] in POLICIES and column.missing[train].all():
            context.error(
                codes.INVALID_IMPUTATION,
                f"`{name}` has no value in any training row, so it has no {said[0]}",
                said[1],
                help="leave the column out, or state a value",
            )
        elif column.kind in (*NUMERIC, "text"):
            fills[name] = _fill(column, said[0], train)
    return {name: value for name, value in fills.items() if value is not None}


def _fill(column: Column, policy: Any, train: Array) -> Any:
    """A policy's value; None for a policy over the whole table that this column cannot take."""
    import numpy

    if policy not in POLICIES:
        if column.kind in NUMERIC and isinstance(policy, str):
            return None
        return policy if column.kind in NUMERIC else str(policy)
    if policy in NEED_NUMBERS and column.kind == "text":
        return None
    present = column.values[train][~column.missing[train]]
    if policy == "most_frequent":
        values, counts = numpy.unique(present, return_counts=True)
        return values[counts.argmax()].item() if column.kind in NUMERIC else str(values[counts.argmax()])
    present = present.astype(numpy.float64)
    return float(present.mean() if policy == "mean" else numpy.median(present))


def fill(table: Table, fills: Mapping[str, Any]) -> None:
    """Puts the values in; a column of whole numbers becomes one of floats where its value is none."""
    import numpy

    for name, value in fills.items():
        column = table.columns.get(name)
        if column is None or not column.missing.any():
            continue
        if column.kind != "text":
            whole = float(value).is_integer()
            if column.kind == "boolean" or (column.kind == "integer" and not whole):
                column.kind = "integer" if whole else "float"
                column.values = column.values.astype(numpy.int64 if whole else numpy.float64)
            column.written = None
        elif column.written is not None:
            column.written = None
        column.values = column.values.copy()
        column.values[column.missing] = value
        column.missing = numpy.zeros(table.rows, bool)
