"""Writes the report on runs."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from kspec.report.compared_page import compared_sections
from kspec.report.compared_runs import read_runs
from kspec.report.page import page
from kspec.report.run_facts import read_facts
from kspec.report.run_page import run_sections
from kspec.report.run_places import find_runs
from kspec.report.sweep_facts import read_sweep_facts
from kspec.report.sweep_page import sweep_sections
from kspec.runs.run_folder import SWEEP
from kspec.syntax.regular_files import write_text

Format = Literal["html", "md", "latex"]
SUFFIXES: dict[Format, str] = {"html": ".html", "md": ".md", "latex": ".tex"}


def report_text(places: Sequence[str | os.PathLike[str]], runs: str | os.PathLike[str] = "runs") -> str:
    """The page on one run, or on several beside each other.

    Raises:
        RunFolderError: If there is no such run, or its files are damaged.
        ModuleNotFoundError: If a package of the extra `report` is not installed.
    """
    return text_of(find_runs(places, runs))


def write_report(
    places: Sequence[str | os.PathLike[str]],
    path: str | os.PathLike[str] | None = None,
    *,
    to: Format = "html",
    budget: float = 0.0,
    allow_code: bool = False,
    allow_outside: bool = False,
) -> Path:
    """Writes the report on one run, or on several beside each other; returns its path.

    Args:
        places: Run folders, names of specs that have been run, patterns of run folders, folders of runs.
        path: Where to; None for the run folder, of several runs for the working directory.
        to: A page, a model card in Markdown, or LaTeX; the last two of one run.
        budget: The seconds for explaining each of them first; 0 to explain none.
        allow_code: Whether extensions may be imported, to know their shapes.
        allow_outside: Whether an explanation may read data anywhere.

    Raises:
        RunFolderError: If there is no such run, or its files are damaged.
        ModuleNotFoundError: If a package of the extra `report` is not installed.
        ValueError: If several runs are to be a model card, or LaTeX.
    """
    folders = find_runs(places)
    if to != "html" and len(folders) > 1:
        raise ValueError(f'to="{to}" takes one run, not {len(folders)}')
    if budget:
        from kspec.report.explanation.explain import explain_run

        for folder in folders:
            explain_run(str(folder), budget=budget, allow_code=allow_code, allow_outside=allow_outside)
    target = default_path(folders, to) if path is None else Path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    write_text(target, text_of(folders, to=to, allow_code=allow_code), newline="\n")
    return target


def default_path(folders: Sequence[Path], to: Format) -> Path:
    """Where a report is written: into the run folder, of several runs into the working directory."""
    name = f"report{SUFFIXES[to]}"
    return folders[0] / name if len(folders) == 1 else Path(name)


def text_of(folders: Sequence[Path], *, to: Format = "html", allow_code: bool = False) -> str:
    """The report on the runs in some folders.

    Args:
        folders: The run folders.
        to: As for `write_report`.
        allow_code: Likewise.

    Raises:
        RunFolderError: If their files are damaged.
        ModuleNotFoundError: If a package of the extra `report` is not installed.
    """
    if to == "html" and len(folders) > 1:
        return _compared_page(folders, allow_code=allow_code)
    if to == "html" and (folders[0] / SWEEP).is_file():
        sweep = read_sweep_facts(folders[0])
        return page(sweep.title, "", sweep_sections(sweep, allow_code=allow_code))
    own = read_facts(str(folders[0]), allow_code=allow_code)
    if to == "md":
        from kspec.report.model_card import model_card

        return model_card(own)
    if to == "latex":
        from kspec.report.latex import latex_page

        return latex_page(own)
    return page(own.title, own.spec.document.description or "" if own.spec is not None else "", run_sections(own))


def _compared_page(folders: Sequence[Path], *, allow_code: bool) -> str:
    compared = read_runs(folders, allow_code=allow_code)
    names = list(dict.fromkeys(run.record.name for run in compared.runs))
    shown = ", ".join(names[:_MOST_NAMES]) + (" …" if len(names) > _MOST_NAMES else "")
    return page(f"{len(folders)} runs of {shown}", "", compared_sections(compared))


_MOST_NAMES = 5
