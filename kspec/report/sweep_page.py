"""The sections of the report on a sweep."""

from __future__ import annotations

from dataclasses import replace

from kspec.report.run_facts import read_facts
from kspec.report.run_page import run_sections
from kspec.report.section import Section
from kspec.report.sections.sweep import front_section, parameters_section, trials_section
from kspec.report.sweep_facts import SweepFacts


def sweep_sections(facts: SweepFacts, *, allow_code: bool = False) -> list[Section]:
    """The sections of the report on a sweep, in their order; those of its best run come last.

    Args:
        facts: What is known of the sweep.
        allow_code: Whether extensions may be imported, to know their shapes.

    Raises:
        RunFolderError: If the files of the best run are damaged.
    """
    found = [trials_section(facts), front_section(facts), parameters_section(facts)]
    sections = [section for section in found if section is not None]
    if facts.best is not None:
        best = run_sections(read_facts(str(facts.best), allow_code=allow_code))
        sections += [replace(section, id=f"best-{section.id}", title=f"Best run: {section.title}") for section in best]
    return sections
