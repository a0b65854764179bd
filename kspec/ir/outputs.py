"""`outputs` → the tensors that are model outputs; and a warning for nodes that reach none of them."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from kspec import catalog
from kspec.diagnostics import Path, Span, codes
from kspec.diagnostics.budget import OUTPUTS, spend
from kspec.ir.node import Graph, Node, Tensor
from kspec.ir.scope import Scope

MAX_COPIES = 3
"""The number of unused copies of an entry that a warning names at most."""


def resolve_outputs(
    declared: str | list[str] | dict[str, str] | None, place: Path, graph: Graph, scope: Scope, last: tuple[str, Tensor]
) -> bool:
    """Fill in the graph's outputs: those of the spec, or by default its last node.

    Args:
        declared: The spec's `outputs`.
        place: The path of `outputs`.
        graph: The graph.
        scope: Its names.
        last: The name of the last entry, and its tensor.

    Returns:
        Whether all outputs exist.
    """
    named: dict[str, tuple[str, Path]] = {}
    if declared is None:
        name, graph.outputs[last[0]] = last
        if name not in scope.automatic_names:
            _reject_class_name(name, scope.places[name], scope)
    elif isinstance(declared, str):
        named[declared] = (declared, place)
    elif isinstance(declared, list):
        for index, name in enumerate(declared):
            if name in named and name not in scope.duplicates:
                scope.report.error(
                    codes.DUPLICATE_NAME,
                    f"duplicate output `{name}`",
                    scope.positions.value((*place, index)),
                )
            named[name] = (name, (*place, index))
    else:
        for output, node in declared.items():
            named[output] = (node, (*place, output))
    spend(OUTPUTS, len(named), scope.positions.value(place))
    faulty = False
    for output, (name, path) in named.items():
        tensor = scope.resolve(name, path, "")
        if tensor is None:
            faulty = True
            continue
        graph.outputs[output] = tensor
        _reject_class_name(output, scope.positions.key(path), scope)
    return not faulty


def _reject_class_name(output: str, span: Span, scope: Scope) -> None:
    """Reject an output with the name of a loss or metric: in `loss` and `metrics` the key would be ambiguous."""
    for kind in ("loss", "metric"):
        entry = catalog.find(kind, output)
        if entry is not None and (output == entry.name or output in entry.aliases) and output[:1].isupper():
            scope.report.error(
                codes.OUTPUT_NAME_CONFLICT,
                f"output name `{output}` conflicts with a Keras {kind}",
                span,
                help="rename the node",
            )


def warn_unused(graph: Graph, scope: Scope, reported: Collection[str] = ()) -> None:
    """Warn of inputs and nodes that no output depends on.

    Args:
        graph: The graph, with its outputs.
        scope: Its names.
        reported: Nodes that an error already reports as unused.
    """
    if any(node.faulty for node in graph.nodes.values()):
        return
    needed = graph.needed_nodes()
    fed = {tensor.node for node in graph.calls for tensor in node.tensors()}
    unused: dict[Path, list[str]] = {}
    uses: dict[Path, set[str]] = {(): set()}
    for name in needed:
        uses.setdefault(graph.nodes[name].source_path, set()).add(_use_around(name))
        uses[()].add(_use_around(name))
    for node in graph.nodes.values():
        if node.name in needed or node.name in reported:
            continue
        if node.kind == "input":
            scope.report.warning(
                codes.UNUSED_INPUT,
                f"no output depends on the input `{node.name}`",
                scope.places[node.name],
                help="reference it in a `from`, or remove it",
            )
        elif node.name not in fed and not _is_spare_output(node, uses):
            unused.setdefault(node.source_path, []).append(node.name)
    for copies in unused.values():
        names = ", ".join(f"`{name}`" for name in copies[:MAX_COPIES])
        more = f" and {len(copies) - MAX_COPIES} more" if len(copies) > MAX_COPIES else ""
        scope.report.warning(
            codes.UNUSED_NODE,
            f"{names}{more} {'reaches' if len(copies) == 1 else 'reach'} no output",
            scope.places[copies[0]],
            help=f"reference {'it' if len(copies) == 1 else 'them'} in a `from` or in `outputs`, or remove "
            + ("it" if len(copies) == 1 else "them"),
        )


def _is_spare_output(node: Node, uses: Mapping[Path, Collection[str]]) -> bool:
    """Whether a node is part of a block whose use needs other nodes, and another use of the block needs this one.

    Args:
        node: The node.
        uses: The uses of blocks in which a node is needed, by its place in the text; all of them under `()`.
    """
    use = _use_around(node.name)
    return bool(use) and use in uses[()] and any(other != use for other in uses.get(node.source_path, ()))


def _use_around(name: str) -> str:
    return name.rpartition("/")[0]
