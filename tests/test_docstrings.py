"""Public functions and methods with three or more parameters document each parameter, in Google style."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import NamedTuple

from tests.support.package_source import ROOM, trees

MIN_PARAMETERS = 3


class Function(NamedTuple):
    """A function of a module, or a method of one of its classes."""

    file: str
    name: str
    parameters: tuple[str, ...]
    docstring: str


def functions() -> Iterator[Function]:
    """The public functions and methods of the package, without nested functions."""
    for path, tree in trees().items():
        yield from functions_in(path.relative_to(ROOM.parent).as_posix(), tree.body)


def functions_in(file: str, body: list[ast.stmt], owner: str = "") -> Iterator[Function]:
    """Those of a module or of a class, whose name and a dot are `owner`."""
    for node in body:
        if isinstance(node, ast.ClassDef):
            yield from functions_in(file, node.body, f"{node.name}.")
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and not node.name.startswith("_"):
            yield Function(file, owner + node.name, tuple(parameters(node)), ast.get_docstring(node) or "")


def parameters(function: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[str]:
    """The parameters of a function, without `self` and `cls`."""
    spec = function.args
    starred = [argument for argument in (spec.vararg, spec.kwarg) if argument is not None]
    for argument in (*spec.posonlyargs, *spec.args, *spec.kwonlyargs, *starred):
        if argument.arg not in ("self", "cls"):
            yield argument.arg


def undocumented(function: Function) -> list[str]:
    """The parameters without an entry in `Args:`."""
    section = re.search(r"^Args:\n((?: .*\n?|\n)*)", function.docstring, re.MULTILINE)
    entries = re.findall(r"^ {4}(\w+): \S", section[1] if section else "", re.MULTILINE)
    return [name for name in function.parameters if name not in entries]


def is_command(function: Function) -> bool:
    """Whether it is the function of a command, whose parameters are documented by the help of its options."""
    return function.file.startswith("kspec/cli/") and function.name == "command"


def refers_to_documented_method(function: Function, others: list[Function]) -> bool:
    """Whether it implements a method of a protocol or base class and refers to it: ``See `Base.method`.``"""
    reference = re.search(r"See `(\w+\.\w+)`\.", function.docstring)
    return reference is not None and any(
        base.name == reference[1] and base.parameters == function.parameters and not undocumented(base)
        for base in others
    )


def test_every_parameter_is_documented() -> None:
    every = list(functions())
    missing = [
        f"{function.file}: {function.name}: no entry in `Args:` for {', '.join(names)}"
        for function in every
        if len(function.parameters) >= MIN_PARAMETERS
        and (names := undocumented(function))
        and not is_command(function)
        and not refers_to_documented_method(function, every)
    ]
    assert missing == []


def test_a_parameter_without_an_entry_is_noticed() -> None:
    source = 'def scale(x, by, *, axis):\n    """Scales.\n\n    Args:\n        x: The array.\n        axis: Its axis.\n    """\n'
    (function,) = functions_in("example.py", ast.parse(source).body)
    assert undocumented(function) == ["by"]
