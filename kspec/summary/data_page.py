"""The summary of a spec's data as a page that opens without a server or a network."""

from __future__ import annotations

from collections.abc import Sequence

from kspec.diagnostics import Diagnostic
from kspec.summary.data_summary import NUMBERS, DataSummary, class_tables, column_table

HEADINGS = ("column", "type", "used as", "values", "missing", "distinct", *NUMBERS)
"""The columns of the table, in order: a phone shows the first."""


def page(summary: DataSummary, doubts: Sequence[Diagnostic]) -> str:
    """The page, as HTML.

    Args:
        summary: The summary.
        doubts: What is doubtful in the data.
    """
    from jinja2 import Environment, PackageLoader

    table = column_table(summary.columns)
    pages = Environment(loader=PackageLoader("kspec.summary"), autoescape=True, trim_blocks=True)
    return pages.get_template("data.html.j2").render(
        summary=summary,
        doubts=doubts,
        columns={heading: table[heading] for heading in HEADINGS},
        classes=class_tables(summary.profile),
        right=("missing", "distinct", *NUMBERS),
    )
