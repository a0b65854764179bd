"""Chains of one form → their block: its entries, its parameters, and the arguments of each use."""

from __future__ import annotations

import re
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from kspec import catalog
from kspec.importer.entries import Item, Source, write_entry
from kspec.syntax.names import NAME, snake_case

_SHORT = {
    "Conv2D": "conv",
    "Conv1D": "conv",
    "DepthwiseConv2D": "depthwise",
    "SeparableConv2D": "separable",
    "BatchNormalization": "bn",
    "LayerNormalization": "norm",
    "Add": "residual",
    "Concatenate": "concat",
    "Multiply": "gate",
    "ZeroPadding2D": "pad",
    "MultiHeadAttention": "attention",
}
_NAMING_HEADS = ("Concatenate", "Add", "Multiply")
"""Heads that name the block, wherever they are in a chain."""
_WORTH_A_NAME = 3

Place = tuple[int, str, str]
"""The position in a chain; `arguments`, `call` or `words`; and the argument."""
_SIZES = {"filters", "units", "projection_dim", "groups"}
"""Arguments that may share a parameter, because they are sizes of one kind."""
MISSING: Any = object()


@dataclass(slots=True)
class Parameter:
    """A difference between chains of one form.

    Args:
        name: The name of the parameter.
        places: Where it is used, with its factor there.
        values: Its value in each chain.
        default: The default value; MISSING if there is none.
    """

    name: str
    places: dict[Place, int]
    values: list[Any]
    default: Any = MISSING


@dataclass(slots=True)
class Form:
    """Chains of one form, and their start positions."""

    starts: list[int]
    length: int
    chains: list[list[Item]]
    parameters: list[Parameter]

    def arguments(self, chain: list[Item]) -> dict[str, Any]:
        """The block arguments for a chain."""
        number = self.chains.index(chain)
        return {
            parameter.name: parameter.values[number]
            for parameter in self.parameters
            if parameter.default is MISSING or not _same(parameter.values[number], parameter.default)
        }

    def outer(self, chain: list[Item]) -> list[Source]:
        """The sources of a chain outside itself, in order of first use."""
        inside = {item.number for item in chain}
        sources = (source for item in chain for source in item.sources.values())
        return list(dict.fromkeys(source for source in sources if source.item not in inside))


def parameters_of(chains: Sequence[list[Item]]) -> list[Parameter] | None:
    """The differences between chains; None if one cannot be a block parameter."""
    parameters: list[Parameter] = []
    for position, items in enumerate(zip(*chains, strict=True)):
        for kind in ("arguments", "call", "words"):
            groups = [{"repeat": item.count} if kind == "words" else getattr(item, kind) for item in items]
            for argument in dict.fromkeys(name for group in groups for name in group):
                values = [group.get(argument, MISSING) for group in groups]
                default = MISSING
                if any(value is MISSING for value in values):
                    default = _default(items[0], kind, argument)
                    if default is MISSING:
                        return None
                    values = [default if value is MISSING else value for value in values]
                if not all(_same(value, values[0]) for value in values):
                    _add(parameters, Parameter(argument, {(position, kind, argument): 1}, values, default))
    _give_names(parameters)
    return parameters


def _default(item: Item, kind: str, argument: str) -> Any:
    """The default of an argument, as written in a spec."""
    if item.head in ("block", "model", "reuse"):
        return MISSING
    entry = catalog.find("op" if item.head == "op" else "layer", item.callee or item.head)
    known = (entry.parameters if kind == "arguments" else entry.constants) if entry is not None else {}
    parameter = known.get(argument)
    if parameter is None or parameter.required:
        return MISSING
    value = parameter.default
    alike = isinstance(value, list) and value and all(part == value[0] for part in value)
    return value[0] if isinstance(value, list) and alike and not isinstance(value[0], list) else value


def _add(parameters: list[Parameter], new: Parameter) -> None:
    """Add a difference: one that always equals another, or a multiple of it, shares its parameter."""
    for known in parameters:
        (place,) = new.places
        if known.name != new.name and not {known.name, new.name} <= _SIZES:
            continue
        fits = known.default is MISSING or new.default is MISSING or _same(known.default, new.default)
        if fits and all(map(_same, known.values, new.values)):
            known.places |= new.places
            return
        factor = _factor(known, new)
        if factor:
            known.places[place] = factor
            return
    parameters.append(new)


def _factor(known: Parameter, new: Parameter) -> int:
    """The factor between two parameters; 0 if there is none."""
    pairs = list(zip(known.values, new.values, strict=True))
    if new.default is not MISSING or known.default is not MISSING:
        return 0
    if not all(type(a) is int and type(b) is int and a > 0 for a, b in pairs):
        return 0
    factor, rest = divmod(pairs[0][1], pairs[0][0])
    return factor if factor > 1 and not rest and all(a * factor == b for a, b in pairs) else 0


