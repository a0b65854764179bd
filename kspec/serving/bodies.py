"""Bodies of requests → rows by column."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from pydantic_core import from_json

from kspec.data.arrow_values import arrow_texts
from kspec.data.type_inference import NumberFormat, typed_column
from kspec.language.csv_options import WHITESPACE, CsvOptions
from kspec.serving.job import columns_of
from kspec.serving.model import ServedModel
from kspec.serving.row_errors import RequestError

FORMS = (
    'send {"instances": [{column: value, …}, …]}, or by column {"inputs": {column: [value, …], …}}, as JSON; '
    "or a table as text/csv"
)


@dataclass(frozen=True, slots=True)
class Body:
    """The rows of a request.

    Args:
        columns: By column that the model needs, a value for each row.
        count: The number of rows.
        form: Whether answers are by row, by column, or for each window that the request states as a list of rows.
        windows: The rows of each such window: how many follow one another.
    """

    columns: Mapping[str, Sequence[Any]]
    count: int
    form: Literal["rows", "columns", "windows"] = "rows"
    windows: Sequence[int] = ()


def read_json(data: bytes) -> Any:
    """The value of a JSON text.

    Raises:
        RequestError: If it is none.
    """
    try:
        return from_json(data, allow_inf_nan=False, cache_strings="keys")
    except ValueError as error:  # also for nesting that is too deep
        raise RequestError(400, f"the body is no JSON: {error}", FORMS) from None


def json_body(data: bytes, model: ServedModel) -> Body:
    """The rows of a body in JSON.

    Args:
        data: The body.
        model: What the rows are for.

    Raises:
        RequestError: If it has no rows.
    """
    value = read_json(data)
    if isinstance(value, Mapping) and "instances" in value:
        value = value["instances"]
    elif isinstance(value, Mapping) and isinstance(value.get("inputs"), Mapping):
        return column_body(value["inputs"], model)
    elif isinstance(value, Mapping):
        value = [value]
    if not isinstance(value, list) or not value:
        raise RequestError(400, "the body has no rows", FORMS)
    if model.window is not None and all(isinstance(each, list) and each for each in value):
        rows = [row for each in value for row in each]
        return Body(_columns(rows, model), len(rows), "windows", [len(each) for each in value])
    return Body(_columns(value, model), len(value))


def _columns(rows: Sequence[Any], model: ServedModel) -> dict[str, list[Any]]:
    """The columns of rows: objects, lists of values in the order of the columns, or values of a single column."""
    names = list(model.fields)
    if all(isinstance(row, Mapping) for row in rows):
        return columns_of(rows, names)
    if len(names) == 1:
        plain = [row[names[0]] if isinstance(row, Mapping) and names[0] in row else row for row in rows]
        return {names[0]: plain}
    if all(isinstance(row, list) and len(row) == len(names) for row in rows):
        return {name: list(values) for name, values in zip(names, zip(*rows, strict=True), strict=True)}
    number = next(number for number, row in enumerate(rows) if not isinstance(row, Mapping))
    raise RequestError(400, f"row {number + 1} is no object", f"its columns are {', '.join(names[:12])}; {FORMS}")


def column_body(inputs: Mapping[str, Any], model: ServedModel) -> Body:
    """The rows of a body by column.

    Args:
        inputs: By column, its values; or by input of the network, a list of the values of its columns for each row.
        model: What the rows are for.

    Raises:
        RequestError: If the columns differ in length.
    """
    columns: dict[str, list[Any]] = {}
    for name, values in inputs.items():
        if not isinstance(values, list) or not values:
            raise RequestError(400, f"`{name}` is no list of values", FORMS)
        own = model.mapping.inputs.get(name, [])
        are_rows = len(own) > 1 and all(isinstance(each, list) and len(each) == len(own) for each in values)
        if name not in model.fields and are_rows:
            columns |= {column: list(each) for column, each in zip(own, zip(*values, strict=True), strict=True)}
        elif name not in model.fields and len(own) == 1:
            columns[own[0]] = values
        else:
            field = model.fields.get(name)
            columns[name] = _single(values) if field is not None and field.kind != "any" else values
    counts = {len(values) for values in columns.values()}
    if len(counts) != 1:
        raise RequestError(400, "the columns differ in length", FORMS)
    return Body(columns, counts.pop(), "columns")


def _single(values: list[Any]) -> list[Any]:
    """Values of a column, which a tensor may have as lists of one value."""
    are_lists = all(isinstance(value, list) and len(value) == 1 for value in values)
    return [value[0] for value in values] if are_lists else values


def csv_body(data: bytes, model: ServedModel) -> Body:
    """The rows of a table as text, with the delimiter and the spelling of numbers that training had.

    Args:
        data: The body.
        model: What the rows are for.

    Raises:
        RequestError: If it is no table.
    """
    import pyarrow as pa

    setting = None if model.run.spec.document.data is None else model.run.spec.document.data.csv
    options = setting if isinstance(setting, CsvOptions) else CsvOptions(path="-")
    names, rows = _lines(data, options)
    columns: dict[str, Sequence[Any]] = {}
    for number, name in enumerate(names):
        field = model.fields.get(name)
        if field is None:
            continue
        texts = pa.chunked_array([arrow_texts([row[number] for row in rows])])
        numbers = NumberFormat(options.decimal, options.thousands, options.marks(name), trimmed=True)
        column = typed_column(name, texts, lambda: None, numbers)
        values = column.texts() if field.kind in ("text", "file") or column.kind == "text" else column.values
        columns[name] = [
            None if absent else value for value, absent in zip(values.tolist(), column.missing.tolist(), strict=True)
        ]
    return Body(columns, len(rows))


def _lines(data: bytes, options: CsvOptions) -> tuple[list[str], list[list[str]]]:
    """The names of a table as text, and its rows.

    Args:
        data: The table.
        options: How training had it written.

    Raises:
        RequestError: If it is no table.
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise RequestError(400, "the table is no text in UTF-8") from None
    first = text.partition("\n")[0]
    delimiter = options.delimiter or max(",;\t|", key=first.count)
    blank = delimiter == WHITESPACE
    try:
        reader = csv.reader(io.StringIO(text), delimiter=" " if blank else delimiter, skipinitialspace=True)
        rows = [line for line in reader if line]
    except csv.Error as error:
        raise RequestError(400, f"the table cannot be read: {error}") from None
    width = max(map(len, rows), default=0)
    names = [name.strip() for name in rows.pop(0)] if rows and options.header else []
    names = options.names or names or [f"c{number}" for number in range(width)]
    if not rows:
        raise RequestError(400, "the table has no rows", "send a line of names, then a line for each row")
    ragged = next((number for number, row in enumerate(rows, 1) if len(row) != len(names)), None)
    if ragged is not None:
        raise RequestError(400, f"row {ragged} has {len(rows[ragged - 1])} values, and the table {len(names)} columns")
    return list(names), rows
