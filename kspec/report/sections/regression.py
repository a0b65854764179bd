"""A regression."""

from __future__ import annotations

from kspec.report.chart import MOST_POINTS, Table, number
from kspec.report.charts.regression import actual_chart, error_chart, residual_chart
from kspec.report.numbers.regression import LEVELS, errors
from kspec.report.predictions import Predictions
from kspec.report.run_facts import RunFacts
from kspec.report.section import Section
from kspec.report.sections.binary import count_note
from kspec.report.sections.mistakes import errors_table

MOST_VALUES = 6
"""Of an output with more values, the charts show the first."""


def regression_section(facts: RunFacts, own: Predictions) -> Section:
    """Errors, predicted against actual values, residuals.

    Args:
        facts: What is known of the run.
        own: The predictions of a regression.
    """
    rows, charts = [], []
    sample = own.sample(MOST_POINTS)
    for at, name in enumerate(own.names):
        found = errors(own.actual[:, at], own.values[:, at])
        rows.append([
            name, number(found.mean_absolute), number(found.root_mean_squared), number(found.mean),
            number(found.r_squared), *map(number, found.quantiles),
        ])  # fmt: skip
        if at < MOST_VALUES:
            pair = sample.actual[:, at], sample.values[:, at]
            charts += [
                actual_chart(*pair, sample.rows, name),
                residual_chart(*pair, sample.rows, name),
                error_chart(own.actual[:, at], own.values[:, at], name),
            ]
    headings = (
        "value",
        "mean absolute error",
        "root mean squared error",
        "mean error",
        "R²",
        *(f"{level:.0%} of errors below" for level in LEVELS),
    )
    notes = [count_note(own)]
    if len(sample) < len(own):
        notes.append(f"Charts show {len(sample):,} of them, chosen at random.")
    tables = {"": Table(headings, rows)}
    furthest = errors_table(facts, own)
    if furthest is not None:
        tables["Furthest off"] = furthest
    return Section(f"output-{own.output}", f"{own.output}: predicted and actual", notes, tables, charts)
