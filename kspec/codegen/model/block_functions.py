"""Blocks → the functions that build their layers: a block's inputs and parameters are the function's."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from kspec.codegen.model.arguments import NeedsFlatCode
from kspec.codegen.model.blocks import Block
from kspec.codegen.model.body import Body
from kspec.codegen.model.calls import Pieces, only
from kspec.codegen.model.context import ModelContext
from kspec.codegen.model.names import Allocator, identifier
from kspec.codegen.model.statements import CHAIN
from kspec.syntax.deferred import Uncomputed
from kspec.syntax.expressions import sizes_in_text
from kspec.syntax.sizes import has_sizes


def write_function(block: Block, context: ModelContext) -> list[str]:
    """The lines of a block's function."""
    template = block.template
    later = {name for entry in block.entries[1:] for name in (*entry.references(), *entry.shape_sources())}
    later |= set(block.returns)
    allocator = Allocator(*block.parameters.values())
    inputs = {
        name: (CHAIN if name not in later else "inputs") if len(template.inputs) == 1 else identifier(name)
        for name in template.inputs
    }
    inputs = {name: allocator.take(wish) for name, wish in inputs.items()}
    names = context.names.within(block.parameters)
    computed: list[str] = []
    optional = {name: default for name, default in template.params.items() if name not in template.required}
    defaults = [_default(block, name, default, context, computed) for name, default in optional.items()]
    required = [block.parameters[name] for name in template.required]
    keywords = ["*", "name", *(["trainable=True"] if block.trainable else [])]
    exposed = block.returns if template.outputs else block.returns[1:]  # the last node needs no variable
    path = ("blocks", template.name, "layers")
    body = Body(context, template.layers, path, inputs, names, exposed, trainable=block.trainable)
    last = body.write()
    returned = [last if not template.outputs and i == 0 else body.value(name) for i, name in enumerate(block.returns)]
    head = f"def {block.function}({', '.join([*inputs.values(), *required, *defaults, *keywords])}):"
    return [head, *computed, *_with_return(body.lines, returned)]


def _with_return(lines: list[str], returned: Sequence[Pieces]) -> list[str]:
    """A function's lines with its return statement; a last call that is all it returns becomes that statement."""
    value = ", ".join(only(pieces) for pieces in returned)
    start = f"    {value} = "
    if lines and lines[-1].startswith(start):
        return [*lines[:-1], f"    return {lines[-1].removeprefix(start)}"]
    return [*lines, f"    return {value}"]


def _default(block: Block, name: str, default: Any, context: ModelContext, computed: list[str]) -> str:
    """A parameter with its default.

    Args:
        block: The block.
        name: The parameter's name in the spec.
        default: Its default in the spec.
        context: Writes expressions.
        computed: Gets the lines that compute a default which depends on other parameters.
    """
    parameter = block.parameters[name]
    if has_sizes(default) or (isinstance(default, Uncomputed) and sizes_in_text(default)):
        raise NeedsFlatCode("a parameter whose default depends on the size of a node")
    if not isinstance(default, Uncomputed):
        return f"{parameter}={context.writer.plain(default, (), context.names)}"
    try:
        return f"{parameter}={context.writer.source_expression(default, (), context.names)}"
    except KeyError:
        value = context.writer.source_expression(default, (), context.names.within(block.parameters))
        computed += [f"    if {parameter} is None:", f"        {parameter} = {value}"]
        return f"{parameter}=None"
