"""Constants of calls that stand in a file: `call: {x2: {file: table.npy}}`."""

from __future__ import annotations

from pathlib import PurePath
from typing import Any

from kspec.diagnostics import Path, Report, codes
from kspec.ir.node import Node
from kspec.language import Spec
from kspec.syntax.numpy_files import SUFFIXES, InvalidArray, read_array
from kspec.syntax.path_policy import PathProblem


class ConstantFile(list[Any]):
    """The numbers of a file as nested lists.

    Args:
        file: The path in the spec.
        numbers: The numbers.
    """

    def __init__(self, file: str, numbers: list[Any]) -> None:
        super().__init__(numbers)
        self.file = file


def read_constant_files(node: Node, spec: Spec, report: Report) -> None:
    """Replaces the constants of a call that name a file by the file's numbers.

    Args:
        node: The node; faulty after an error.
        spec: The spec, whose path policy holds.
        report: Receives what is wrong with a file.
    """
    for name, value in node.constants.items():
        constant = node.catalog.constants.get(name) if node.catalog is not None else None
        if not isinstance(value, dict) or list(value) != ["file"] or not isinstance(value["file"], str):
            continue
        if constant is None or "array" not in constant.type:
            continue  # reported with the arguments
        numbers = _numbers(value["file"], (*node.path, "call", name, "file"), spec, report)
        if numbers is None:
            node.faulty = True
        else:
            node.constants[name] = ConstantFile(value["file"], numbers)


def _numbers(file: str, path: Path, spec: Spec, report: Report) -> list[Any] | None:
    place = spec.positions.value(path)
    problem = spec.paths.file_problem(file, suffixes=SUFFIXES)
    if problem is not None:
        problem.report(report, place)
        return None
    if not file.endswith(SUFFIXES):
        help = f"constants are read from {', '.join(f'`{suffix}`' for suffix in SUFFIXES)}"
        report.error(codes.INVALID_VALUE, f"`{file}` is no file of numbers", place, help=help)
        return None
    try:
        with spec.paths.open(file) as stream:
            return read_array(stream, PurePath(file).suffix)
    except OSError as error:
        PathProblem.of(error, file).report(report, place)
        return None
    except InvalidArray as error:
        report.error(codes.MALFORMED_DATA_FILE, f"`{file}` is no array: {error}", place)
        return None
