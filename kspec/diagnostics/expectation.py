"""What a value must be, in words, by Pydantic's error about it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_EXPECTED = {
    "int_type": "an integer",
    "int_from_float": "an integer",
    "float_type": "a number",
    "bool_type": "true or false",
    "string_type": "text",
    "list_type": "a list",
    "dict_type": "a mapping",
    "model_type": "a mapping",
    "model_attributes_type": "a mapping",
    "greater_than": "greater than {gt}",
    "greater_than_equal": "at least {ge}",
    "less_than": "less than {lt}",
    "less_than_equal": "at most {le}",
    "literal_error": "{expected}",
    "too_short": "a list or mapping of at least {min_length}",
    "string_too_short": "text of at least {min_length} characters",
    "string_too_long": "text of at most {max_length} characters",
    "string_pattern_mismatch": "made of letters, digits, `_`, `-` and `.` (it names a folder)",
}


def expectation(error: Mapping[str, Any]) -> str:
    """What a value must be, by Pydantic's error: `an integer`."""
    kind, context = error["type"], error.get("ctx") or {}
    bounds = {k: int(v) if isinstance(v, float) and v.is_integer() else v for k, v in context.items()}
    expected = _EXPECTED[kind].format(**bounds) if kind in _EXPECTED else error["msg"].removeprefix("Input should be ")
    return str(expected).replace("'", "`")
