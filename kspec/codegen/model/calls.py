"""Tensors → the arguments of a call, as the callee takes them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from kspec.catalog import Entry, Tensor, types
from kspec.codegen.model.arguments import NeedsFlatCode, Writer, shortened
from kspec.codegen.model.constant_files import constant_file_code, is_constant_file
from kspec.codegen.model.entries import SpecEntry
from kspec.codegen.text.literals import keyword_arguments, literal, text
from kspec.ir import call_inputs
from kspec.ir.list_dtype import list_dtype
from kspec.ir.slices import parse_slices
from kspec.syntax.deferred import Uncomputed
from kspec.syntax.evaluation import with_numbers

Pieces = list[str]
"""Tensors in Python; `*codes` stands for all tensors of a list."""
Feeds = dict[str, Pieces]
"""Argument → its tensors."""


def as_list(pieces: Pieces) -> str:
    """Tensors as one list argument."""
    if len(pieces) == 1 and pieces[0].startswith("*"):
        return pieces[0][1:]
    return f"[{', '.join(_with_slices(pieces))}]"


def only(pieces: Pieces) -> str:
    """The single tensor of a list of pieces."""
    if len(pieces) != 1 or pieces[0].startswith("*"):
        raise NeedsFlatCode("several tensors where a call takes one")
    return pieces[0]


def _with_slices(pieces: Pieces) -> Pieces:
    """Three or more neighbours in one list, `levels[0], levels[1], levels[2]`, as a slice of it."""
    result: Pieces = []
    start = 0
    while start < len(pieces):
        name, bracket, number = pieces[start].partition("[")
        end = start
        if bracket and number[:-1].isdigit():
            first = int(number[:-1])
            while end < len(pieces) and pieces[end] == f"{name}[{first + end - start}]":
                end += 1
            if end - start > 2:
                result.append(f"*{name}[{first or ''}:{first + end - start}]")
                start = end
                continue
        result.append(pieces[start])
        start += 1
    return result


def spread(entry: SpecEntry, tensors: Pieces, signature: Sequence[Tensor] | None) -> Feeds:
    """The tensors of a `from` without argument names, by argument name.

    Args:
        entry: The entry in the spec; its constant arguments take no tensor.
        tensors: The tensors, as Python expressions.
        signature: The tensor parameters of the callee; None if unknown.

    Returns:
        Argument name → Python expressions.
    """
    inputs, _ = call_inputs.spread(tensors, signature, entry.options.get("call") or ())
    return inputs


def call_layer(
    callee: str, entry: SpecEntry, feeds: Feeds, definition: Entry | None, writer: Writer, names: Mapping[str, str]
) -> str:
    """The call of a layer.

    Args:
        callee: The layer in Python.
        entry: The call.
        feeds: Argument → its tensors.
        definition: The layer's entry in the catalog; None for a class outside Keras.
        writer: Writes the other arguments.
        names: What expressions may use: variable → Python name.
    """
    forms = {tensor.name: tensor.form for tensor in definition.tensors} if definition else {}
    arguments = []
    for i, (name, pieces) in enumerate(feeds.items()):
        single = forms.get(name, "one" if len(pieces) == 1 else "list") == "one"
        code = only(pieces) if single else as_list(pieces)
        arguments += [code] if i == 0 else keyword_arguments([(name, code)])
    return f"{callee}({', '.join([*arguments, *_constants(entry, definition, writer, names)])})"


def call_op(entry: SpecEntry, feeds: Feeds, definition: Entry, writer: Writer, names: Mapping[str, str]) -> str:
    """The call of a function of `keras.ops`; `get_item` as square brackets.

    Args:
        entry: The call.
        feeds: Argument → its tensors.
        definition: The function's entry in the catalog.
        writer: Writes the other arguments.
        names: What expressions may use: variable → Python name.
    """
    constants = entry.options.get("call") or {}
    if entry.head == "get_item" and isinstance(constants.get("key"), (str, int)):
        if isinstance(constants["key"], Uncomputed):
            raise NeedsFlatCode("an index that is computed")
        return f"{only(next(iter(feeds.values())))}[{_index(parse_slices(constants['key']))}]"
    variadic = next((tensor.name for tensor in definition.tensors if tensor.form == "spread"), None)
    arguments = []
    if variadic is not None:
        leading = [name for name, constant in definition.constants.items() if constant.required and name in constants]
        kinds = {name: types.parse(definition.constants[name].type) for name in leading}
        path = (*entry.path, "call")
        arguments = [writer.value(constants[name], kinds[name], (*path, name), names) for name in leading]
        arguments += feeds.get(variadic, [])
        entry = entry.without("call", call={k: v for k, v in constants.items() if k not in leading})
    else:
        forms = {tensor.name: tensor.form for tensor in definition.tensors}
        in_order = [tensor.name for tensor in definition.tensors][: len(feeds)] == list(feeds)
        for i, (name, pieces) in enumerate(feeds.items()):
            code = only(pieces) if forms[name] == "one" else as_list(pieces)
            first = i == 0 and next(iter(forms)) == name
            arguments.append(code if first or (in_order and name.startswith("x")) else f"{name}={code}")
    return f"{shortened(definition.path)}({', '.join([*arguments, *_constants(entry, definition, writer, names)])})"


def _index(key: Any) -> str:
    """What stands in square brackets for an index, a slice, or a tuple of them."""
    if isinstance(key, tuple):
        return ", ".join(map(_index, key)) + ("," if len(key) == 1 else "")
    if key is ...:
        return "..."
    if not isinstance(key, slice):
        return literal(key)
    start, stop, step = ("" if part is None else literal(part) for part in (key.start, key.stop, key.step))
    return f"{start}:{stop}" + (f":{step}" if step else "")


def _constants(entry: SpecEntry, definition: Entry | None, writer: Writer, names: Mapping[str, str]) -> list[str]:
    """The call's arguments that are no tensors."""
    path = (*entry.path, "call")
    arguments = []
    for name, value in (entry.options.get("call") or {}).items():
        notation = definition.constants[name].type if definition and name in definition.constants else "any"
        if is_constant_file(value):
            arguments += keyword_arguments([(name, constant_file_code(value, writer))])
            continue
        code = writer.value(value, types.parse(notation), (*path, name), names)
        if isinstance(value, list) and notation.startswith("array"):
            code = f"np.array({code}, dtype={text(_dtype(value))})"
        arguments += keyword_arguments([(name, code)])
    return arguments


def _dtype(value: Any) -> str:
    """The dtype of a list of numbers, as `kspec build` has it; whether sizes in it are integers depends on no size.

    Raises:
        NeedsFlatCode: If it holds a parameter of a block.
    """
    if any(isinstance(part, Uncomputed) for part in _parts(value)):
        raise NeedsFlatCode("a list that holds a parameter of a block")
    return list_dtype(with_numbers(value, lambda _: 1009))


def _parts(value: Any) -> Iterator[Any]:
    """What nested lists hold."""
    if isinstance(value, list):
        for part in value:
            yield from _parts(part)
    else:
        yield value
