"""The source `files`: a row for each match of a pattern, or for files of several patterns that belong together.

A pattern such as `photos/{id}.jpg` gives a column with the path of each file, and a column for each field in braces.
Files of several patterns belong together if they agree in the fields that the patterns share.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from kspec.data.context import Context
from kspec.data.sources.read_request import Request
from kspec.data.table import Column, FileRows, Table
from kspec.data.type_inference import typed_column
from kspec.diagnostics import Path as SpecPath
from kspec.diagnostics import codes
from kspec.language.file_columns import file_patterns
from kspec.language.targets import named_targets
from kspec.syntax.file_patterns import FilePattern
from kspec.syntax.globs import is_glob
from kspec.syntax.regular_files import printable_path, shown_path

Fields = dict[str, str]


class Match(NamedTuple):
    """A file that matches a pattern.

    Args:
        fields: The values of the fields.
        path: The file, relative to the folder of the data.
    """

    fields: Fields
    path: str


class Row(NamedTuple):
    """Files that belong together.

    Args:
        fields: The values of all fields.
        files: By column, the file.
    """

    fields: Fields
    files: dict[str, str]


def read(setting: Mapping[str, str], request: Request) -> Table | None:
    """Reads a row for each match, or for matches that belong together; for predictions, targets may have no file."""
    import numpy
    import pyarrow as pa

    context = request.context
    patterns = file_patterns(setting)
    rows = join_files(patterns, context, optional=_targets(context) if request.for_prediction else ())
    if rows is None:
        return None
    columns: dict[str, Column] = {}
    for name in dict.fromkeys(field for pattern in patterns.values() for field in pattern.fields):
        texts = pa.chunked_array([[row.fields.get(name) for row in rows]], pa.string())
        columns[name] = typed_column(name, texts, lambda: None)
    for name in patterns:
        found = [row.files.get(name) for row in rows]
        values = numpy.array([path or "" for path in found], dtype=object)
        columns[name] = Column(name, "text", values, numpy.array([path is None for path in found], bool))
    table = Table(columns, len(rows), folder=context.folder)
    first = next(iter(patterns))
    table.files = [FileRows(setting[first], 0, len(rows))]
    table.names = [printable_path(row.files.get(first, "")) for row in rows]
    return table


def names(setting: Mapping[str, str], request: Request) -> list[str]:
    """The columns: the fields of all patterns, and a column of files for each."""
    del request
    patterns = file_patterns(setting)
    return [*dict.fromkeys(field for pattern in patterns.values() for field in pattern.fields), *patterns]


def join_files(
    patterns: Mapping[str, FilePattern], context: Context, *, optional: Sequence[str] = ()
) -> list[Row] | None:
    """The rows of a table of files; warns of files without a partner (KS521).

    Args:
        patterns: By column, the pattern.
        context: Receives every problem.
        optional: The columns whose files may be absent.

    Returns:
        The rows, in the order of the files of the first pattern; None if there are errors.
    """
    found = {name: _matches(pattern, _place(name, context), context) for name, pattern in patterns.items()}
    if None in found.values():
        return None
    matches = {name: each or [] for name, each in found.items()}
    absent = [name for name in patterns if not matches[name] and name not in optional]
    for name in absent:
        pattern = shown_path(patterns[name].text)
        message = f"no file matches `{pattern}`"
        context.error(codes.UNREADABLE_DATA, message, _place(name, context), help=_looked(patterns[name], context))
    if absent:
        return None
    first, *others = (name for name in patterns if matches[name])
    rows = [Row(match.fields, {first: match.path}) for match in matches[first]]
    while others:
        known = set(rows[0].fields) if rows else set()
        name = next((name for name in others if known & set(patterns[name].fields)), others[0])
        others.remove(name)
        rows = _joined(rows, name, matches[name], keep_all=name in optional)
        if not rows:
            _report_strangers(name, first, patterns, matches, context)
            return None
    _warn_of_singles(patterns, matches, rows, context)
    return rows


def _joined(rows: Sequence[Row], name: str, matches: Sequence[Match], *, keep_all: bool) -> list[Row]:
    """Rows with the matches of one more pattern.

    Args:
        rows: The rows.
        name: The column of the pattern.
        matches: Its matches.
        keep_all: Whether rows without a match stay.
    """
    shared = [field for field in matches[0].fields if field in rows[0].fields]
    by_key: dict[tuple[str, ...], list[Match]] = {}
    for match in matches:
        by_key.setdefault(tuple(match.fields[field] for field in shared), []).append(match)
    result = []
    for row in rows:
        partners = by_key.get(tuple(row.fields[field] for field in shared), [])
        result += [Row(row.fields | match.fields, {**row.files, name: match.path}) for match in partners]
        result += [row] if keep_all and not partners else []
    return result


def _matches(pattern: FilePattern, place: SpecPath | None, context: Context) -> list[Match] | None:
    """The files that match a pattern, sorted; None if there are errors."""
    files = context.matches(pattern.glob, place)
    if files is None:
        return None
    found = []
    for file in files:
        path = (file.relative_to(context.folder) if file.is_relative_to(context.folder) else file).as_posix()
        fields = pattern.values(path)
        if fields is not None and not file.is_dir():
            found.append(Match(fields, path))
    return found


def _place(name: str, context: Context) -> SpecPath | None:
    return None if context.source_path is None else (*context.source_path, name)


def _looked(pattern: FilePattern, context: Context) -> str:
    """Why a pattern matches nothing: a folder is absent, or how patterns match."""
    folder = Path(pattern.text).parts[:-1]
    for count, part in enumerate(folder, 1):
        if is_glob(part) or "{" in part:
            break
        if not context.folder.joinpath(*folder[:count]).is_dir():
            return f"there is no folder `{shown_path('/'.join(folder[:count]))}`"
    return "a field in braces stands for a part of one name, `**/` for any folders"


def _partner(path: str, name: str, other: str, patterns: Mapping[str, FilePattern], fields: Fields) -> str:
    """What belongs to a file, in words.

    Args:
        path: The file.
        name: Its column.
        other: The column that lacks a partner.
        patterns: All patterns.
        fields: The fields of the file.
    """
    pattern = patterns[other]
    wanted = pattern.name(fields) if pattern.is_exact and set(pattern.fields) <= set(fields) else pattern.text
    return f"`{shown_path(path)}` of `{name}` needs `{shown_path(wanted)}`"


def _report_strangers(
    name: str,
    first: str,
    patterns: Mapping[str, FilePattern],
    matches: Mapping[str, Sequence[Match]],
    context: Context,
) -> None:
    """Reports a pattern whose files belong to none of the others (KS554).

    Args:
        name: Its column.
        first: The first column.
        patterns: All patterns.
        matches: By column, the matches.
        context: Receives the error.
    """
    example = matches[first][0]
    context.error(
        codes.UNRELATED_FILES,
        f"no file of `{name}` belongs to one of `{first}`",
        _place(name, context),
        help=_partner(example.path, first, name, patterns, example.fields),
    )


def _warn_of_singles(
    patterns: Mapping[str, FilePattern],
    matches: Mapping[str, Sequence[Match]],
    rows: Sequence[Row],
    context: Context,
) -> None:
    """Warns of the files without a partner.

    Args:
        patterns: All patterns.
        matches: By column, the matches.
        rows: The rows.
        context: Receives the warning.
    """
    singles = {}
    for name, found in matches.items():
        used = {row.files[name] for row in rows if name in row.files}
        single = [match for match in found if match.path not in used]
        if single:
            singles[name] = single
    if not singles:
        return
    counts = [f"{len(single):,} file{'s' if len(single) > 1 else ''} of `{name}`" for name, single in singles.items()]
    is_one = len(counts) == 1 and len(next(iter(singles.values()))) == 1
    name, example = next((name, single[0]) for name, single in singles.items())
    without = (o for o in patterns if not any(_agree(match.fields, example.fields) for match in matches[o]))
    lacking = next(without, list(patterns)[-1])
    such = "" if is_one else "for example, "
    context.warning(
        codes.FILES_LEFT_OUT,
        f"{' and '.join(counts)} {'has' if is_one else 'have'} no partner, so {'it is' if is_one else 'they are'} "
        "left out",
        context.source_path,
        help=such + _partner(example.path, name, lacking, patterns, example.fields),
    )


def _agree(a: Fields, b: Fields) -> bool:
    return all(b[name] == value for name, value in a.items() if name in b)


def _targets(context: Context) -> list[str]:
    """The columns that the spec names as targets."""
    data = context.spec.document.data
    return [] if data is None else named_targets(data.targets)
