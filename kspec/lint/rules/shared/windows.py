"""What a spec says of windows, for the rules about them."""

from __future__ import annotations

from typing import Any

from kspec.language.data import Data
from kspec.language.indicators import with_indicators

TABLES = ("csv",)
"""Sources whose columns have one value in each row."""


def column_count(data: Data, setting: Any, *, are_inputs: bool = True) -> int | None:
    """How many values the columns of an input or output have in each row; None if only the data tells.

    Args:
        data: The `data` section.
        setting: A column, a glob, or a list of them; None if the spec names none.
        are_inputs: Whether an input takes them, with their indicators.
    """
    names = [setting] if isinstance(setting, str) else setting
    if data.source not in TABLES or not names or any(set(name) & set("*?[") for name in names):
        return None
    return len(with_indicators(names, data) if are_inputs else dict.fromkeys(names))
