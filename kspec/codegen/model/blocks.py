"""The blocks of a spec, with what their uses need to know of them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain

from kspec.codegen.model.arguments import NeedsFlatCode
from kspec.codegen.model.entries import SpecEntry, read_entries
from kspec.codegen.model.names import Allocator, identifier
from kspec.expand.templates import Template
from kspec.language.spec import models_in


@dataclass(slots=True)
class Block:
    """A block and the function that it becomes.

    Args:
        template: The block as the spec has it.
        entries: Its entries.
        function: The name of its function.
        parameters: Parameter → its name in Python.
        returns: The nodes that its function returns: its outputs, then other nodes that are referenced from outside.
        trainable: Whether the function takes `trainable`, because a use freezes the block.
    """

    template: Template
    entries: list[SpecEntry]
    function: str
    parameters: dict[str, str] = field(default_factory=dict)
    returns: list[str] = field(default_factory=list)
    trainable: bool = False

    @property
    def required(self) -> tuple[str, ...]:
        return self.template.required


def make_block(template: Template, function: str) -> Block:
    """A block whose uses are not known yet."""
    entries = read_entries(template.layers, ("blocks", template.name, "layers"), template.inputs)
    if any(entry.kind == "model" or any(models_in(entry.arguments)) for entry in entries):
        raise NeedsFlatCode("a sub-model that is called in a block")
    outputs = list(template.outputs or (entries[-1].name,))
    allocator = Allocator()
    parameters = {name: allocator.take(identifier(name)) for name in template.params}
    return Block(template, entries, function, parameters, outputs)


def collect_exposed_nodes(blocks: Mapping[str, Block], entries: Sequence[SpecEntry], outputs: Sequence[str]) -> None:
    """Adds to each block's returns the inner nodes that are referenced from outside, such as `level_2/gated`.

    Args:
        blocks: All blocks by name.
        entries: The entries of a network.
        outputs: Its outputs.
    """
    references = [(entries, name) for name in outputs]
    for scope in (entries, *(block.entries for block in blocks.values())):
        references += [(scope, name) for entry in scope for name in (*entry.references(), *entry.shape_sources())]
    while references:
        scope, name = references.pop()
        use, slash, inner = name.partition("/")
        if not slash:
            continue
        entry = next((entry for entry in scope if re.fullmatch(rf"{re.escape(entry.name)}(_\d+)?", use)), None)
        if entry is None or entry.kind != "block" or entry.head not in blocks:
            continue
        block = blocks[entry.head]
        if inner not in block.returns:
            block.returns.append(inner)
            references.append((block.entries, inner))


def mark_frozen(blocks: Mapping[str, Block], entries: Sequence[SpecEntry]) -> None:
    """Marks the blocks that a use freezes, and the blocks used inside them."""
    uses = [
        entry
        for entry in chain(entries, *(block.entries for block in blocks.values()))
        if entry.kind == "block" and "trainable" in entry.options
    ]
    while uses:
        block = blocks[uses.pop().head]
        if not block.trainable:
            block.trainable = True
            uses += [entry for entry in block.entries if entry.kind == "block"]
