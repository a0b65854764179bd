"""Layers by path (`head`, `block_use/inner`, `model/inner`), and patterns that match these paths."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import NamedTuple

from kspec.catalog.applications import InnerLayer, inner_layers
from kspec.ir.node import Graph, Node
from kspec.language.spec import models_in

GLOB = frozenset("*?[")


class Rank(NamedTuple):
    """How specific a pattern is: first by depth, then a name before a glob, then by length."""

    depth: int
    is_name: bool
    length: int


def networks_by_path(graph: Graph) -> dict[str, Graph]:
    """A graph and the sub-models that it calls, by the prefix of their nodes' paths: empty, or `model/`."""
    return {"": graph, **{f"{name}/": graph.models[name] for name in graph.called_models()}}


def layers_by_path(graph: Graph) -> dict[str, Node]:
    """The nodes that define a layer, by path: `head`, `block_use/inner`, `model/inner`.

    A model of `keras.applications` is at the paths of all its layers, with the names that Keras gives them.
    """
    return {
        prefix + name: node
        for prefix, network in networks_by_path(graph).items()
        for node in network.nodes.values()
        if node.kind == "layer" and not node.faulty
        for name in names_of_layers(node)
    }


def names_of_layers(node: Node) -> list[str]:
    """The names of a node's layers in its network: that of the node, except for a model of `keras.applications`."""
    return [layer.name for layer in layers_within(node)] or [node.name]


def layers_within(node: Node) -> Sequence[InnerLayer]:
    """The inner layers of a model of `keras.applications`; empty for any other node."""
    application = node.catalog is not None and node.catalog.kind == "application"
    return inner_layers(node.head, node.arguments) if application else ()


def trainable_by_path(graph: Graph) -> dict[str, bool]:
    """Whether each layer trains. A network with all entries frozen also freezes the sub-models that it calls."""
    states = {path: node.trainable is not False for path, node in layers_by_path(graph).items()}
    for network in networks_by_path(graph).values():
        if all(node.trainable is False for node in network.calls):
            inside = tuple(f"{name}/" for name in network.called_models())
            states.update(dict.fromkeys((path for path in states if path.startswith(inside)), False))
    return states


def copies_by_path(graph: Graph) -> dict[str, tuple[str, ...]]:
    """For each entry with copies, the names of these."""
    return {
        prefix + name: tuple(prefix + copy for copy in copies)
        for prefix, network in networks_by_path(graph).items()
        for name, copies in network.copies.items()
    }


def called_within(path: str, graph: Graph) -> list[str]:
    """The sub-models that are called within a sub-model, or within a layer that contains one."""
    if path in graph.models:
        return graph.models[path].called_models()
    node = layers_by_path(graph).get(path)
    own = [] if node is None else [name for name in models_in(node.arguments) if name in graph.models]
    return list(dict.fromkeys([*own, *(inside for name in own for inside in graph.models[name].called_models())]))


def is_glob(pattern: str) -> bool:
    """Whether a pattern may match several names."""
    return not GLOB.isdisjoint(pattern)


def rank(pattern: str) -> Rank:
    """The rank of a pattern: of several that match a path, the one with the highest rank decides.

    >>> sorted(["base", "*", "base/conv_*", "base/*"], key=rank)
    ['*', 'base', 'base/*', 'base/conv_*']
    """
    return Rank(pattern.count("/") + 1, not is_glob(pattern), len(pattern))


def matching(pattern: str, paths: Iterable[str], copies: Mapping[str, Sequence[str]]) -> list[str]:
    """The paths that a pattern matches: what it names, and everything inside.

    A `*` matches within one name. The name of an entry with copies matches all of them.

    Args:
        pattern: The pattern.
        paths: The paths to match.
        copies: For each entry with copies, the names of these.

    >>> matching("base", ["base/conv", "base_2/conv", "base"], {})
    ['base/conv', 'base']
    >>> matching("stage/*", ["stage_0/main", "stage_1/main", "head"], {"stage": ("stage_0", "stage_1")})
    ['stage_0/main', 'stage_1/main']
    """
    parts = pattern.split("/")
    return [path for path in paths if _matches(parts, path.split("/"), copies)]


def _matches(parts: Sequence[str], path: Sequence[str], copies: Mapping[str, Sequence[str]]) -> bool:
    if len(path) < len(parts):
        return False
    before = ""
    for part, name in zip(parts, path, strict=False):
        if not fnmatchcase(name, part) and before + name not in copies.get(before + part, ()):
            return False
        before += f"{name}/"
    return True


def nameable(graph: Graph) -> list[str]:
    """All names that a pattern can have: layers, the blocks and models around them, and entries with copies."""
    names: dict[str, None] = {}
    for path in layers_by_path(graph):
        parts = path.split("/")
        names.update(dict.fromkeys("/".join(parts[: depth + 1]) for depth in range(len(parts))))
    return [*names, *copies_by_path(graph)]
