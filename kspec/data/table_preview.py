"""Previews of tables: the profile of a file without a spec, and the column names of a spec's data."""

from __future__ import annotations

import os
import re
import zlib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from kspec.analysis.data_profile import ColumnProfile
from kspec.data.arff_header import arff_options
from kspec.data.array_preview import npz_arrays, without_single_axes
from kspec.data.context import Context, InvalidData
from kspec.data.csv_format import find_format, is_aligned
from kspec.data.csv_preview import profile_csv
from kspec.data.expressions.derivation import derive
from kspec.data.file_names import names_of_files
from kspec.data.file_preview import FilePreview, preview_table
from kspec.data.folder_preview import FolderSource, folder_source
from kspec.data.packed_files import packing_of
from kspec.data.path_columns import mask_classes, with_contents
from kspec.data.profile.profiling import profile_table
from kspec.data.sources import names, read, source_of
from kspec.data.sources.excel import sheet_sizes
from kspec.data.sources.read_request import Request, first_lines
from kspec.data.table_folders import FolderTables, arrays_of_files, common_glob, tables_of_folder
from kspec.diagnostics import Positions, Report, Source, Span, codes
from kspec.language import Document, Permissions, Spec
from kspec.language.array_files import NpzParts
from kspec.language.data import SOURCES
from kspec.language.excel_options import ExcelOptions
from kspec.syntax.gzip_stream import GrowsTooMuch

MAX_GIGABYTES = 0.1
"""The memory of a table that is read while somebody types."""
MAX_FILES = 20_000
"""How many names a glob looks at while somebody types."""
SHOWN_SHEETS = 8
HEADER = 1 << 18
"""So many bytes hold the header of an ARFF file, and some rows."""
_SVMLIGHT = re.compile(rb"(\s*#[^\n]*\n)*[+-]?\d+(\.\d+)?(,\d+)*( +qid:\d+)?( +\d+:[+-]?\d[\d.eE+-]*)+ *(#|\r?\n)")
"""A first row of a target and of the numbers of columns with their values."""
_OLD_EXCEL, _OPEN = b"\xd0\xcf\x11\xe0", b"opendocument.spreadsheet"
"""What tells workbooks of other kinds, which the reader of Excel names."""


def profile_file(
    path: str | os.PathLike[str], report: Report, options: Mapping[str, Any] | None = None
) -> FilePreview | None:
    """Profiles the file of a table.

    Args:
        path: The file, or a folder of files, relative to the working directory.
        report: Receives every problem.
        options: Options of a CSV file that are known.

    Returns:
        The profile; None if there are errors.
    """
    name = os.fspath(path)
    context = Context(_empty_spec("spec.yaml"), report, None)
    if os.path.isdir(name):
        return _profile_folder(name, dict(options or {}), context)
    files = context.find(name, None)
    return None if files is None else _profile_files(name, files, dict(options or {}), context)


def _profile_files(name: str, files: list[Path], options: dict[str, Any], context: Context) -> FilePreview | None:
    """Profiles the files of a table.

    Args:
        name: The path or glob that names them.
        files: The files.
        options: Options of a CSV file that are known.
        context: Receives every problem.
    """
    try:
        kind = _kind_of(name, files[0], context)
        if kind == "arff":
            return _profile_arff(name, files[0], context)
        if kind == "markup":
            help = "export the table that it shows as CSV"
            context.error(codes.MALFORMED_DATA_FILE, f"`{name}` is a web page or XML, not a table", None, help=help)
            return None
        if kind == "svmlight":
            message = f"`{name}` is an svmlight (libsvm) file, whose rows name their columns by number"
            help = "write its arrays with `sklearn.datasets.load_svmlight_file` and `numpy.savez`: `npz: table.npz`"
            context.error(codes.MALFORMED_DATA_FILE, message, None, help=help)
            return None
        if kind != "csv":
            if kind == "npz":
                return _profile_npz(name, files[0], context)
            found, notes = _largest_sheet(name, context) if kind == "excel" else ({}, {})
            setting = ExcelOptions.model_validate({"path": name, **found}) if found else name
            table = read(kind, setting, Request(context, {}, []))
            return None if table is None else preview_table(table, kind, name, found, notes)
        found = find_format(files[0], context, options)
        if "delimiter" not in found and is_aligned(files[0], context, found):
            message = f"the columns of `{name}` are aligned by two blanks and more, and texts have single ones in them"
            help = f"put tabs between the columns, for example: sed -E 's/ {{2,}}/\\t/g' {name} > table.tsv"
            context.error(codes.MALFORMED_DATA_FILE, message, None, help=help)
            return None
    except (OSError, EOFError, zlib.error, GrowsTooMuch) as error:
        context.error(codes.MALFORMED_DATA_FILE, f"cannot read `{name}`: {error}", None)
        return None
    return profile_csv(name, found, context)


