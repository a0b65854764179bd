"""The sections of the report on several runs."""

from __future__ import annotations

from kspec.report.compared_runs import ComparedRuns
from kspec.report.section import Section
from kspec.report.sections.compared_curves import curves_section
from kspec.report.sections.compared_predictions import predictions_section
from kspec.report.sections.compared_specs import specs_section
from kspec.report.sections.runs import runs_section


def compared_sections(compared: ComparedRuns) -> list[Section]:
    """The sections of the report on several runs, in their order.

    Args:
        compared: The runs.
    """
    found = [
        runs_section(compared), specs_section(compared), predictions_section(compared), curves_section(compared),
    ]  # fmt: skip
    return [section for section in found if section is not None]
