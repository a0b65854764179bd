"""The data sources.

To add a source, write a module of its name here with `read(setting, request) -> Table | None` (and `names(setting,
request)`, if a header tells its columns). Then add its name and suffixes to `SUFFIXES`, and a field to `Data`,
both in `kspec/language/data.py`.
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any

from kspec.data.sources.read_request import Request
from kspec.data.table import Table
from kspec.diagnostics import codes
from kspec.language.data import SUFFIXES, without_packing
from kspec.language.source_packages import missing_package
from kspec.syntax.path_policy import PathProblem


def source_of(path: str) -> str | None:
    """The source that reads a file, by its suffix (before that of packed files); None if the suffix is unknown."""
    suffix = Path(without_packing(path.lower())).suffix
    return next((source for source, suffixes in SUFFIXES.items() if suffix in suffixes), None)


def read(source: str, setting: Any, request: Request) -> Table | None:
    """Reads the table of a source.

    Args:
        source: Its name, such as `csv`.
        setting: Its setting in the `data` section.
        request: What is read.

    Returns:
        The table; None if there are errors.
    """
    context = request.context
    if (package := missing_package(source)) is not None:
        if context.is_new:  # for training data, a rule reports it
            message = f"`{source}` data needs the package `{package.name}`, which is not installed"
            help = f"install it: pip install '{package.install}'"
            context.error(codes.MISSING_PACKAGE, message, context.source_path, help=help)
        return None
    try:
        table: Table | None = import_module(f"{__name__}.{source}").read(setting, request)
    except OSError as error:  # a file that was there a moment ago
        problem = PathProblem.of(error, str(error.filename or source))
        problem.report(context.report, context.span(context.source_path))
        return None
    return table


def names(source: str, setting: Any, request: Request) -> list[str]:
    """Reads the column names of a source without its rows.

    Args:
        source: Its name, such as `csv`.
        setting: Its setting in the `data` section.
        request: What is read.

    Returns:
        The names; empty if the source has none or cannot be read.
    """
    read_names = getattr(import_module(f"{__name__}.{source}"), "names", None)
    columns: list[str] = read_names(setting, request) if read_names else []
    return columns
