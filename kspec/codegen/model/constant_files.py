"""Constants and vectors in files → the code that reads the same numbers."""

from __future__ import annotations

import io
from pathlib import PurePath
from typing import Any, Literal

import numpy as np

from kspec.codegen.model.arguments import NeedsFlatCode, Writer
from kspec.codegen.text.literals import literal, text
from kspec.ir.constant_files import ConstantFile
from kspec.ir.list_dtype import list_dtype
from kspec.syntax.deferred import Uncomputed
from kspec.syntax.numpy_files import read_array


def is_constant_file(value: Any) -> bool:
    """Whether a constant is the numbers of a file."""
    return isinstance(value, ConstantFile) or (isinstance(value, dict) and list(value) == ["file"])


def constant_file_code(value: Any, writer: Writer) -> str:
    """The array of a file in Python, in the dtype that its numbers have as a constant.

    Args:
        value: The constant, for which `is_constant_file` holds.
        writer: Writes the path.

    Raises:
        NeedsFlatCode: If the path is computed.
    """
    file = value.file if isinstance(value, ConstantFile) else value["file"]
    if isinstance(file, Uncomputed):
        raise NeedsFlatCode("a file whose name is the parameter of a block")
    suffix = PurePath(file).suffix
    with writer.spec.paths.open(file) as stream:
        content = stream.read()
    numbers = read_array(io.BytesIO(content), suffix)
    dtype = text(list_dtype(numbers))
    if suffix == ".npy":
        return f"np.load({writer.file_path(file)}).astype({dtype})"
    arguments = _of_loadtxt(content, numbers)
    if arguments is None:
        return f"np.array({literal(numbers)}, dtype={dtype})"
    return f"np.loadtxt({', '.join([writer.file_path(file), *arguments])}).astype({dtype})"


def _of_loadtxt(content: bytes, numbers: list[Any]) -> list[str] | None:
    """The arguments with which `np.loadtxt` reads these numbers; None if it reads others, or none.

    Args:
        content: What is in the file.
        numbers: Its numbers, as kspec reads them.
    """
    ndmin: Literal[1, 2] = 2 if isinstance(numbers[0], list) else 1
    for delimiter in (None, ",", ";"):
        try:
            array = np.loadtxt(io.StringIO(content.decode()), comments=None, delimiter=delimiter, ndmin=ndmin)
        except ValueError:
            continue
        if array.tolist() == numbers:
            own = [] if delimiter is None else [f"delimiter={text(delimiter)}"]
            return ["comments=None", *own, f"ndmin={ndmin}"]
    return None
