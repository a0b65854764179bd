"""The shapes of inputs, compared with the columns that feed them."""

from __future__ import annotations

from collections.abc import Sequence

from kspec.data.context import Context
from kspec.data.network_specs import InputSpec
from kspec.data.table import Column
from kspec.diagnostics import Path, codes
from kspec.syntax.yaml_flow import to_yaml

SHOWN_COLUMNS = 3


def example_shape(
    name: str, takes: InputSpec, columns: list[Column], path: Path, context: Context, *, is_window: bool
) -> tuple[int, ...] | None:
    """The shape of an example, or of a row of a window, that an input makes of its columns.

    Args:
        name: The input.
        takes: The shape and dtype of the input.
        columns: Its columns.
        path: The setting that names the columns.
        context: Receives an error if the sizes do not match.
        is_window: Whether the input takes several rows, along its first axis.

    Returns:
        The shape, open lengths resolved; None if the sizes do not match.
    """
    shape = _fitting_shape(takes.shape[1:] if is_window else takes.shape, columns)
    if shape is None:
        refuse = _refuse_window if is_window else _refuse_shape
        refuse(name, takes, columns, path, context)
    return shape


def _fitting_shape(shape: Sequence[int | None], columns: Sequence[Column]) -> tuple[int, ...] | None:
    """The shape of an example made of these columns, open lengths resolved; None if the sizes do not match."""
    if len(columns) == 1 and columns[0].values.ndim == len(shape) + 1:
        own = columns[0].values.shape[1:]
        if all(wanted in (None, length) for wanted, length in zip(shape, own, strict=True)):
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
        actual = f"`{columns[0].name}` has shape {list(columns[0].values.shape[1:])}"
    else:
        actual = f"{has} column{'s feed' if has > 1 else ' feeds'} it ({_listed(columns)})"
    needs = f"{wanted} value{'s' if wanted > 1 else ''} per example" if None not in takes.shape else "another size"
    data = context.spec.document.data
    if data is not None and data.inputs is not None and None not in takes.shape:
        remedy = f"list {wanted} column{'s' if wanted > 1 else ''}"
    else:
        remedy = "name the columns with `data: {inputs: ...}`"
    help = f"{remedy}, or set `shape: [{has}]`"
    if data is not None and data.window is None and len(takes.shape) == 2 and takes.shape[1] == has and takes.shape[0]:
        help += f"; for {takes.shape[0]} rows that follow each other, write `window: {{length: {takes.shape[0]}}}`"
    message = f"`{name}` has shape {shown}, {needs}, but {actual}"
    context.error(codes.DATA_SHAPE_MISMATCH, message, path, help=context.remedy(help))


def _refuse_window(name: str, takes: InputSpec, columns: list[Column], path: Path, context: Context) -> None:
    """Reports an input of several rows that do not have its shape; the number of rows is checked without the data."""
    has, rows = sum(column.size for column in columns), to_yaml(takes.shape[0]) if takes.shape else "1"
    message = (
        f"`{name}` has shape {to_yaml(list(takes.shape))}, but each row of its window has {has} "
        f"value{'s' if has > 1 else ''} ({_listed(columns)})"
    )
    context.error(codes.DATA_SHAPE_MISMATCH, message, path, help=context.remedy(f"set `shape: [{rows}, {has}]`"))


def _listed(columns: Sequence[Column]) -> str:
    names = [column.name for column in columns]
    more = " …" if len(names) > SHOWN_COLUMNS else ""
    return ", ".join(names[:SHOWN_COLUMNS]) + more