def _kind_of(name: str, file: Path, context: Context) -> str:
    """The source that reads a file: by its content where that tells, since names of files are often wrong.

    Args:
        name: The path that names it.
        file: The file.
        context: Opens it.

    Raises:
        OSError: If it cannot be read, or is packed without its name telling so.
    """
    kind, start = source_of(name) or "", first_lines(file, context, 512)
    if kind not in ("", "csv", "json", "parquet", "arrow", "excel", "npz"):
        return kind
    content = _kind_of_content(start)
    if content == "csv" and (packing := packing_of(start)):
        raise OSError(f"it is a packed file, whose name should end in {packing}")
    is_other = content != "csv" or (b"\0" not in start and not (kind == "json" and start.lstrip()[:1] == b"["))
    return content if is_other or not kind else kind


def _profile_arff(name: str, file: Path, context: Context) -> FilePreview | None:
    """Profiles an ARFF file, which a spec reads as a CSV file below its header.

    Args:
        name: The path that names it.
        file: The file.
        context: Opens it, and receives every problem.
    """
    options = arff_options(first_lines(file, context, HEADER).decode("utf-8", errors="replace").splitlines())
    if options is None:
        message, help = f"`{name}` is an ARFF file without dense rows below `@data`", "write its rows as a CSV file"
        context.error(codes.MALFORMED_DATA_FILE, message, None, help=help)
        return None
    return profile_csv(name, find_format(file, context, options), context, {"skip_rows": "the header of an ARFF file"})


def _largest_sheet(name: str, context: Context) -> tuple[dict[str, Any], dict[str, str]]:
    """The option that names the largest sheet of a workbook with several, and what to say of it."""
    sizes = sheet_sizes(name, Request(context, {}, []))
    if len(sizes) < 2:
        return {}, {}
    largest = max(sizes, key=lambda sheet: sizes[sheet])
    others = [sheet for sheet in sizes if sheet != largest]
    more = f" and {len(others) - SHOWN_SHEETS} more" if len(others) > SHOWN_SHEETS else ""
    return {"sheet": largest}, {"sheet": f"the largest; others: {', '.join(others[:SHOWN_SHEETS])}{more}"}


def _profile_npz(name: str, file: Path, context: Context) -> FilePreview | None:
    """Profiles the arrays of a file that belong together."""
    parts = npz_arrays(file, context)
    setting = NpzParts.model_validate({"path": name, **parts}) if parts else name
    table = read("npz", setting, Request(context, {}, []))
    if table is None:
        return None
    has_splits = len(parts) > 1
    table = without_single_axes(table if has_splits else replace(table, row_splits=None))
    return preview_table(table, "npz", name, dict(parts) if has_splits else {}, {})


def _profile_folder(name: str, options: dict[str, Any], context: Context) -> FilePreview | None:
    """Profiles the files of a folder: files by class, pictures with masks, tables, or files whose names tell something.

    Args:
        name: The folder.
        options: Options of CSV files that are known.
        context: Receives every problem.
    """
    found = folder_source(name)
    if found is None and (tables := tables_of_folder(Path(name))) is not None:
        return _profile_tables(tables, options, context)
    if found is None and (pattern := names_of_files(Path(name))):
        found = FolderSource("files", dict(pattern))
    if found is None:
        help = 'name the files and what to predict in a spec: `files: {photo: "photos/{class}_{id}.jpg"}`'
        message = (
            f"`{name}` has no tables, no folders of images, sounds or texts for each class, no masks beside images, "
            "and no files whose names tell a class or a label"
        )
        context.error(codes.UNREADABLE_DATA, message, None, help=help)
        return None
    table = read(found.source, found.setting, Request(context, {}, []))
    notes: dict[str, str] = {}
    if table is not None and found.source == "files" and "mask" in table.columns:
        classes, has_others = mask_classes(table.columns["mask"])
        notes = {"classes": str(classes), "ignored": "255" if has_others else ""}
    if table is not None and (found.source == "texts" or "text" in found.setting):
        table = replace(table, columns={**table.columns, "text": with_contents(table.columns["text"])})
    return None if table is None else preview_table(table, found.source, found.setting, {}, notes)


