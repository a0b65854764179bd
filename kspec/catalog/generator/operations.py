"""Which operation of Keras's stands in a model's configuration for a call of which op, and how their arguments go.

A configuration names neither ops nor their arguments: `ops.mean(x, axis=1)` is an operation `Mean` with the setting
`axis`, called with `x`. Keras's functions say so in one line, `Mean(axis=axis).symbolic_call(x)` or `Mean(axis)(x)`,
which is read here.
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
    """By the operation's class and the last word of its module: the op, and where its arguments come from."""
    found: dict[str, list[Raw]] = {}
    for op in walk("op"):
        for name, raw in _made_by(op.target):
            found.setdefault(name, []).append({"op": op.name, **raw})
    return {name: min(same, key=lambda raw: _distance(name, raw["op"])) for name, same in sorted(found.items())}


def _distance(operation: str, op: str) -> tuple[bool, str]:
    """How far an op is from being called as the operation: `Mean`, `mean`."""
    return operation.rpartition(".")[2].lower() != op.rpartition(".")[2].replace("_", ""), op


def _made_by(function: Callable[..., Any]) -> Iterator[tuple[str, Raw]]:
    """The operations that a function makes of symbols."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    parameters = set(inspect.signature(function).parameters)
    for call in ast.walk(tree):
        if not isinstance(call, ast.Call):
            continue
        is_symbolic = isinstance(call.func, ast.Attribute) and call.func.attr == "symbolic_call"
        made = call.func.value if is_symbolic and isinstance(call.func, ast.Attribute) else call.func
        if not (isinstance(made, ast.Call) and isinstance(made.func, ast.Name)):
            continue
        class_ = inspect.unwrap(function).__globals__.get(made.func.id)
        if inspect.isclass(class_) and issubclass(class_, Operation):
            module = class_.__module__.rpartition(".")[2]
            yield f"{module}.{class_.__name__}", _arguments(class_, made, call, parameters)


def _arguments(class_: type[Operation], made: ast.Call, call: ast.Call, known: set[str]) -> Raw:
    """Setting → argument of the op; then those of the call, in order and by name."""
    names = list(inspect.signature(class_.__init__).parameters)[1:]  # a class's own varies: Operation has a `__new__`
    settings = {name: _cited(value, known) for name, value in zip(names, made.args, strict=False)}
    settings |= {str(keyword.arg): _cited(keyword.value, known) for keyword in made.keywords}
    raw: Raw = {"settings": {name: cited for name, cited in settings.items() if cited}}
    raw["call"] = [_cited(value, known) for value in call.args]
    raw["keywords"] = {str(keyword.arg): _cited(keyword.value, known) for keyword in call.keywords}
    return {key: value for key, value in raw.items() if value}


def _cited(value: ast.expr, known: set[str]) -> str:
    """The op's argument that a value is; empty for anything else. `*operands` stands for all that are left."""
    if isinstance(value, ast.Starred):
        return f"*{_cited(value.value, known)}"
    return value.id if isinstance(value, ast.Name) and value.id in known else ""
