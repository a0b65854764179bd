"""The columns that a model needs of a request, and their values, each judged by itself.

In a file, the type of a column depends on all of its values. The rows of several clients share a table here, so that
each value is brought to the type that the model takes first: no row changes what another one means.
"""

from __future__ import annotations

import base64
import binascii
import math
import re
from collections.abc import Callable, Mapping, Sequence
from itertools import count
from typing import Any, Literal, NamedTuple

import numpy as np

from kspec.data.columns import ColumnMapping, window_columns
from kspec.data.files.contents import contents
from kspec.data.network_specs import input_specs
from kspec.data.table import FILES
from kspec.data.type_inference import MISSING_WORDS
from kspec.diagnostics import codes
from kspec.runs.run_loader import LoadedRun
from kspec.serving.row_errors import RowError

FieldKind = Literal["number", "text", "file", "any"]
NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
_KINDS: dict[str, FieldKind] = {"integer": "number", "float": "number", "text": "text"}
TRUTHS = {"true": 1, "false": 0}
DATA_URL = re.compile(r"data:[^,]{0,200};base64,")
_NUMBERS = count()
"""The names of files: no two requests share one."""
SHOWN = 40
"""How many letters of a value a message repeats."""


class Field(NamedTuple):
    """A column that a model needs.

    Args:
        name: The column.
        kind: What its values are; `file` is a picture, a sound or a file of text.
        dtype: What the model takes.
        content: What a file holds: `image`, `audio` or `text`.
    """

    name: str
    kind: FieldKind
    dtype: str = "float32"
    content: str = ""


class Values(NamedTuple):
    """The values of a column.

    Args:
        values: One for each row, None where it is missing or wrong.
        errors: By row, what is wrong with its value.
        files: By the name that stands for it in the values, each file.
    """

    values: Sequence[Any]
    errors: dict[int, RowError]
    files: dict[str, bytes]


def fields_of(run: LoadedRun) -> dict[str, Field]:
    """The columns that a run's model needs, in the order of its inputs."""
    mapping, data, specs = ColumnMapping.from_json(run.fitted["columns"]), run.spec.document.data, input_specs(run.spec)
    files = {} if data is None else {name: content for name, (content, _) in contents(data).items()}
    kinds = {column["name"]: column["type"] for column in run.record["data"].get("profile", {}).get("columns", ())}
    computed = {} if data is None else data.columns
    fields: dict[str, Field] = {}
    for name, columns in mapping.inputs.items():
        dtype = specs[name].dtype
        for column in columns:
            if column in computed or column in fields:
                continue
            content = files.get(column) or str(kinds.get(column, ""))
            if column in files or content in FILES:
                fields[column] = Field(column, "file", dtype, content)
            elif name in mapping.lists or kinds.get(column) in ("array", "list"):
                fields[column] = Field(column, "any", dtype)
            else:
                fields[column] = Field(column, "text" if dtype == "string" else "number", dtype)
    for column in (*run.fitted.get("types", {}), *window_columns(None if data is None else data.window)):
        if column not in computed:
            kind = _KINDS.get(str(kinds.get(column)), "any")
            fields.setdefault(column, Field(column, kind, "float64" if kind == "number" else "string"))
    return fields


def read_values(field: Field, values: Sequence[Any]) -> Values:
    """The values of a column as the model takes them.

    Args:
        field: The column.
        values: As JSON has them, None where one is missing.
    """
    match field.kind:
        case "number":
            return _numbers(field, values)
        case "text":
            return _each(values, lambda value: _text(field, value))
        case "file":
            return _files(field, values)
    return Values(values, {}, {})


def _each(values: Sequence[Any], read: Callable[[Any], Any]) -> Values:
    """Reads values one by one; `read` returns an error for a wrong one."""
    found, errors = list[Any](), dict[int, RowError]()
    for row, value in enumerate(values):
        result = read(value)
        if isinstance(result, RowError):
            errors[row] = result
            result = None
        found.append(result)
    return Values(found, errors, {})


