"""Names of files with quantities in them: `{epoch:02d}-{val_loss:.2f}.keras`.

Keras formats them with `str.format`, which can do far more: `{epoch!s:.>2.0}` becomes `..`, and `{epoch:9999999d}`
takes all memory. Only plain numbers are allowed.
"""

from __future__ import annotations

import re

WHOLE_NUMBERS = ("epoch", "batch")
_PART = re.compile(r"\{\{|\}\}|\{([^{}!:.\[\]\d][^{}!:.\[\]]*)(?::([^{}]*))?\}|[{}]")
_FORMAT = re.compile(r"[0-9]{0,2}(?:\.[0-9]{1,2})?[dfeg]?")


def quantities(name: str) -> list[str]:
    """The quantities in a name, in order; none if something is wrong with its braces.

    >>> quantities("{epoch:02d}-{val_loss:.2f}.keras")
    ['epoch', 'val_loss']
    """
    if template_problem(name):
        return []
    return [match[1] for match in _PART.finditer(name) if match[1] is not None]


def template_problem(name: str) -> str:
    """What is wrong with the braces of a name, as the predicate of a sentence; empty if nothing is.

    >>> template_problem("{epoch!s:.>2.0}.keras")
    'has a brace that belongs to no `{quantity}`'
    >>> template_problem("{epoch:.>9}.keras")
    'has `{epoch:.>9}`, which is no plain number format'
    """
    for match in _PART.finditer(name):
        if match[1] is None:
            if match[0] in ("{", "}"):
                return "has a brace that belongs to no `{quantity}`"
        elif not _FORMAT.fullmatch(match[2] or "") or not _fits(match[1], match[2] or ""):
            return f"has `{match[0]}`, which is no plain number format"
    return ""


def _fits(quantity: str, form: str) -> bool:
    """Whether Python formats the numbers of a quantity so."""
    try:
        format(1 if quantity in WHOLE_NUMBERS else 0.5, form)
    except ValueError:
        return False
    return True
