"""The table that the headers of a source tell: its columns, without rows."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from kspec.data.headers.columns import column_of_header
from kspec.data.sources.read_request import Request, source_files
from kspec.data.table import Table
from kspec.language.data import CLASS_FOLDERS
from kspec.language.excel_options import ExcelOptions
from kspec.language.source_packages import missing_package
from kspec.language.sql_options import SqlOptions
from kspec.syntax.path_policy import PathProblem

_READERS = {"csv": "csv", "npz": "npz", "npy": "npy", "files": "files", **dict.fromkeys(CLASS_FOLDERS, "folders")}
"""Source → the module that reads its headers."""
_SHAPES: dict[str, tuple[int, ...]] = {
    "mnist": (28, 28),
    "fashion_mnist": (28, 28),
    "cifar10": (32, 32, 3),
    "cifar100": (32, 32, 3),
    "boston_housing": (13,),
    "california_housing": (8,),
}
"""Data set of Keras → the shape of an example; the others are lists of words."""


def read_header(source: str, setting: Any, request: Request) -> Table | None:
    """Finds the files of a source, and reads their headers as far as that is quick.

    Args:
        source: Its name, such as `csv`.
        setting: Its setting in the `data` section.
        request: What is read; its context receives the problems of the files.

    Returns:
        A table without rows; None if there are errors, or if only the data itself tells its columns.
    """
    context = request.context
    if missing_package(source) is not None:  # a rule reports it
        return None
    try:
        if source in _READERS:
            table: Table | None = import_module(f"kspec.data.headers.{_READERS[source]}").read(setting, request)
            return table
        if source == "keras":
            return _keras(setting)
        _find(setting, request)
    except OSError as error:  # a file that was there a moment ago
        problem = PathProblem.of(error, str(error.filename or source))
        problem.report(context.report, context.span(context.source_path))
    return None


def _keras(name: str) -> Table:
    """The table of a data set of Keras, whose size nobody has to look up.

    Args:
        name: The data set.
    """
    shape = _SHAPES.get(name)
    x = column_of_header("x", "list") if shape is None else column_of_header("x", "array", (0, *shape))
    return Table({"x": x, "y": column_of_header("y")}, 0)


def _find(setting: Any, request: Request) -> None:
    """Finds the files of a source whose columns only a library can read."""
    context = request.context
    path = context.source_path
    if isinstance(setting, SqlOptions):
        if not setting.is_server:
            context.find(setting.connect, None if path is None else (*path, "connect"))
    elif isinstance(setting, ExcelOptions):
        context.source_path = None if path is None else (*path, "path")
        source_files(setting.path, request)
        context.source_path = path
    elif request.context.spec.document.data is not None and request.context.spec.document.data.source != "sql":
        source_files(setting, request)
