"""The source of other data for a trained model: a path, a pattern of files, or a mapping with one source."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from kspec.data.context import Context
from kspec.data.files.contents import contents
from kspec.data.sources import source_of
from kspec.diagnostics import codes, did_you_mean
from kspec.language.csv_options import CsvOptions
from kspec.language.data import SOURCES, SUFFIXES, Data
from kspec.language.excel_options import ExcelOptions
from kspec.language.file_columns import file_patterns
from kspec.language.sql_options import SqlOptions
from kspec.language.window import column_names
from kspec.syntax.file_patterns import InvalidPattern, parse_pattern
from kspec.syntax.regular_files import shown_path

NO_FILES = ("synthetic", "keras", "sql")
"""The sources that read no file."""
FOLDERS = ("images", "audio")
"""The sources whose name the suffix of a file tells."""


def resolve_source(source: str | Mapping[str, Any], data: Data | None, context: Context) -> tuple[str, Any] | None:
    """The kind of a source and its setting.

    Args:
        source: As in `load_for_prediction`.
        data: The spec's `data` section, whose CSV options hold for a path without any, too.
        context: Receives a problem of the source.
    """
    if isinstance(source, str):
        files = {} if data is None else _files_of(source, data, context)
        if files is None:
            return None
        if files:
            return "files", files
        kind = source_of(source)
        if data is not None and source.lower().endswith(SUFFIXES[data.source] or ("/",)):
            kind = data.source
        if kind is None:
            kind = data.source if data is not None and data.source not in NO_FILES else "csv"
        return kind, _with_options(kind, source, data)
    kinds = [key for key in source if key in SOURCES]
    if len(kinds) != 1 or len(source) != 1:
        stray = next((key for key in source if key not in SOURCES), "")
        context.error(
            codes.MISSING_COLUMN_MAPPING,
            "other data must be a path or a mapping with one source",
            context.source_path,
            label=did_you_mean(stray, SOURCES),
            help=f"available sources: {', '.join(SOURCES)}",
        )
        return None
    if context.source_path is not None:
        context.source_path = (*context.source_path, kinds[0])
    return kinds[0], _with_options(kinds[0], getattr(Data.model_validate(dict(source)), kinds[0]), data)


def _with_options(kind: str, setting: Any, data: Data | None) -> Any:
    """The setting of other data: files without options have those of training, such as a delimiter or a sheet.

    Args:
        kind: The source.
        setting: Its setting.
        data: The spec's `data` section.
    """
    trained = None if data is None else getattr(data, kind)
    if isinstance(trained, SqlOptions) and isinstance(setting, str):
        return trained.model_copy(update={"connect": setting})
    if isinstance(trained, (CsvOptions, ExcelOptions)) and not isinstance(setting, type(trained)):
        return trained.model_copy(update={"path": setting})
    return setting


def _files_of(source: str, data: Data, context: Context) -> dict[str, str] | None:
    """The patterns that a path stands for, as `files:` states them.

    Args:
        source: A path, or a pattern for the files of the only input.
        data: The `data` section of training.
        context: Where the files are looked for; receives an error.

    Returns:
        By column, a pattern; empty if the path is of another source, None if there is an error.
    """
    inputs = _file_inputs(data)
    kind = source_of(source)
    is_file_source = data.source == "files" or (kind in FOLDERS and data.source not in FOLDERS and bool(inputs))
    if not is_file_source or kind not in (None, *FOLDERS):
        return {}
    folder = context.folder / os.path.expanduser(source)
    if folder.is_dir() and data.source == "files":
        return _below(source, inputs, data, context)
    if len(inputs) != 1:
        named = " and ".join(f"`{name}`" for name in inputs) or "none"
        context.error(
            codes.MISSING_COLUMN_MAPPING,
            f"`{shown_path(source)}` names files of one column, and the inputs take those of {named}",
            context.source_path,
            help="name a folder that holds the files of all inputs as in training",
        )
        return None
    try:
        parse_pattern(source)
    except InvalidPattern as error:
        context.error(codes.UNREADABLE_DATA, str(error), context.source_path)
        return None
    return {inputs[0]: source}


def _below(folder: str, inputs: list[str], data: Data, context: Context) -> dict[str, str] | None:
    """The patterns of training below a folder; or that of the only input without its folders.

    Args:
        folder: The folder.
        inputs: The columns of files that inputs take.
        data: The `data` section of training.
        context: Where the files are looked for.
    """
    patterns = file_patterns(data.files)
    below = {name: os.path.join(folder, pattern.text) for name, pattern in patterns.items()}
    if len(inputs) == 1 and not context.matches(parse_pattern(below[inputs[0]]).glob, context.source_path):
        last = os.path.join(folder, os.path.basename(patterns[inputs[0]].text))
        if context.matches(parse_pattern(last).glob, context.source_path):
            return {inputs[0]: last}
    return below


def _file_inputs(data: Data) -> list[str]:
    """The columns of files that inputs take, in the order of the spec."""
    known = contents(data)
    settings = data.inputs.values() if isinstance(data.inputs, dict) else [data.inputs or []]
    names = [name for setting in settings for name in _listed(column_names(setting)) if name in known]
    return list(dict.fromkeys(names or list(known)[:1]))


def _listed(columns: str | list[str]) -> list[str]:
    return [columns] if isinstance(columns, str) else columns