def _profile_tables(tables: FolderTables, options: dict[str, Any], context: Context) -> FilePreview | None:
    """Profiles the tables of a folder, which are one table, or the splits of one.

    Args:
        tables: The tables.
        options: Options of CSV files that are known.
        context: Receives every problem.
    """
    source, files = tables.source, tables.files
    if source == "npy" and len(files) > 1:
        setting = arrays_of_files(files)
        table = read("npy", setting, Request(context, {}, []))
        return None if table is None else preview_table(without_single_axes(table), "npy", setting, {}, {})
    columns = {file: names(source, file.as_posix(), Request(context, {}, [])) for file in files}
    first = tables.splits.get("train", files[0])
    alike = [file for file in files if columns[file] == columns[first]]
    splits = {split: file.as_posix() for split, file in tables.splits.items() if file in alike}
    if len(splits) > 1:
        if source == "csv":
            return profile_csv(splits, find_format(first, context, options), context)
        table = read(source, splits, Request(context, {}, []))
        return None if table is None else preview_table(table, source, splits, {}, {})
    if len(files) == 1 or "train" in splits:
        return _profile_files(first.as_posix(), [first], options, context)
    if len(alike) < len(files):
        other = next(file for file in files if file not in alike)
        message = f"`{first.name}` and `{other.name}` have other columns, so that they are no parts of one table"
        help = f"name one of them: `kspec init {other.as_posix()}`"
        context.error(codes.MALFORMED_DATA_FILE, message, None, help=help)
        return None
    return _profile_files(common_glob(files), files, options, context)


def _kind_of_content(start: bytes) -> str:
    """The source that reads a file whose name does not tell it."""
    if start.startswith(b"PAR1"):
        return "parquet"
    if start.startswith(b"PK") and b".npy" in start:
        return "npz"
    is_workbook = start.startswith(b"PK") and any(part in start for part in (b"[Content_Types].xml", b"xl/", _OPEN))
    if is_workbook or start.startswith(_OLD_EXCEL):
        return "excel"
    if start.startswith((b"ARROW1", b"FEA1")):
        return "arrow"
    if re.match(rb"(\xef\xbb\xbf)?\s*(\[\s*)?\{", start):
        return "json"
    if re.match(rb"(\xef\xbb\xbf)?\s*<(!doctype|html|\?xml|[a-z]+[ >])", start, re.IGNORECASE):
        return "markup"
    lines = (line.strip().lower() for line in start.splitlines())
    if _SVMLIGHT.match(start):
        return "svmlight"
    first = next((line for line in lines if line and not line.startswith(b"%")), b"")
    return "arff" if first.startswith(b"@relation") else "csv"


def column_names(name: str, data: Any, permissions: Permissions) -> list[str]:
    """The columns of a spec's data: those in the header of the file, unless it cannot be read, and the new ones.

    Args:
        name: The file of the spec.
        data: The plain value of `data:`, which may be incomplete.
        permissions: What the spec may read.
    """
    source = next((word for word in SOURCES if isinstance(data, Mapping) and data.get(word)), None)
    if source is None:
        return []
    try:
        spec = _empty_spec(name, {source: data[source], "limits": {"files": MAX_FILES}})
        spec.permissions = permissions
        request = Request(Context(spec, Report(), ("data", source)), {}, [])
        new = data.get("columns")
        own = names(source, getattr(spec.document.data, source), request)
        return [*own, *(str(key) for key in new)] if own and isinstance(new, Mapping) else own
    except (ValueError, OSError):
        return []


def column_profiles(name: str, data: Any, permissions: Permissions) -> dict[str, ColumnProfile]:
    """The profiles of the columns of a spec's data, new ones included, over the rows that it keeps.

    Args:
        name: The file of the spec.
        data: The plain value of `data:`, whose other settings may be incomplete.
        permissions: What the spec may read.

    Returns:
        Column → profile; nothing if the data cannot be read, or is large.
    """
    if not isinstance(data, Mapping):
        return {}
    kept = {key: data[key] for key in (*SOURCES, "columns", "where", "distinct") if key in data}
    try:
        spec = _empty_spec(name, {**kept, "limits": {"files": MAX_FILES, "gigabytes": MAX_GIGABYTES}})
        settings = spec.document.data
        assert settings is not None
        spec.permissions = permissions
        context = Context(spec, Report(), ("data", settings.source))
        table = read(settings.source, getattr(settings, settings.source), Request(context, {}, []))
        if table is None:
            return {}
        profile = profile_table(derive(table, settings, context).table, settings.source)
    except (ValueError, OSError, InvalidData):
        return {}
    return {column.name: column for column in profile.columns}


def _empty_spec(name: str = "", data: Any = None) -> Spec:
    """A minimal spec: reading needs its folder and its positions."""
    source = Source(name, "")
    places = Positions(Span(source, 1, 1, 1, 1))
    values = {"kspec": 1, "inputs": {"x": {"shape": [1]}}, "layers": ["Flatten"], "data": data}
    return Spec(Document.model_validate(values), values, places, places, source)
