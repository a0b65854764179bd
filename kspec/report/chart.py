"""A chart of a report: a Vega-Lite specification with a title, a text alternative and its numbers as a table."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

WIDTH = "container"
HEIGHT = 240
MOST_POINTS = 5_000
"""The most examples that a chart shows one by one."""
MOST_CURVE_POINTS = 600
"""The most points of a curve: a page has no more pixels."""


class Cell(NamedTuple):
    """A cell of a table that is more than its text.

    Args:
        text: What it shows.
        value: What the table is sorted by there; None for nothing, which comes last.
        is_long: Whether the text has several lines.
    """

    text: str
    value: float | str | None = None
    is_long: bool = False


class Table(NamedTuple):
    """A table.

    Args:
        headings: Of its columns.
        rows: Its cells: texts, numbers or `Cell`.
        note: What is to be known of it.
        sort: By the number of a column by which the reader may sort, whether the largest values come first.
        sorted_by: The number of the column by which it is sorted; None for none.
        groups: By row, the run that it compares another with; empty where rows belong to none.
    """

    headings: Sequence[str]
    rows: Sequence[Sequence[Any]]
    note: str = ""
    sort: Mapping[int, bool] | None = None
    sorted_by: int | None = None
    groups: Sequence[str] = ()


class Chart(NamedTuple):
    """A chart.

    Args:
        title: What it shows.
        text: A sentence that says what one sees in it, for those who do not.
        spec: A Vega-Lite specification; colours are named as in the style sheet of the page.
        table: Its numbers; None where they stand beside it.
        has_log_scale: Whether the reader may choose a logarithmic scale.
        is_wide: Whether it takes the whole width of the page.
        choices: What the reader may choose that it shows: by the text of a button, the value of the parameter `shown`
            of the specification; the first is that of the specification itself.
    """

    title: str
    text: str
    spec: dict[str, Any]
    table: Table | None = None
    has_log_scale: bool = False
    is_wide: bool = False
    choices: Mapping[str, str] = {}


def plot(rows: Sequence[Mapping[str, Any]]) -> Any:
    """An Altair chart of rows, whose marks and encodings are still to be chosen."""
    import altair

    return altair.Chart(altair.InlineData(values=list(rows)))


def diagonal(low: float = 0.0, high: float = 1.0) -> Any:
    """A dashed line along which both axes are equal."""
    ends = plot([{"x": low, "y": low}, {"x": high, "y": high}])
    return ends.mark_line(strokeDash=[4, 3], color="var(--soft)").encode(x="x:Q", y="y:Q")


def specification(chart: Any, *, height: int = HEIGHT) -> dict[str, Any]:
    """The Vega-Lite specification of an Altair chart, as wide as its place in the page.

    Args:
        chart: The chart, of one view or of layers.
        height: In pixels.
    """
    spec: dict[str, Any] = chart.properties(width=WIDTH, height=height).to_dict(validate=False)
    spec.pop("$schema", None)
    spec.pop("config", None)  # that of the page
    return spec


def records(**columns: Iterable[Any]) -> list[dict[str, Any]]:
    """Columns of one length as rows, without numbers that are not finite."""
    return [
        {name: None if isinstance(value, float) and not math.isfinite(value) else value for name, value in row.items()}
        for row in (
            dict(zip(columns, map(_plain, values), strict=True)) for values in zip(*columns.values(), strict=True)
        )
    ]


def _plain(value: Any) -> Any:
    return value.item() if hasattr(value, "item") else value


def number(value: Any, digits: int = 4) -> str:
    """A number as people read it; what is no finite number is a dash.

    >>> number(0.92105263)
    '0.9211'
    >>> number(1234567)
    '1,234,567'
    """
    if value is None or (isinstance(value, float) and not math.isfinite(value)):
        return "–"
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return str(value)
    return f"{value:,}" if isinstance(value, int) else f"{value:.{digits}g}"


def with_interval(value: float, interval: tuple[float, float] | None) -> str:
    """A number with its interval.

    >>> with_interval(0.9, (0.85, 0.95))
    '0.9 (0.85 to 0.95)'
    """
    return number(value) if interval is None else f"{number(value)} ({number(interval[0])} to {number(interval[1])})"
