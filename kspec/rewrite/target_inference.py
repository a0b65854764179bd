"""Infers which column of a table is to be predicted, and whether it holds classes or amounts."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import NamedTuple

from kspec.analysis.data_profile import ColumnProfile, DataProfile
from kspec.data.profile.hints import ColumnHints
from kspec.data.time_formats import names_time
from kspec.rewrite.init import InitRefused

OUTCOMES = (
    "target", "targets", "label", "labels", "class", "y", "diagnosis", "outcome", "species", "survived",
    "churn", "churned", "exited", "attrition", "fraud", "isfraud", "saleprice", "medv", "medhouseval",
    "medianhousevalue", "response", "subscribed", "deposit", "approved", "converted", "purchased", "clicked",
    "spam", "sentiment", "choice", "chosen", "vote", "decision", "variety", "quality", "result", "price", "mpg",
    "milespergallon", "charges", "income", "salary", "rating", "sales", "demand", "passengers", "default",
    "left", "category", "type",
)  # fmt: skip
"""Names of a column to predict, wherever it stands, most telling first; without separators."""
_CERTAIN = OUTCOMES.index("variety")
"""From here on, the last column is as likely, if it is a better target."""
_WORDS = re.compile(r"(^|_)(target|label|class|outcome|churn|diagnosis|fraud|survived|attrition|default)(_|$)", re.I)
_AMOUNTS = re.compile(
    r"(^|_)(count|counts|cnt|number|num|age|ages|year|years|price|sales|amount|total|cost|salary|income|rings|hours|days"
    r"|minutes|seconds|months|distance|weight|height|length|width|size|rate|demand|load|temperature|temp|passengers"
    r"|births|deaths|quantity|qty|visits|mpg|speed|progression|sold|wage|wages|yield)(_|$)",
    re.IGNORECASE,
)
_CLASSES = re.compile(r"(^|_)(class|type|label|category|species|grade|digit|quality|cluster|group|kind)(_|$)", re.I)
MOST_CLASSES, FEW_CLASSES = 100, 20
FEW_COUNTS = 5
"""A count has more distinct values than this."""
ALIKE = 4
"""So many letters are alike in the names of indicators of one category."""
YES_NO = ({"yes", "true", "y", "ja", "oui", "si", "sí"}, {"no", "false", "n", "nein", "non"})
FEW_OTHERS = 4
"""Beside fewer columns, a first column with a name is not taken for the class."""


class Task(NamedTuple):
    """The task of a target.

    Args:
        task: As in a spec.
        why: The reason, as a predicate: `is one of 3 texts`.
        doubt: What to write if it is another one; empty without doubt.
    """

    task: str
    why: str
    doubt: str = ""


def infer_target(
    profile: DataProfile, hints: Mapping[str, ColumnHints], name: str | None, without: Collection[str | None]
) -> tuple[ColumnProfile, str]:
    """The column to predict, and why, as a noun; the reason is empty if the user named it.

    Args:
        profile: The profile of the table.
        hints: By column, what the order of its rows tells.
        name: The column that the user named.
        without: Columns that are none: that of time, that of the series of a row.

    Raises:
        InitRefused: If there is none.
    """
    if name is not None:
        return known_column(profile, name), ""
    others = [column for column in profile.columns if column.name not in without]
    usable = [column for column in others if _is_usable(column, profile.rows, hints)]
    usable = _without_vectors(usable)
    indicators = _indicators(usable)
    usable = [column for column in usable if column.name not in indicators] or usable
    if not usable:
        last = profile.columns[-1]
        infer_task(last, profile.rows, None)
        raise InitRefused("no column can be predicted; name one with --target")
    by_name = {re.sub(r"[\W_]+", "", column.name.lower()): column for column in usable}
    last, count = usable[-1], _first_count(usable)
    for place, word in enumerate(OUTCOMES):
        column = by_name.get(word)
        if place == _CERTAIN and count is not None and not _named_outcome(last):
            return count, "the first number, which counts"
        if column is not None and (place < _CERTAIN or column is last or not _looks_like_classes(last, profile.rows)):
            return column, "a column named like an outcome"
    named = [column for column in usable if _WORDS.search(_snake(column.name))]
    if named:
        return named[-1], "a column named like an outcome"
    if (first := _first_class(profile, usable)) is not None:
        return first, "the first column, which holds classes"
    place_in_words = "the last column" if last is profile.columns[-1] else "the last column that can be predicted"
    return last, place_in_words


def known_column(profile: DataProfile, name: str) -> ColumnProfile:
    """The column of a name; raises `InitRefused` if there is none."""
    column = profile.column(name)
    if column is None:
        from kspec.diagnostics import did_you_mean

        names = [known.name for known in profile.columns]
        suggestion = did_you_mean(name, names) or f"available columns: {', '.join(names[:20])}"
        raise InitRefused(f"unknown column `{name}`; {suggestion}")
    return column


def infer_task(column: ColumnProfile, rows: int, task: str | None) -> Task:
    """The task of a target.

    Args:
        column: The target.
        rows: The rows of the table.
        task: The task that the user named.

    Raises:
        InitRefused: If the column cannot be predicted.
    """
    distinct, present = column.distinct, rows - column.missing
    if _is_vector(column):
        return _vector_task(column, task)
    if column.type in ("array", "list", "image", "audio") or distinct is None:
        raise InitRefused(
            f"`{column.name}` holds {column.type}s, which cannot be a target; name another column with --target"
        )
    if distinct < 2:
        raise InitRefused(f"`{column.name}` has the same value in every row; name another column with --target")
    if task is not None:
        if task == "regression" and column.type == "text":
            raise InitRefused(f"`{column.name}` holds texts, which are classes: use another --task or --target")
        return Task(task, "as --task says")
    is_class = column.type != "float" or _are_class_numbers(column) or are_named_classes(column)
    if distinct == 2 and is_class:
        values = ", ".join(sorted(column.classes))
        return Task("binary_classification", f"has the values {values}" if values else "has two values")
    if column.type == "text":
        if distinct > MOST_CLASSES or distinct > present / 2:
            raise InitRefused(f"`{column.name}` has {distinct} distinct texts; name another column with --target")
        return Task("multiclass_classification", f"is one of {distinct} texts")
    if _looks_like_classes(column, rows):
        is_sure = _CLASSES.search(_snake(column.name)) or (_are_without_gap(column) and distinct <= 10)
        doubt = "" if is_sure and not _AMOUNTS.search(_snake(column.name)) else "for an amount: --task regression"
        return Task("multiclass_classification", f"is one of {distinct} whole numbers", doubt)
    doubt = ""
    if column.type == "integer" and distinct <= FEW_CLASSES and distinct < present:
        doubt = "for classes: --task multiclass_classification"
    return Task("regression", f"has {distinct} whole numbers" if doubt else "is numeric", doubt)


def _is_vector(column: ColumnProfile) -> bool:
    """Whether a column has several numbers in each row."""
    return column.type == "array" and len(column.shape) == 1 and column.minimum is not None


def _vector_task(column: ColumnProfile, task: str | None) -> Task:
    """The task of a target of several numbers in each row."""
    size, mean = column.shape[0], column.mean or 0.0
    if task is not None and task != "binary_classification":
        return Task(task, "as --task says")
    if column.whole is True and (column.minimum, column.maximum) == (0, 1):
        if abs(mean * size - 1) < 1e-9:
            return Task("multiclass_classification", f"is one-hot, of {size} classes")
        return Task("multilabel_classification", f"has {size} labels, each 0 or 1")
    return Task("regression", f"has {size} numbers")


def _looks_like_classes(column: ColumnProfile, rows: int) -> bool:
    """Whether a column holds classes: a few texts, or a few whole numbers close to each other with many rows each."""
    distinct, present = column.distinct or 0, rows - column.missing
    if column.type in ("text", "boolean"):
        return distinct <= MOST_CLASSES and distinct <= present / 2
    low, high, name = column.minimum, column.maximum, _snake(column.name)
    if low is None or high is None:
        return False
    if column.type == "float" and not (_are_class_numbers(column) or are_named_classes(column)):
        return False
    if _CLASSES.search(name) and distinct <= MOST_CLASSES and distinct * 2 <= present:
        return True
    if _AMOUNTS.search(name) and distinct > 2:
        return False
    return distinct <= FEW_CLASSES and distinct * 5 <= present and high - low + 1 <= 3 * distinct


def _are_class_numbers(column: ColumnProfile) -> bool:
    """Whether floats are 0.0, 1.0 … without a gap, which are the only floats that can be classes as they are."""
    return column.whole is True and column.minimum == 0 and _are_without_gap(column)


def are_named_classes(column: ColumnProfile) -> bool:
    """Whether floats are few whole numbers under the name of classes, which a spec makes integers."""
    is_named = _CLASSES.search(_snake(column.name)) or _WORDS.search(_snake(column.name))
    is_few = column.distinct is not None and column.distinct <= FEW_CLASSES
    return column.type == "float" and column.whole is True and is_few and is_named is not None


def _are_without_gap(column: ColumnProfile) -> bool:
    low, high, distinct = column.minimum, column.maximum, column.distinct
    return low in (0, 1) and high is not None and distinct is not None and high - low + 1 == distinct


def _is_usable(column: ColumnProfile, rows: int, hints: Mapping[str, ColumnHints]) -> bool:
    """Whether a column can be a target that nobody has named."""
    own, distinct = hints.get(column.name, ColumnHints()), column.distinct or 0
    if own.is_row_number or own.is_time or names_time(column.name) or column.missing * 2 > rows:
        return False
    try:
        infer_task(column, rows, None)
    except InitRefused:
        return False
    is_key = re.search(r"(^|_)(id|uuid|guid|index|key)$", _snake(column.name), re.I) and distinct > rows / 2
    return not (is_key and column.type != "float")


def _without_vectors(usable: list[ColumnProfile]) -> list[ColumnProfile]:
    """The columns of one value, and those of several that are named like an outcome; all if there are no others."""
    chosen = [
        column
        for column in usable
        if not _is_vector(column) or re.sub(r"[\W_]+", "", column.name.lower()) in OUTCOMES[:_CERTAIN]
    ]
    return chosen or usable


def _first_class(profile: DataProfile, usable: list[ColumnProfile]) -> ColumnProfile | None:
    """The first column if it alone holds classes, and the last one is an amount or less telling."""
    first, last = usable[0], usable[-1]
    others = [column for column in usable if column is not first]
    if first is profile.columns[0] and _is_yes_or_no(first) and len(others) > 1 and last.distinct != 2:
        return first if last.type == "text" else None
    has_names = not re.fullmatch(r"c\d+", first.name)
    if len(others) < (FEW_OTHERS if has_names else 1) or first not in profile.columns[:2]:
        return None
    if not _looks_like_classes(first, profile.rows):
        return None
    if all(column.type == "text" for column in usable):
        return first if first.distinct == 2 and last.distinct != 2 else None
    is_alone = first.type == "text" or (first.distinct or 0) <= 10
    amounts = all(column.type in ("integer", "float") and (column.distinct or 0) > 10 for column in others)
    return first if is_alone and (first.distinct or 0) > 1 and amounts and not _named_amount(last) else None


def _is_yes_or_no(column: ColumnProfile) -> bool:
    """Whether a column has the words yes and no, or true and false."""
    words = {word.lower() for word in column.classes}
    return column.distinct == 2 and all(words & answers for answers in YES_NO)


def _first_count(usable: list[ColumnProfile]) -> ColumnProfile | None:
    """The first number if it counts: whole numbers from 0 or 1 on, most of them small, a few large."""
    first = next((column for column in usable if column.type in ("integer", "float")), None)
    if first is None or re.fullmatch(r"c\d+", first.name):
        return None
    if first.type != "integer" or first.minimum not in (0, 1) or (first.distinct or 0) <= FEW_COUNTS:
        return None
    is_skewed = first.deviation is not None and first.mean is not None and first.deviation > first.mean
    return first if is_skewed and first in usable[:2] else None


def _indicators(columns: list[ColumnProfile]) -> set[str]:
    """The 0/1 columns that are several for the values of one category: `region_north`, `region_south`."""
    alike: dict[str, list[ColumnProfile]] = {}
    for column in columns:
        if column.distinct == 2 and column.minimum == 0 and column.maximum == 1:
            alike.setdefault(column.name[:ALIKE], []).append(column)
    groups = [group for group in alike.values() if len(group) > 1 and sum(one.mean or 0 for one in group) <= 1]
    return {one.name for group in groups for one in group if len(one.name) > ALIKE}


def _named_outcome(column: ColumnProfile) -> bool:
    return re.sub(r"[\W_]+", "", column.name.lower()) in OUTCOMES


def _named_amount(column: ColumnProfile) -> bool:
    return _AMOUNTS.search(_snake(column.name)) is not None


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])|\W+", "_", name)
