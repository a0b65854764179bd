"""Writes the report on runs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from kspec.report.page import page
from kspec.report.run_facts import read_facts
from kspec.report.run_page import run_sections

Format = Literal["html", "md", "latex"]
SUFFIXES: dict[Format, str] = {"html": ".html", "md": ".md", "latex": ".tex"}


def report_text(places: Sequence[str], runs: str = "runs", *, to: Format = "html", allow_code: bool = False) -> str:
    """The report on one run, or on several beside each other.

    Args:
        places: Run folders, or names of specs that have been run.
        runs: The folder of the run folders.
        to: A page, a model card in Markdown, or LaTeX; the last two of one run.
        allow_code: Whether extensions may be imported, to know their shapes.

    Raises:
        RunFolderError: If there is no such run, or its files are damaged.
        ModuleNotFoundError: If a package of the extra `report` is not installed.
    """
    facts = [read_facts(place, runs, allow_code=allow_code) for place in places]
    own = facts[0]
    if to == "md":
        from kspec.report.model_card import model_card

        return model_card(own)
    if to == "latex":
        from kspec.report.latex import latex_page

        return latex_page(own)
    return page(own.title, own.spec.document.description or "" if own.spec is not None else "", run_sections(own))
