"""The training curves of several runs."""

from __future__ import annotations

from kspec.report.charts.overlay import overlay_charts
from kspec.report.compared_runs import ComparedRuns
from kspec.report.section import Section


def curves_section(compared: ComparedRuns) -> Section | None:
    """A chart for each loss and metric; None if no run has a history.

    Args:
        compared: The runs.
    """
    histories = {run.label: run.facts.run.history for run in compared.runs}
    best = compared.best_first(compared.metrics[0])[0].label if compared.metrics else None
    charts = overlay_charts(histories, best)
    return Section("curves", "Training curves", charts=charts) if charts else None