def _same(a: Any, b: Any) -> bool:
    return type(a) is type(b) and a == b


def _give_names(parameters: list[Parameter]) -> None:
    taken: set[str] = {"index"}
    for parameter in parameters:
        name, count = parameter.name, 1
        while name in taken:
            count += 1
            name = f"{parameter.name}_{count}"
        parameter.name = name
        taken.add(name)


def block_of(
    form: Form, blocks: Mapping[str, Any], names: Mapping[int, str], models: Mapping[str, Any]
) -> tuple[str, dict[str, Any], list[str]]:
    """Write the block of a form.

    Args:
        form: The form.
        blocks: The blocks so far.
        names: The names of all items, by number.
        models: The document's sub-models.

    Returns:
        The block's name, the block, and the names of its inputs.
    """
    chain = form.chains[0]
    outer = form.outer(chain)
    slots = ["in"] if len(outer) == 1 else ["a", "b", "c"][: len(outer)]
    called: dict[Source, str] = dict(zip(outer, slots, strict=True))
    before = outer[0] if len(outer) == 1 else None
    entries: list[Any] = []
    inner = _inner_names(form, names, {*slots, *(parameter.name for parameter in form.parameters)})
    wanted: set[int] = set()

    def reference(source: Source) -> str:
        if source in called:
            return called[source]
        assert isinstance(source.item, int)
        wanted.add(source.item)
        return inner[source.item]

    for attempt in (1, 2):  # the first attempt collects the referenced names
        last = before
        entries = []
        for position, item in enumerate(chain):
            name = inner[item.number] if attempt == 2 and item.number in wanted else ""
            entries.append(write_entry(_with_parameters(item, position, form), last, reference, name, models))
            last = Source(item.number)
    block: dict[str, Any] = {}
    if form.parameters:
        block["params"] = [_declared(parameter) for parameter in form.parameters]
    if len(slots) > 1:
        block["inputs"] = slots
    block["layers"] = entries
    return _block_name(chain, blocks), block, slots


def _declared(parameter: Parameter) -> Any:
    return parameter.name if parameter.default is MISSING else {parameter.name: parameter.default}


def _with_parameters(item: Item, position: int, form: Form) -> Item:
    """An entry of a chain with the block's parameters in place."""
    arguments, call, words = dict(item.arguments), dict(item.call), {"repeat": item.count}
    groups = {"arguments": arguments, "call": call, "words": words}
    for parameter in form.parameters:
        for (place, kind, argument), factor in parameter.places.items():
            if place == position:
                text = f"${parameter.name}" if factor == 1 else f"${{{factor} * {parameter.name}}}"
                groups[kind][argument] = text
    return replace(item, arguments=arguments, call=call, name="", count=words["repeat"])


def _inner_names(form: Form, names: Mapping[int, str], taken: set[str]) -> dict[int, str]:
    """The names of the block's entries: the common endings of their names in all chains."""
    found: dict[int, str] = {}
    for position, item in enumerate(form.chains[0]):
        in_chains = [names.get(chain[position].number, "") for chain in form.chains]
        name = _common_end(in_chains) or snake_case(item.callee or item.head)
        count, free = 1, name
        while free in taken:
            count += 1
            free = f"{name}_{count}"
        taken.add(free)
        found[item.number] = free
    return found


def _common_end(names: Sequence[str]) -> str:
    """The common ending of names, without leading numbers.

    >>> _common_end(["conv2_block1_0_bn", "conv3_block1_0_bn"])
    'block1_0_bn'
    """
    words = [name.split("_") for name in names]
    end: list[str] = []
    for parts in zip(*(reversed(each) for each in words), strict=False):
        if len(set(parts)) > 1:
            break
        end.insert(0, parts[0])
    while end and not re.match("[A-Za-z]", end[0]):
        end.pop(0)
    name = "_".join(end)
    return name if NAME.fullmatch(name) else ""


def _block_name(chain: Sequence[Item], taken: Mapping[str, Any]) -> str:
    if any(item.head == "block" for item in chain):
        return _free("stage", taken)
    naming = [head for head in _NAMING_HEADS if any(item.head == head for item in chain)]
    if naming:
        name = _SHORT[naming[0]]
    elif any(item.head == "op" and item.callee == "add" for item in chain):
        name = "residual"
    elif len(chain) <= _WORTH_A_NAME:
        name = "_".join(_word(item) for item in chain)
    else:
        name = f"{_word(chain[0])}_to_{_word(chain[-1])}"
    return _free(name, taken)


def _free(name: str, taken: Container[str]) -> str:
    count, free = 1, name
    while free in taken:
        count += 1
        free = f"{name}_{count}"
    return free


def _word(item: Item) -> str:
    if item.head == "Activation" and isinstance(item.arguments.get("activation"), str):
        text = item.arguments["activation"]
        return text if NAME.fullmatch(text) else "activation"
    return _SHORT.get(item.head, snake_case(item.callee or item.head))
