"""New data beside what a run was trained on, as a page."""

from __future__ import annotations

from kspec.contract.drift import Drift
from kspec.report.chart import Chart, Table, number, plot, specification
from kspec.report.page import page
from kspec.report.section import Section
from kspec.runs.watch import Watched

MOST_CHARTS = 24
"""The columns that are drawn, those that have changed most."""


def watch_page(watched: Watched) -> str:
    """The page, as HTML."""
    sections = [_section("inputs", "Inputs, beside the training split", watched.inputs)]
    if watched.predictions:
        title = f"Predictions, beside those of the {watched.reference} split"
        sections.append(_section("predictions", title, watched.predictions))
    sections += _metrics(watched)
    lines = [*watched.judgement.lines(drift=False), *watched.notes]
    if lines:
        sections.append(Section("rows", "Rows", lines))
    drifted = ", ".join(each.column for each in watched.drifted) or "nothing"
    subtitle = f"{watched.rows:,} rows of {watched.data}; drifted: {drifted}"
    return page(f"{watched.run}: drift", subtitle, [each for each in sections if each.tables or each.notes])


def _section(id: str, title: str, drifts: list[Drift]) -> Section:
    """The drift of some columns, those that have changed most first.

    Args:
        id: The address of the section.
        title: Its heading.
        drifts: The drifts.
    """
    if not drifts:
        return Section(id, title, ["Fewer than 30 rows, or no column has a distribution: nothing can be compared."])
    ordered = sorted(drifts, key=lambda each: -each.psi)
    rows = [
        [
            each.column,
            number(each.psi, 3),
            number(each.threshold, 3),
            "drifted" if each.has_drifted else "",
            each.change(),
        ]
        for each in ordered
    ]
    note = "The population stability index (PSI): below 0.1 nothing has changed, above 0.2 much has."
    table = Table(["column", "PSI", "threshold", "verdict", "changed most"], rows, note)
    return Section(id, title, tables={"Drift": table}, charts=[_chart(each) for each in ordered[:MOST_CHARTS]])


def _chart(drift: Drift) -> Chart:
    """The shares of training and of new rows, side by side."""
    shares = list(zip(drift.bins, drift.expected, drift.actual, strict=True))
    rows = [
        {"bin": name, "share": share, "rows": whose}
        for name, before, now in shares
        for whose, share in (("training", before), ("new", now))
    ]
    chart = (
        plot(rows)
        .mark_bar()
        .encode(
            x={"field": "bin", "type": "nominal", "sort": None, "title": drift.column},
            xOffset={"field": "rows", "sort": ["training", "new"]},
            y={"field": "share", "type": "quantitative", "title": "share of rows", "axis": {"format": "%"}},
            color={"field": "rows", "type": "nominal", "sort": ["training", "new"], "title": None},
        )
    )
    table = Table(["bin", "training", "new"], [[name, f"{old:.1%}", f"{new:.1%}"] for name, old, new in shares])
    verdict = "has drifted" if drift.has_drifted else "has not drifted"
    text = f"{drift.column} {verdict}: PSI {drift.psi:.3g}, threshold {drift.threshold:.3g}; {drift.change()}."
    return Chart(f"{drift.column}: PSI {drift.psi:.3g}", text, specification(chart), table)


def _metrics(watched: Watched) -> list[Section]:
    if not watched.metrics:
        return []
    rows = [[name, number(old), number(new)] for name, (old, new) in watched.metrics.items()]
    return [Section("metrics", "Metrics", tables={"Metrics": Table(["", watched.split or "run", "new data"], rows)})]
