"""The statements that freeze and unfreeze layers between the stages of training."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from kspec.graph import Graph
from kspec.graph.paths import networks_by_path
from kspec.spec.loaded import models_in
from kspec.targets.python_source.arguments import Unwritable
from kspec.targets.python_source.literals import literal, text


def set_trainable(graph: Graph, before: Mapping[str, bool], wanted: Mapping[str, bool]) -> list[str]:
    """The statements that freeze and unfreeze layers, and sub-models with all that is in them.

    Args:
        before: Whether each layer trains, by its path: `head`, `model/inner`.
        wanted: Whether it is to.
    """
    changed = [path for path, state in wanted.items() if before[path] is not state]
    networks = networks_by_path(graph)
    touched = {prefix for prefix in networks if prefix and any(path.startswith(prefix) for path in changed)}
    touched |= {f"{inner}/" for prefix in touched for inner in networks[prefix].called()}
    lines = []
    for state in (False, True):
        own = [path for path in changed if wanted[path] is state and not path.startswith(tuple(touched))]
        lines += _each("model", own, state)
    where = dict(_found(graph, "model", ""))
    set_by_caller: dict[str, bool] = {}
    for prefix in [name for name in reversed(networks) if name in touched]:  # callers first: they set all inside them
        if prefix not in where:
            raise Unwritable(f"freeze parts of `{prefix[:-1]}`, which no layer of the network gives", ("fit", "stages"))
        inside = (prefix, *(f"{inner}/" for inner in networks[prefix].called()))
        learns = any(state for path, state in wanted.items() if path.startswith(inside))
        frozen = [path.removeprefix(prefix) for path, state in wanted.items() if path.startswith(prefix) and not state]
        if set_by_caller.get(prefix) is not learns:
            lines.append(f"    {where[prefix]}.trainable = {learns}")
        set_by_caller |= dict.fromkeys(inside[1:], learns)
        if learns:
            lines += _each(where[prefix], frozen, state=False)
    return lines


def _found(graph: Graph, expression: str, home: str) -> Iterator[tuple[str, str]]:
    """What stands before the paths of each sub-model's layers, and what gives it in Python.

    Args:
        graph: The network that is looked through.
        expression: What gives that.
    """
    for node in graph.calls:
        if node.kind == "model":
            called, said = node.head, f"{expression}.get_layer({text(node.head.rpartition('/')[2])})"
        elif node.arguments.get("layer") in [{"model": name} for name in models_in(node.arguments)]:
            called, said = node.arguments["layer"]["model"], f"{expression}.get_layer({_name(node.name)}).layer"
        else:
            continue
        yield from _found(graph.models[called], said, f"{called}/")
        yield f"{called}/", said


def _each(network: str, paths: list[str], state: bool) -> list[str]:
    """The statements for the layers of one network."""
    if len(paths) == 1:
        return [f"    {network}.get_layer({_name(paths[0])}).trainable = {state}"]
    if not paths:
        return []
    names = literal([path.replace("/", ".") for path in paths])
    return [f"    for name in {names}:", f"        {network}.get_layer(name).trainable = {state}"]


def _name(path: str) -> str:
    return text(path.replace("/", "."))
