"""Blocks → functions that build layers: a block's inputs and parameters are the function's."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from kspec.codegen.model.arguments import NeedsFlatCode
from kspec.codegen.model.body import Body
from kspec.codegen.model.calls import Pieces, only
from kspec.codegen.model.items import Item, read_items
from kspec.codegen.model.names import identifier
from kspec.codegen.model.statements import CHAIN
from kspec.expand.templates import Template
from kspec.language.spec import models_in
from kspec.syntax.deferred import Uncomputed

if TYPE_CHECKING:
    from kspec.codegen.model.network import Network


@dataclass(slots=True)
class Block:
    """A block, as its uses see it.

    Args:
        template: What is written.
        items: Its entries.
        function: What its function is called.
        parameters: Parameter → what it is called in Python.
        returns: The names of the nodes that its function gives: its outputs, then others that are looked at from
            outside.
        trainable: Whether the function is told if its layers learn.
    """

    template: Template
    items: list[Item]
    function: str
    parameters: dict[str, str] = field(default_factory=dict)
    returns: list[str] = field(default_factory=list)
    trainable: bool = False

    @property
    def required(self) -> tuple[str, ...]:
        return self.template.required


def make_block(template: Template, function: str) -> Block:
    """A block before anyone has looked at its uses."""
    items = read_items(template.layers, ("blocks", template.name, "layers"), template.inputs)
    if any(item.kind == "model" or any(models_in(item.arguments)) for item in items):
        raise NeedsFlatCode("a sub-model that is called in a block")
    outputs = list(template.outputs or (items[-1].name,))
    return Block(template, items, function, {name: identifier(name) for name in template.params}, outputs)


def collect_exposed_nodes(blocks: Mapping[str, Block], top: Sequence[Item], cited: Sequence[str]) -> None:
    """Adds to each block's returns what its uses look at inside, such as `level_2/gated`.

    Args:
        top: The entries of the network itself.
        cited: Further names of the network that are looked at.
    """
    waiting: list[tuple[Sequence[Item], str]] = [(top, name) for name in cited]
    waiting += [(top, name) for item in top for name in item.cited()]
    waiting += [(block.items, name) for block in blocks.values() for item in block.items for name in item.cited()]
    while waiting:
        items, name = waiting.pop()
        use, slash, inner = name.partition("/")
        if not slash:
            continue
        item = next((item for item in items if re.fullmatch(rf"{re.escape(item.name)}(_\d+)?", use)), None)
        if item is None or item.kind != "block" or item.head not in blocks:
            continue
        block = blocks[item.head]
        if inner not in block.returns:
            block.returns.append(inner)
            waiting.append((block.items, inner))


def find_frozen(blocks: Mapping[str, Block], top: Sequence[Item]) -> None:
    """Marks the blocks that a use freezes, and those used within such."""
    waiting = [item for items in (top, *(block.items for block in blocks.values())) for item in items
               if item.kind == "block" and "trainable" in item.words]  # fmt: skip
    while waiting:
        block = blocks[waiting.pop().head]
        if not block.trainable:
            block.trainable = True
            waiting += [item for item in block.items if item.kind == "block"]


def write_function(block: Block, network: Network) -> list[str]:
    """The function of a block."""
    template = block.template
    later = {name for item in block.items[1:] for name in item.cited()} | set(block.returns)
    inputs = {
        name: (CHAIN if name not in later else "inputs") if len(template.inputs) == 1 else identifier(name)
        for name in template.inputs
    }
    names = network.names.within(block.parameters)
    first: list[str] = []
    defaults = [_default(block, name, default, network, first) for name, default in template.params.items()
                if name not in template.required]  # fmt: skip
    required = [block.parameters[name] for name in template.required]
    more = ["*", "name", *(["trainable=True"] if block.trainable else [])]
    wanted = block.returns if template.outputs else block.returns[1:]  # the last node comes of itself
    path = ("blocks", template.name, "layers")
    body = Body(network, template.layers, path, inputs, names, wanted, trainable=block.trainable)
    last = body.write()
    given = [last if not template.outputs and place == 0 else body.value(name)
             for place, name in enumerate(block.returns)]  # fmt: skip
    head = f"def {block.function}({', '.join([*inputs.values(), *required, *defaults, *more])}):"
    return [head, *first, *ending(body.lines, given)]


def ending(lines: list[str], given: Sequence[Pieces]) -> list[str]:
    """A function's lines with its return: of the last call itself, where that is all that is given."""
    value = ", ".join(only(pieces) for pieces in given)
    start = f"    {value} = "
    if lines and lines[-1].startswith(start):
        return [*lines[:-1], f"    return {lines[-1].removeprefix(start)}"]
    return [*lines, f"    return {value}"]


def _default(block: Block, name: str, default: Any, network: Network, first: list[str]) -> str:
    """A parameter with its default; one that depends on other parameters is computed in the function."""
    called = block.parameters[name]
    if not isinstance(default, Uncomputed):
        return f"{called}={network.writer.plain(default, (), network.names)}"
    try:
        return f"{called}={network.writer.said(default, (), network.names)}"
    except KeyError:
        said = network.writer.said(default, (), network.names.within(block.parameters))
        first += [f"    if {called} is None:", f"        {called} = {said}"]
        return f"{called}=None"
