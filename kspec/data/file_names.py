"""What the names of files in one folder tell: a class, a label, numbers."""

from __future__ import annotations

import re
import statistics
from collections import Counter
from pathlib import Path

from kspec.language.file_columns import CONTENT_SUFFIXES

COLUMNS = {"image": "photo", "audio": "sound", "text": "text"}
"""What files hold → the column of a new spec that has them."""
MOST_FILES = 20_000
"""So many names are looked at."""
FEWEST, MOST_CLASSES = 8, 100
SAME = 0.95
"""The share of names that have the same form."""
_SEPARATOR = re.compile(r"[_\-. ]+")


def names_of_files(folder: Path) -> dict[str, str]:
    """The pattern of the files in a folder whose names tell something, such as `pets/{class}_{id}.jpg`, by its column.

    Args:
        folder: The folder.

    Returns:
        Column → pattern; nothing if the names tell nothing.
    """
    names = [each.name for _, each in zip(range(MOST_FILES), folder.iterdir(), strict=False) if each.is_file()]
    counts = Counter(
        (content, Path(name).suffix)
        for name in names
        for content, suffixes in CONTENT_SUFFIXES.items()
        if name.lower().endswith(suffixes)
    )
    if not counts:
        return {}
    (content, suffix), count = counts.most_common(1)[0]
    stems = sorted(name[: -len(suffix)] for name in names if name.endswith(suffix))
    fields = _fields(stems) if count >= FEWEST else None
    return {} if fields is None else {COLUMNS[content]: f"{folder.as_posix()}/{fields}{suffix}"}


def _fields(stems: list[str]) -> str | None:
    """The pattern of names, with a field in braces for each part; None if no field tells anything.

    >>> _fields([f"{kind}_{number}" for number in range(20) for kind in ("cat", "dog")])
    '{class}_{number}'
    """
    forms = Counter(tuple(_SEPARATOR.findall(stem)) for stem in stems)
    separators, count = forms.most_common(1)[0]
    if count < SAME * len(stems):
        return None
    rows = [_SEPARATOR.split(stem) for stem in stems if tuple(_SEPARATOR.findall(stem)) == separators]
    columns = [list(column) for column in zip(*rows, strict=True)]
    roles = [_role(column) for column in columns]
    if "class" in roles:
        roles = ["id" if role == "label" else role for role in roles]
    if not set(roles) & {"class", "label", "number"}:
        return None
    parts: list[str] = []
    used: Counter[str] = Counter()
    for role, column in zip(roles, columns, strict=True):
        used[role] += 1
        name = role if used[role] == 1 else f"{role}_{used[role]}"
        parts.append(column[0] if role == "" else f"{{{name}}}")
    return "".join(f"{part}{separator}" for part, separator in zip(parts, (*separators, ""), strict=True))


def _role(values: list[str]) -> str:
    """What a part of names is: `class`, `label` (a text of its own), `number`, `id`, or the same in all."""
    distinct = Counter(values)
    if len(distinct) == 1:
        return ""
    are_numbers = all(value.isdecimal() for value in values)
    if len(distinct) * 2 <= len(values) and len(distinct) <= MOST_CLASSES:
        return "number" if are_numbers else "class"
    numbers = sorted(int(value) for value in distinct if value.isdecimal())
    is_counted = are_numbers and numbers[-1] - numbers[0] < 2 * len(numbers)
    lengths = [len(value) for value in values]
    is_short = statistics.median(lengths) <= 12 and all(value.isalnum() for value in values)
    return "label" if is_short and not is_counted else "id"
