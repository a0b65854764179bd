"""Maps the operations in a model's configuration to ops, with their arguments.

A configuration names neither ops nor their arguments: `ops.mean(x, axis=1)` is an operation `Mean` with the setting
`axis`, called with `x`. The mapping is read from one line of each op's source, `Mean(axis=axis).symbolic_call(x)` or
`Mean(axis)(x)`.
"""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Callable, Iterator
from typing import Any

from keras.src.ops.operation import Operation

from kspec.catalog.generator.discovery import walk

Raw = dict[str, Any]


def operations() -> dict[str, Raw]:
    """The op of each operation and the origin of its arguments, by the operation's module and class."""
    candidates: dict[str, list[Raw]] = {}
    for op in walk("op"):
        for name, raw in _operations_in(op.target):
            candidates.setdefault(name, []).append({"op": op.name, **raw})
    return {name: min(same, key=lambda raw: _distance(name, raw["op"])) for name, same in sorted(candidates.items())}


def _distance(operation: str, op: str) -> tuple[bool, str]:
    """How different the names of an operation and an op are: `Mean` and `mean` are the same."""
    return operation.rpartition(".")[2].lower() != op.rpartition(".")[2].replace("_", ""), op


def _operations_in(function: Callable[..., Any]) -> Iterator[tuple[str, Raw]]:
    """The operations that a function creates."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    parameters = set(inspect.signature(function).parameters)
    for call in ast.walk(tree):
        if not isinstance(call, ast.Call):
            continue
        is_symbolic = isinstance(call.func, ast.Attribute) and call.func.attr == "symbolic_call"
        creation = call.func.value if is_symbolic and isinstance(call.func, ast.Attribute) else call.func
        if not (isinstance(creation, ast.Call) and isinstance(creation.func, ast.Name)):
            continue
        class_ = inspect.unwrap(function).__globals__.get(creation.func.id)
        if inspect.isclass(class_) and issubclass(class_, Operation):
            module = class_.__module__.rpartition(".")[2]
            yield f"{module}.{class_.__name__}", _arguments(class_, creation, call, parameters)


def _arguments(class_: type[Operation], creation: ast.Call, call: ast.Call, known: set[str]) -> Raw:
    """Setting → argument of the op; then the arguments of the call, by position and by name."""
    names = list(inspect.signature(class_.__init__).parameters)[1:]  # a class's own varies: Operation has a `__new__`
    settings = {name: _argument_name(value, known) for name, value in zip(names, creation.args, strict=False)}
    settings |= {str(keyword.arg): _argument_name(keyword.value, known) for keyword in creation.keywords}
    raw: Raw = {"settings": {name: argument for name, argument in settings.items() if argument}}
    raw["call"] = [_argument_name(value, known) for value in call.args]
    raw["keywords"] = {str(keyword.arg): _argument_name(keyword.value, known) for keyword in call.keywords}
    return {key: value for key, value in raw.items() if value}


def _argument_name(value: ast.expr, known: set[str]) -> str:
    """The op's argument that an expression is; empty for anything else; `*operands` for all that remain."""
    if isinstance(value, ast.Starred):
        return f"*{_argument_name(value.value, known)}"
    return value.id if isinstance(value, ast.Name) and value.id in known else ""
