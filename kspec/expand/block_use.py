"""Checks the use of a block against its definition: arguments, inputs and outputs."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from kspec.diagnostics import Path, Span, codes, did_you_mean
from kspec.diagnostics.budget import EDGES, spend
from kspec.diagnostics.suggest import available
from kspec.expand.block_arguments import parameter_of
from kspec.expand.emit import Emitter
from kspec.expand.frame import Item, as_mapping, strings, with_uses, with_variables
from kspec.expand.templates import Template, read_template
from kspec.expand.variables import compute
from kspec.syntax.deferred import is_failed

MAX_DEPTH = 32
"""The most levels of blocks within blocks."""
_KEYS = ("block", "name", "from", "as", "with", "trainable")
"""The keys of a use, without those that expansion has handled by then."""


def find_template(emitter: Emitter, item: Item) -> Template | None:
    """The definition of the block that an entry uses; None if there is none, which is reported."""
    entry, frame = item.entry, item.frame
    name = emitter.compute(entry["block"], frame, "block")
    if is_failed(name):
        return None
    if not isinstance(name, str):
        emitter.error(codes.MALFORMED_ENTRY, "`block` must be the name of a block", frame, "block",
                      help=available("blocks", emitter.blocks) or "define one under `blocks:`")  # fmt: skip
        return None
    if name not in emitter.blocks:
        emitter.error(codes.UNKNOWN_BLOCK, f"unknown block `{name}`", frame, "block",
                      label=did_you_mean(name, emitter.blocks),
                      help=available("blocks", emitter.blocks) or "define it under `blocks:`")  # fmt: skip
        return None
    if name in frame.blocks or len(frame.blocks) >= MAX_DEPTH:
        cycle = " → ".join(f"`{block}`" for block in (*frame.blocks, name))
        emitter.error(codes.RECURSIVE_BLOCK, f"the block `{name}` uses itself", frame, "block", help=f"cycle: {cycle}")
        return None
    template = read_template(name, emitter.blocks[name])
    extra = [key for key in entry if key not in _KEYS]
    for key in extra:
        is_parameter = template is not None and key in template.params
        emitter.error(codes.MALFORMED_ENTRY, f"`{key}` cannot be combined with `block`", frame, key, key=True,
                      help=f"it is a parameter of the block: write `with: {{{key}: ...}}`" if is_parameter else
                      "allowed keys: block, name, from, as, with, trainable, repeat, each, when")  # fmt: skip
    emitter.result.used_blocks.add(name)
    return None if extra else template


def block_variables(emitter: Emitter, template: Template, item: Item) -> Mapping[str, Any] | None:
    """The values that a block's expressions can use: variables and parameters.

    Args:
        emitter: Computes the values, and reports the errors.
        template: The block.
        item: The entry that uses it.

    Returns:
        Name → value; None after a reported error.
    """
    frame = item.frame
    arguments = item.entry.get("with")
    arguments = {} if arguments is None else arguments
    if not isinstance(arguments, dict):
        emitter.error(codes.INVALID_BLOCK_ARGUMENTS, "`with` must map parameters of the block to values", frame,
                      "with", help="write `with: {filters: 64}`")  # fmt: skip
        return None
    unknown = [name for name in arguments if name not in template.params]
    for name in unknown:
        emitter.error(codes.INVALID_BLOCK_ARGUMENTS, f"unknown parameter `{name}` of the block `{template.name}`",
                      frame, "with", name, key=True, label=did_you_mean(name, template.params),
                      help=available("parameters", template.params) or "the block has no parameters")  # fmt: skip
    missing = [] if unknown else [name for name in template.required if name not in arguments]
    if missing:
        names = " and ".join(f"`{name}`" for name in missing)
        example = ", ".join(f"{name}: ..." for name in missing)
        emitter.error(codes.INVALID_BLOCK_ARGUMENTS, f"the block `{template.name}` needs a value for {names}", frame,
                      "block", help=f"write `with: {{{example}}}`")  # fmt: skip
    if unknown or missing:
        return None
    own: dict[str, Any] = {}
    variables = with_variables(emitter.variables, own)
    for name, default in template.params.items():
        if name in arguments:
            emitter.spend_copy(arguments[name], frame)
            own[name] = emitter.compute(arguments[name], frame, "with", name)
        else:
            path = ("blocks", template.name, "params")
            inner = f"{frame.prefix}{item.name}/"
            emitter.spend_copy(default, frame)
            own[name] = compute(copy.deepcopy(default), path, variables, emitter.tree, emitter.report, inner)
    return variables


def argument_origins(emitter: Emitter, template: Template, item: Item) -> dict[str, Span]:
    """The places of the values of a block's parameters: in this use, in one around it, or as the default.

    Args:
        emitter: Holds the places of the values in the spec.
        template: The block.
        item: The entry that uses it.

    Returns:
        Parameter → place; without parameters that have none.
    """
    frame = item.frame
    origins: dict[str, Span] = {}
    for name in template.params:
        outer = parameter_of(as_mapping(item.entry.get("with")).get(name), frame.origins)
        span = emitter.source_positions.values.get((*frame.path, "with", name))
        if outer is not None:
            origins[name] = frame.origins[outer]
        elif span is not None:
            origins[name] = with_uses(span, frame.uses)
        elif (template.name, name) in emitter.default_spans:
            origins[name] = emitter.default_spans[template.name, name]
    return origins


def argument_scopes(template: Template, item: Item) -> dict[str, str]:
    """By parameter that a use of a block sets, the prefix of the nodes that its value can refer to."""
    frame = item.frame
    arguments = as_mapping(item.entry.get("with"))
    outer = {name: parameter_of(arguments[name], frame.scopes) for name in template.params if name in arguments}
    return {name: frame.prefix if same is None else frame.scopes[same] for name, same in outer.items()}


def block_inputs(emitter: Emitter, template: Template, item: Item, source: Path) -> dict[str, tuple[str, ...]] | None:
    """By input of a block, the node that a use connects to it.

    Args:
        emitter: Where problems are reported.
        template: The block.
        item: The use.
        source: The path in the use where the nodes are referenced.

    Returns:
        No node for an input that takes the previous entry's output; None after a reported error.
    """
    frame = item.frame
    value = item.entry.get("from")
    inputs: dict[str, tuple[str, ...]] = {}
    if isinstance(value, dict):
        for name, references in value.items():
            if name not in template.inputs:
                emitter.error(codes.UNKNOWN_TENSOR_ARGUMENT, f"unknown input `{name}` of the block `{template.name}`",
                              frame, *source, name, key=True, label=did_you_mean(name, template.inputs),
                              help=available("inputs", template.inputs))  # fmt: skip
                return None
            inputs[name] = tuple(strings(references))
        if set(template.inputs) - set(inputs) == {template.inputs[0]}:
            inputs[template.inputs[0]] = ()
    else:
        groups = [emitter.groups.get(frame.prefix + name, (name,)) for name in strings(value)]
        spend(EDGES, sum(map(len, groups)), emitter.span(frame))
        nodes = [node for group in groups for node in group]
        if len(nodes) == len(template.inputs):
            inputs = {name: (node,) for name, node in zip(template.inputs, nodes, strict=True)}
        elif not nodes and len(template.inputs) == 1:
            inputs = {template.inputs[0]: ()}
    if set(inputs) == set(template.inputs):
        return {name: inputs[name] for name in template.inputs}
    count = len(template.inputs)
    example = ", ".join(f"{name}: {letter}" for name, letter in zip(template.inputs, "xyzuvw", strict=False))
    emitter.error(
        codes.WRONG_INPUT_COUNT,
        f"the block `{template.name}` takes {'one input' if count == 1 else f'{count} inputs'}",
        frame,
        *(source if (*frame.path, *source) in emitter.source_positions.values else ("block",)),
        help="name one node in `from`" if count == 1 else f"write `from: {{{example}}}`",
    )
    return None


def bind_outputs(emitter: Emitter, template: Template, item: Item, last: str) -> None:
    """Binds the name of a use, and those in its `as`, to the block's outputs.

    Args:
        emitter: Where the names are bound.
        template: The block.
        item: The use.
        last: The last node of the block, its output unless the block has `outputs`.
    """
    name, frame = item.name, item.frame
    outputs = template.outputs or (last,)
    as_names = strings(item.entry.get("as"))
    if as_names and len(as_names) != len(outputs):
        count = "one output" if len(outputs) == 1 else f"{len(outputs)} outputs"
        help = "name every output; write `_` for one that you do not need"
        if not template.outputs:
            help = "a block without `outputs:` outputs its last node; list all outputs under the block's `outputs:`"
        emitter.error(codes.WRONG_OUTPUT_COUNT,
                      f"`as` has {len(as_names)} name{'' if len(as_names) == 1 else 's'}, but the block "
                      f"`{template.name}` has {count}", frame, "as", help=help)  # fmt: skip
    path = ("blocks", template.name, "outputs")
    span = emitter.source_positions.values.get(path) or emitter.span(frame, "block")
    for number, as_name in enumerate(as_names):
        if as_name != "_":
            nodes = tuple(f"{name}/{output}" for output in outputs[number : number + 1])
            emitter.bind(as_name, nodes, frame, next="same", span=span, definition=("as", number), faulty=not nodes)
    emitter.bind(name, (f"{name}/{outputs[0]}",), frame, named=item.named, span=span)


def chained_inputs(template: Template, before: str) -> dict[str, tuple[str, ...]]:
    """By input of a repeated block, the output of the copy before it, in their order."""
    nodes = (before, *(f"{before}/{output}" for output in template.outputs[1:]))
    return {name: (node,) for name, node in zip(template.inputs, nodes, strict=False)}
