"""Previews of CSV files: how their numbers are written, and what stands for gaps."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kspec.data.context import Context
from kspec.data.file_preview import FilePreview, number_marks, preview_table
from kspec.data.number_columns import with_notations
from kspec.data.number_texts import MARKS, NumberTexts, have_decimal_points, notation, number_texts
from kspec.data.profile.hints import table_hints
from kspec.data.profile.profiling import profile_table
from kspec.data.sources import read
from kspec.data.sources.read_request import Request
from kspec.data.table import Table
from kspec.data.total_rows import TotalRows, find_totals, rows_without
from kspec.language.csv_options import CsvOptions


def profile_csv(
    setting: str | dict[str, str], options: dict[str, Any], context: Context, notes: Mapping[str, str] | None = None
) -> FilePreview | None:
    """Profiles CSV files; reads them again if their texts are numbers in another notation, or numbers stand for gaps.

    Args:
        setting: The files, or a file for each split.
        options: What is known of their form.
        context: Receives every problem.
        notes: By option, why it is set, where that is known.
    """
    is_given = "missing" in options

    def preview() -> FilePreview | None:
        settings = CsvOptions.model_validate({**options, "path": setting})
        table = read("csv", settings, Request(context, {}, []))
        return None if table is None else preview_table(table, "csv", setting, options, {})

    found = preview()
    if found is None:
        return None
    totals = find_totals(found.table)
    texts = _number_texts(found.table)
    notations = {} if "decimal" in options else _own_notations(found.table, texts, options.get("delimiter", ","))
    more, marks = _number_options(
        found.table, {name: own for name, own in texts.items() if name not in notations}, options
    )
    if more:
        options |= more
        found = preview()
    numbers = {} if found is None or is_given else _all_marks(found)
    if numbers:
        options["missing"] = marks | {column: [*marks.get(column, []), *own] for column, own in numbers.items()}
        found = preview()
    found = _with_notations(found, notations) if found is not None and notations else found
    if found is not None and "missing" in options and not is_given:
        found.notes["missing"] = "stand for missing values among numbers"
    if found is not None and options.get("names") and options.get("header") is False:
        above = "the names, and a line below them that is no data"
        found.notes.update({"skip_rows": above, "header": "", "names": "", **(notes or {})})
    return found if found is None or totals is None else _without_totals(found, totals)


def _without_totals(found: FilePreview, totals: TotalRows) -> FilePreview:
    """The preview of a table without the totals below it."""
    kept = rows_without(found.table, totals)
    if kept is None:
        return found
    rows, where = kept
    table = found.table.take(rows)
    return found._replace(table=table, profile=profile_table(table, "csv"), hints=table_hints(table), where=where)


def _all_marks(found: FilePreview) -> dict[str, list[Any]]:
    """By column, the numbers that stand for missing values, and infinite ones, from which nothing can be learned."""
    import numpy

    marks = number_marks(found.profile)
    for name, column in found.table.columns.items():
        if column.kind == "float" and name not in found.columns and (infinite := numpy.isinf(column.values)).any():
            marks[name] = [*marks.get(name, []), *dict.fromkeys(column.texts()[infinite].tolist())]
    return marks


def _number_texts(table: Table) -> dict[str, NumberTexts]:
    """By column of text that has numbers in some notation, how they are written."""
    texts = {
        name: number_texts(column.values[~column.missing].tolist())
        for name, column in table.columns.items()
        if column.kind == "text"
    }
    return {name: found for name, found in texts.items() if found.are_numbers}


def _own_notations(table: Table, texts: Mapping[str, NumberTexts], delimiter: str) -> dict[str, tuple[str, str | None]]:
    """By column of numbers as texts, how they are written, if no options of the file fit all columns; else nothing.

    Args:
        table: The table.
        texts: By column of text that has numbers, how they are written.
        delimiter: The delimiter of the file.
    """
    decimals = {found.decimal for found in texts.values()}
    if "," not in decimals:
        return {}
    plain = (column.texts()[~column.missing] for column in table.columns.values() if column.kind == "float")
    if "." not in decimals and not any(have_decimal_points(own.tolist()) for own in plain):
        return {}
    return {name: notation([found], delimiter) for name, found in texts.items() if found.has_notation}


def _with_notations(found: FilePreview, notations: Mapping[str, tuple[str, str | None]]) -> FilePreview:
    """The preview with numbers in columns of different notations."""
    table, columns = with_notations(found.table, notations)
    return found._replace(
        table=table,
        profile=profile_table(table, "csv"),
        hints=table_hints(table),
        columns={**found.columns, **columns},
    )


def _number_options(
    table: Table, numbers: Mapping[str, NumberTexts], known: Mapping[str, Any]
) -> tuple[dict[str, Any], dict[str, list[Any]]]:
    """The options with which columns of text are columns of numbers, and by column, words for missing values.

    Args:
        table: The table.
        numbers: By column of text that has numbers, how they are written.
        known: Options that are known.
    """
    options: dict[str, Any] = {}
    decimal, thousands = notation(list(numbers.values()), known.get("delimiter", ","))
    if decimal != "." and "decimal" not in known:
        options["decimal"] = decimal
    if thousands is not None and "thousands" not in known:
        options["thousands"] = thousands
    marks: dict[str, list[Any]] = {name: list(found.marks) for name, found in numbers.items() if found.marks}
    if marks and "missing" not in known:
        words = sorted({word for own in marks.values() for word in own})
        safe = all(word in MARKS for word in words) and not any(
            set(words) & set(column.values.tolist())
            for name, column in table.columns.items()
            if column.kind == "text" and name not in numbers
        )
        options["missing"] = words if safe else marks
    return options, marks
