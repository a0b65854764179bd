"""Tensors → the arguments of a call, as the callee takes them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from kspec.catalog import Entry, Tensor, types
from kspec.codegen.model.arguments import NeedsFlatCode, Writer, shortened
from kspec.codegen.model.items import Item
from kspec.diagnostics import Path

Pieces = list[str]
"""Tensors as Python writes them; `*codes` stands for all of a list."""
Feeds = dict[str, Pieces]


def as_list(pieces: Pieces) -> str:
    """Tensors in one list argument."""
    if len(pieces) == 1 and pieces[0].startswith("*"):
        return pieces[0][1:]
    return f"[{', '.join(_runs(pieces))}]"


def only(pieces: Pieces) -> str:
    """The one tensor that is there."""
    if len(pieces) != 1 or pieces[0].startswith("*"):
        raise NeedsFlatCode("several tensors where one is wanted")
    return pieces[0]


def _runs(pieces: Pieces) -> Pieces:
    """Neighbours of one list, `levels[0], levels[1], levels[2]`, as a slice of it."""
    found: Pieces = []
    place = 0
    while place < len(pieces):
        name, bracket, number = pieces[place].partition("[")
        end = place
        if bracket and number[:-1].isdigit():
            first = int(number[:-1])
            while end < len(pieces) and pieces[end] == f"{name}[{first + end - place}]":
                end += 1
            if end - place > 2:
                found.append(f"*{name}[{first or ''}:{first + end - place}]")
                place = end
                continue
        found.append(pieces[place])
        place += 1
    return found


def spread(item: Item, tensors: Pieces, signature: Sequence[Tensor] | None) -> Feeds:
    """A list handed over as the callee takes it: as one list argument, or over its tensor arguments."""
    if signature is None:
        return {"inputs": tensors} if tensors else {}
    feeds: Feeds = {}
    waiting = list(tensors)
    for parameter in signature:
        if not waiting:
            break
        if parameter.name in (item.words.get("call") or {}):
            continue
        if parameter.form == "one":
            feeds[parameter.name] = [waiting.pop(0)]
        else:
            feeds[parameter.name], waiting = waiting, []
    return feeds


def call_layer(
    callee: str, item: Item, feeds: Feeds, entry: Entry | None, writer: Writer, names: Mapping[str, str]
) -> str:
    """The call of a layer."""
    forms = {tensor.name: tensor.form for tensor in entry.tensors} if entry else {}
    arguments = []
    for place, (name, pieces) in enumerate(feeds.items()):
        one = forms.get(name, "one" if len(pieces) == 1 else "list") == "one"
        made = only(pieces) if one else as_list(pieces)
        arguments.append(made if place == 0 else f"{name}={made}")
    return f"{callee}({', '.join([*arguments, *_constants(item, entry, writer, names)])})"


def call_op(item: Item, feeds: Feeds, entry: Entry, writer: Writer, names: Mapping[str, str]) -> str:
    """The call of a function of `keras.ops`; an index in square brackets."""
    constants = item.words.get("call") or {}
    if item.head == "get_item" and isinstance(constants.get("key"), (str, int)):
        parts = [part.strip() for part in str(constants["key"]).split(",")]
        return f"{only(next(iter(feeds.values())))}[{', '.join(parts).strip()}]"
    arguments = []
    spread_ = next((tensor.name for tensor in entry.tensors if tensor.form == "spread"), None)
    if spread_ is not None:
        leading = [name for name, constant in entry.constants.items() if constant.required and name in constants]
        kinds = {name: types.parse(entry.constants[name].type) for name in leading}
        path = (*item.path, "call")
        arguments = [writer.value(constants[name], kinds[name], (*path, name), names) for name in leading]
        rest = item.without("call", call={k: v for k, v in constants.items() if k not in leading})
        arguments += [*feeds.get(spread_, []), *_constants(rest, entry, writer, names)]
        return f"{shortened(entry.path)}({', '.join(arguments)})"
    forms = {tensor.name: tensor.form for tensor in entry.tensors}
    in_order = [tensor.name for tensor in entry.tensors][: len(feeds)] == list(feeds)
    for place, (name, pieces) in enumerate(feeds.items()):
        made = only(pieces) if forms[name] == "one" else as_list(pieces)
        first = place == 0 and next(iter(forms)) == name
        arguments.append(made if first or (in_order and name.startswith("x")) else f"{name}={made}")
    return f"{shortened(entry.path)}({', '.join([*arguments, *_constants(item, entry, writer, names)])})"


def _constants(item: Item, entry: Entry | None, writer: Writer, names: Mapping[str, str]) -> list[str]:
    """The call's other arguments."""
    given: dict[str, Any] = item.words.get("call") or {}
    path: Path = (*item.path, "call")
    made = []
    for name, value in given.items():
        notation = entry.constants[name].type if entry and name in entry.constants else "any"
        written = writer.value(value, types.parse(notation), (*path, name), names)
        if isinstance(value, list) and notation.startswith("array"):
            kind = "float32" if "." in written else "int32"
            written = f'np.array({written}, dtype="{kind}")'
        made.append(f"{name}={written}")
    return made
