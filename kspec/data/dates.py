"""Texts that are dates or times."""

from __future__ import annotations

import re
from collections.abc import Sequence

_CLOCK = r"(?:[T ]+\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?: ?[AaPp][Mm])?(?:Z| ?UTC|[+-]\d{2}:?\d{2})?)?"
_MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?"
_DATES = tuple(
    re.compile(form + _CLOCK, re.IGNORECASE)
    for form in (
        r"\d{4}-\d{1,2}(?:-\d{1,2})?",
        r"\d{4}/\d{1,2}(?:/\d{1,2})?",
        r"\d{1,2}[./-]\d{1,2}[./-](?:\d{4}|\d{2})",
        rf"\d{{1,2}}[ -]{_MONTH}[ -](?:\d{{4}}|\d{{2}})",
        rf"{_MONTH}[ -]\d{{1,2}},? \d{{4}}",
        rf"{_MONTH}[ -]\d{{4}}",
        rf"(?:\w{{3}},? )?\d{{1,2}} {_MONTH} \d{{4}}",
        r"\d{4}[ -]?[Qq][1-4]",
        rf"\d{{4}}[ -]?{_MONTH}",
        r"\d{4}M\d{1,2}",
    )
)
_NAME = re.compile(
    r"(^|[_\W])(date|datetime|time|timestamp|year|month|day|week|quarter|period|yyyymm|yr)($|[_\W])", re.I
)


def is_date(text: str) -> bool:
    """Whether a text is a date, such as `2024-05-01`, `1.5.2024`, `May 2024` or `2024Q2`."""
    return any(form.fullmatch(text.strip()) for form in _DATES)


def are_dates(texts: Sequence[str]) -> bool:
    """Whether nearly all texts are dates."""
    return len(texts) > 0 and sum(map(is_date, texts)) >= 0.95 * len(texts)


def names_time(name: str) -> bool:
    """Whether a column's name is that of a time, such as `year` or `SaleDate`."""
    return _NAME.search(re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name)) is not None
