"""Numbers out of their texts."""

from __future__ import annotations

import math
from collections.abc import Mapping

from kspec.data.table import Column


def number_value(text: str, decimal: str, thousands: str | None) -> float:
    """A number in a notation; NaN for a word that stands for a missing value.

    Args:
        text: The text.
        decimal: The decimal point.
        thousands: What stands between thousands; None for nothing.
    """
    text = text.replace(thousands, "") if thousands else text
    try:
        return float(text.replace(",", ".") if decimal == "," else text)
    except ValueError:
        return math.nan


def number_column(column: Column, known: Mapping[str, float]) -> Column:
    """A column of numbers.

    Args:
        column: That of their texts.
        known: By text without blanks around it, the number; NaN for a missing value.
    """
    import numpy

    pairs = zip(column.values, column.missing, strict=True)
    values = numpy.array([math.nan if gap else known[str(value).strip()] for value, gap in pairs])
    return Column(column.name, "float", values, numpy.isnan(values))
