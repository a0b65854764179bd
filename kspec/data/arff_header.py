"""ARFF files, the tables of Weka and OpenML: the options with which they are CSV files."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

_ATTRIBUTE = re.compile(r"@attribute\s+(?:'((?:[^'\\]|\\.)*)'|\"((?:[^\"\\]|\\.)*)\"|(\S+))\s+\S", re.IGNORECASE)


def arff_options(lines: Sequence[str]) -> dict[str, Any] | None:
    """The options of `csv:` that read an ARFF file; None if its rows are sparse, or its header is no ARFF header.

    Args:
        lines: Its first lines, with some of the data.

    >>> arff_options(["@relation r", "@attribute 'a b' real", "@attribute y {0,1}", "@data", "1.5,0"])
    {'skip_rows': 4, 'header': False, 'names': ['a b', 'y'], 'missing': ['?']}
    """
    start = next((number for number, line in enumerate(lines) if line.strip().lower() == "@data"), None)
    if start is None:
        return None
    found = [_ATTRIBUTE.match(line.strip()) for line in lines[:start]]
    names = [re.sub(r"\\(.)", r"\1", next(filter(None, match.groups()))) for match in found if match is not None]
    data = [line.strip() for line in lines[start + 1 :] if line.strip()]
    if not names or len(set(names)) < len(names) or any(line.startswith("{") for line in data[:1]):
        return None
    options: dict[str, Any] = {"skip_rows": start + 1, "header": False, "names": names, "missing": ["?"]}
    if any(line.startswith("%") for line in data):
        options["comment"] = "%"
    if any("'" in line for line in data) and not any('"' in line for line in data):
        options["quote"] = "'"
    return options
