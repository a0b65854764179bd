"""Writes the report on runs."""

from __future__ import annotations

from collections.abc import Sequence

from kspec.report.page import page
from kspec.report.run_facts import read_facts
from kspec.report.run_page import run_sections


def report_html(places: Sequence[str], runs: str = "runs", *, allow_code: bool = False) -> str:
    """The report on one run, or on several beside each other, as an HTML page.

    Args:
        places: Run folders, or names of specs that have been run.
        runs: The folder of the run folders.
        allow_code: Whether extensions may be imported, to know their shapes.

    Raises:
        RunFolderError: If there is no such run, or its files are damaged.
        ModuleNotFoundError: If a package of the extra `report` is not installed.
    """
    facts = [read_facts(place, runs, allow_code=allow_code) for place in places]
    own = facts[0]
    return page(own.title, own.spec.document.description or "" if own.spec is not None else "", run_sections(own))