def _numbers(field: Field, values: Sequence[Any]) -> Values:
    """Numbers; those of JSON, which most are, are looked at together."""
    if set(map(type, values)) <= {float, int} and field.dtype.startswith(("float", "bfloat")):
        try:
            if all(map(math.isfinite, values)):
                return Values(values, {}, {})
        except OverflowError:  # an integer beyond all floats
            pass
    return _each(values, lambda value: _number(field, value))


def _number(field: Field, value: Any) -> Any:
    """A number; None if it is missing, an error if the model cannot take it."""
    if isinstance(value, str):
        text = value.strip()
        if text in MISSING_WORDS:
            return None
        if NUMBER.fullmatch(text):
            value = int(text) if text.lstrip("+-").isdigit() and len(text) < SHOWN else float(text)
        else:
            value = TRUTHS.get(text.lower(), value)
    if value is None or isinstance(value, bool):
        return None if value is None else int(value)
    if not isinstance(value, (int, float)):
        return _misfit(field, f"`{field.name}` takes a number, and has {_shown(value)}")
    try:
        is_finite = math.isfinite(value)
    except OverflowError:
        is_finite = False
    if not is_finite:
        message = f"`{field.name}` has a number that is not finite"
        return RowError(codes.NON_FINITE_VALUES, message, field.name, "send a finite number, or null for a gap")
    return _fitting(field, value)


def _fitting(field: Field, value: float) -> Any:
    """A finite number that the model's dtype holds, or an error."""
    if field.dtype.startswith(("float", "bfloat")):
        return value
    low, high = (0, 1) if field.dtype == "bool" else _bounds(field.dtype)
    if value != int(value) or not low <= value <= high:
        return _misfit(field, f"`{field.name}` takes {field.dtype}, and has {value:g}")
    return int(value)


def _bounds(dtype: str) -> tuple[int, int]:
    bounds = np.iinfo(dtype)
    return int(bounds.min), int(bounds.max)


def _text(field: Field, value: Any) -> Any:
    """A text; numbers and truths are written as in a table of text."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return str(value)
    return _misfit(field, f"`{field.name}` takes a text, and has {_shown(value)}")


def _files(field: Field, values: Sequence[Any]) -> Values:
    """Files in base64, or as they were uploaded; a value that names a path is an error."""
    files: dict[str, bytes] = {}

    def read(value: Any) -> Any:
        if value is None or value == "":
            return None
        data = _decoded(field, value)
        if isinstance(data, bytes):
            name = f"{field.name.replace('/', ' ')} #{next(_NUMBERS)}"
            files[name] = data
            return name
        return data

    found = _each(values, read)
    return found._replace(files=files)


def _decoded(field: Field, value: Any) -> bytes | RowError:
    """The bytes of a file."""
    if isinstance(value, bytes):
        return value
    if isinstance(value, Mapping) and len(value) == 1 and isinstance(value.get("b64"), str):
        value = value["b64"]
    if not isinstance(value, str):
        return _no_file(field)
    if field.content == "text" and not DATA_URL.match(value):
        return value.encode(errors="replace")
    start = DATA_URL.match(value)
    try:
        return base64.b64decode(value[start.end() :] if start else value, validate=True)
    except (binascii.Error, ValueError):
        return _no_file(field)


def _no_file(field: Field) -> RowError:
    what = "a picture" if field.content == "image" else "a sound" if field.content == "audio" else "a text"
    message = f"`{field.name}` takes {what} in base64"
    rule = codes.UNDECODABLE_IMAGE if field.content == "image" else codes.UNDECODABLE_FILE
    return RowError(rule, message, field.name, "send the bytes of the file in base64, not its name")


def _misfit(field: Field, message: str) -> RowError:
    help = "send a number, or null for a gap" if field.kind == "number" else "send a text, or null for a gap"
    return RowError(codes.INCOMPATIBLE_DATA_TYPE, message, field.name, help)


def _shown(value: Any) -> str:
    if isinstance(value, str):
        return f'"{value[:SHOWN]}"'
    return "a list" if isinstance(value, (list, tuple)) else "an object" if isinstance(value, Mapping) else "no number"
