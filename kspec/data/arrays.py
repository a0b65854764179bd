"""Columns → the arrays that inputs, targets and weights take."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from kspec.data.columns import Mapped
from kspec.data.context import Context
from kspec.data.table import NUMERIC, Column, Table
from kspec.data.types import InputSpec
from kspec.diagnostics import Path, codes
from kspec.syntax.yaml_flow import to_yaml

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

FLOATS = {"float16", "float32", "float64", "bfloat16"}
SHOWN_COLUMNS = 3


def input_array(name: str, takes: InputSpec, table: Table, mapped: Mapped, kept: Array, context: Context) -> Any:
    """The array of one input, shape (rows, *shape), in its type; None with the reason in the report.

    Args:
        kept: The rows that are used, shape (rows,): others are not looked at.
    """
    columns = [table.columns[column] for column in mapped.inputs[name]]
    path = mapped.places[name]
    if any(column.kind == "image" for column in columns):
        return _picture(name, takes, columns, path, context)
    return _numbers_or_text(name, takes, columns, table, kept, path, context)


def _picture(name: str, takes: InputSpec, columns: list[Column], path: Path, context: Context) -> Any:
    from kspec.data.images import load_pictures

    if len(columns) > 1:
        others = ", ".join(column.name for column in columns if column.kind != "image")
        context.error(
            codes.DATA_SHAPE_MISMATCH,
            f"`{name}` takes a picture, and cannot take {others or 'a second one'} beside it",
            path,
        )
        return None
    return load_pictures(name, takes, columns[0], path, context)


def _numbers_or_text(
    name: str, takes: InputSpec, columns: list[Column], table: Table, kept: Array, path: Path, context: Context
) -> Any:
    import numpy

    if takes.dtype == "string":
        pieces = _texts(name, columns, path, context)
    else:
        pieces = _numbers(name, takes.dtype, columns, table, kept, path, context)
    if pieces is None:
        return None
    shape = fitting_shape(takes.shape, columns)
    if shape is None:
        _refuse_shape(name, takes, columns, path, context)
        return None
    dtype: Any = object if takes.dtype == "string" else _storage(takes.dtype)
    if len(pieces) == 1:
        return pieces[0].astype(dtype, copy=False).reshape(table.rows, *shape)
    whole = numpy.empty((table.rows, sum(column.size for column in columns)), dtype=dtype)
    at = 0
    for piece, column in zip(pieces, columns, strict=True):
        whole[:, at : at + column.size] = piece.reshape(table.rows, -1)
        at += column.size
    return whole.reshape(table.rows, *shape)


def _storage(dtype: str) -> Any:
    """NumPy's type for Keras's; bfloat16, which NumPy lacks, is held as float32."""
    import numpy

    return numpy.dtype("float32" if dtype == "bfloat16" else dtype)


def fitting_shape(shape: Sequence[int | None], columns: Sequence[Column]) -> tuple[int, ...] | None:
    """The shape of an example that the columns fill, unknown lengths filled in; None where sizes do not agree."""
    if len(columns) == 1 and columns[0].values.ndim == len(shape) + 1:
        own = columns[0].values.shape[1:]
        if all(wanted in (None, given) for wanted, given in zip(shape, own, strict=True)):
            return tuple(own)
    size = sum(column.size for column in columns)
    known = 1
    for length in shape:
        known *= length or 1
    unknown = sum(length is None for length in shape)
    if unknown == 0:
        return tuple(length or 1 for length in shape) if known == size else None
    if unknown == 1 and known and size % known == 0:
        return tuple(size // known if length is None else length for length in shape)
    return None


def _refuse_shape(name: str, takes: InputSpec, columns: list[Column], path: Path, context: Context) -> None:
    wanted = 1
    for length in takes.shape:
        wanted *= length or 1
    shown = to_yaml(list(takes.shape))
    has = sum(column.size for column in columns)
    if len(columns) == 1 and columns[0].values.ndim > 1:
        given = f"`{columns[0].name}` has the shape {list(columns[0].values.shape[1:])}"
    else:
        given = f"{has} column{'s feed' if has > 1 else ' feeds'} it ({_listed(columns)})"
    needs = f"{wanted} value{'s' if wanted > 1 else ''} an example" if None not in takes.shape else "another size"
    help = f"name the columns with `data: {{inputs: ...}}`, or write `shape: [{has}]`"
    context.error(codes.DATA_SHAPE_MISMATCH, f"`{name}` has the shape {shown}, {needs}, but {given}", path, help=help)


def _listed(columns: Sequence[Column]) -> str:
    names = [column.name for column in columns]
    more = " …" if len(names) > SHOWN_COLUMNS else ""
    return ", ".join(names[:SHOWN_COLUMNS]) + more


def _texts(name: str, columns: list[Column], path: Path, context: Context) -> list[Array] | None:
    for column in columns:
        if column.kind in ("array", "image") and column.values.dtype.kind not in "OU":
            context.error(
                codes.INCOMPATIBLE_DATA_TYPE,
                f"`{name}` takes text, and `{column.name}` holds arrays of numbers",
                path,
                help="leave out `dtype: string`",
            )
            return None
    return [column.values if column.kind == "array" else column.texts() for column in columns]


def _numbers(
    name: str, dtype: str, columns: list[Column], table: Table, kept: Array, path: Path, context: Context
) -> list[Array] | None:
    sound = True
    broken = []
    for column in columns:
        if column.kind == "text" or column.values.dtype.kind not in "fiub":
            _refuse_text(name, column, columns, table, path, context)
            sound = False
        elif not _finite(column, table, kept, path, context):
            sound = False
        elif dtype not in FLOATS and (found := _no_integer(dtype, column, table, kept)):
            broken.append(found)
    if broken:
        sound = False
        more = (
            f"; {len(broken) - 1} more column{'s do' if len(broken) > 2 else ' does'} not fit"
            if len(broken) > 1
            else ""
        )
        help = "leave `dtype` out for float32" if dtype != "bool" else "a bool is 0 or 1, false or true"
        context.error(codes.INCOMPATIBLE_DATA_TYPE, f"`{name}` takes {dtype}, and {broken[0]}{more}", path, help=help)
    return [column.values for column in columns] if sound else None


def _refuse_text(name: str, column: Column, columns: list[Column], table: Table, path: Path, context: Context) -> None:
    values = column.values.tolist()
    index = next((i for i, value in enumerate(values) if not column.missing[i] and not _is_number(value)), 0)
    example = str(values[index]) if values and column.values.ndim == 1 else ""
    if "," in example and _is_number(example.replace(",", ".", 1)):
        help = "numbers have a decimal point; replace the commas in the file"
    elif len(columns) == 1:
        help = "give the input `dtype: string` and a `StringLookup` or `TextVectorization`, or leave the column out"
    else:
        help = "leave the column out, or give it an input of its own with `dtype: string` and a `StringLookup` layer"
    context.error(
        codes.INCOMPATIBLE_DATA_TYPE,
        f'`{name}` takes numbers, and `{column.name}` holds text, such as "{example[:40]}" in {table.where([index])}',
        path,
        help=help,
    )


def _is_number(value: Any) -> bool:
    try:
        float(value)
    except (TypeError, ValueError):
        return False
    return True


def _finite(column: Column, table: Table, kept: Array, path: Path, context: Context) -> bool:
    """Whether all numbers are finite; in arrays, NaN is as bad as infinity, since no policy fills it."""
    import numpy

    values = column.values
    if values.dtype.kind != "f":
        return True
    bad: Array = numpy.isinf(values) if column.kind != "array" else ~numpy.isfinite(values)
    bad = _by_row(bad)
    rows = numpy.flatnonzero(bad & kept & ~column.missing)
    if not len(rows):
        return True
    what = "a number that is not finite" if column.kind == "array" else "an infinite value"
    context.error(codes.NON_FINITE_VALUES, f"`{column.name}` has {what} in {table.where(rows)}", path,
                  help="correct the data; nothing can be learned from infinity")  # fmt: skip
    return False


def _by_row(bad: Array) -> Array:
    """Which rows have something bad in them, shape (rows,)."""
    import numpy

    return numpy.asarray(bad.reshape(len(bad), -1).any(axis=1))


def _no_integer(dtype: str, column: Column, table: Table, kept: Array) -> str:
    """What a column has that does not fit into an integer type (or 0 and 1 into bool); empty where all fits."""
    import numpy

    values = column.values
    if values.dtype.kind == "b":
        return ""
    if dtype == "bool":
        low, high = 0, 1
    else:
        bounds = numpy.iinfo(dtype)
        low, high = int(bounds.min), int(bounds.max)
    bad: Array = (values < low) | (values > high)
    if values.dtype.kind == "f":
        bad |= values != numpy.floor(values)
    bad = _by_row(bad)
    rows = numpy.flatnonzero(bad & kept & ~column.missing)
    if not len(rows):
        return ""
    example = numpy.ravel(values[rows[0]])[0] if values.ndim == 1 else "a value"
    return f"`{column.name}` has {example} in {table.where(rows[:1])}"


def target_array(name: str, table: Table, mapped: Mapped, kept: Array, context: Context) -> Any:
    """The raw target of an output, shape (rows,) or (rows, k); None with the reason in the report."""
    import numpy

    columns = [table.columns[column] for column in mapped.targets[name]]
    path = mapped.places[name]
    if any(column.kind == "image" for column in columns):
        context.error(
            codes.INCOMPATIBLE_DATA_TYPE,
            f"the target of `{name}` is a column of pictures",
            path,
            help="name the column `class`",
        )
        return None
    if not all(_finite(column, table, kept, path, context) for column in columns):
        return None
    if len(columns) == 1:
        return columns[0].values
    for column in columns:
        if column.kind not in NUMERIC:
            context.error(
                codes.INCOMPATIBLE_DATA_TYPE,
                f"a target of {len(columns)} columns is one-hot or several numbers, "
                f"and `{column.name}` holds {'text' if column.kind == 'text' else 'arrays'}",
                path,
                help="name one column of labels, or columns of numbers",
            )
            return None
    return numpy.stack([column.values for column in columns], axis=1)


def weight_array(output: str, table: Table, mapped: Mapped, kept: Array, context: Context) -> Any:
    """The sample weights of an output, float32, shape (rows,); None with the reason in the report."""
    import numpy

    column = table.columns[mapped.weights[output]]
    said = context.spec.document.data.weights if context.spec.document.data else None
    path: Path = ("data", "weights", output) if isinstance(said, dict) else ("data", "weights")
    if column.kind not in NUMERIC:
        context.error(codes.INVALID_SAMPLE_WEIGHTS, f"`{column.name}` holds no numbers, and weights are numbers", path)
        return None
    values = column.values.astype(numpy.float64)
    for bad, what in (
        (column.missing, "no value"),
        (~numpy.isfinite(values), "no finite number"),
        (values < 0, "a negative weight"),
    ):
        rows = numpy.flatnonzero(bad & kept)
        if len(rows):
            context.error(codes.INVALID_SAMPLE_WEIGHTS, f"`{column.name}` has {what} in {table.where(rows)}", path,
                          help="a weight is a number from 0 upwards")  # fmt: skip
            return None
    if not (values[kept] > 0).any():
        context.error(
            codes.INVALID_SAMPLE_WEIGHTS, f"every weight in `{column.name}` is 0: nothing would be learned", path
        )
        return None
    return values.astype(numpy.float32)
