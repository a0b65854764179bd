"""`outputs` → the tensors that the model answers with; and what leads to none of them."""

from __future__ import annotations

from kspec import catalog
from kspec.diagnostics import Path, Span, codes
from kspec.ir.node import Graph, Tensor
from kspec.ir.scope import Scope


def resolve_outputs(
    said: str | list[str] | dict[str, str] | None, place: Path, graph: Graph, scope: Scope, last: tuple[str, Tensor]
) -> bool:
    """Fills in the graph's outputs: those that are named, or its last node. Gives whether all of them are there.

    Args:
        said: What is written.
        place: Where.
        last: What the last entry is called, and what it gives.
    """
    named: dict[str, tuple[str, Path]] = {}
    if said is None:
        name, tensor = last
        graph.outputs[name] = tensor
        if name not in scope.automatic_names:
            _refuse_class_name(name, scope.places[name], scope)
    elif isinstance(said, str):
        named[said] = (said, place)
    elif isinstance(said, list):
        for index, name in enumerate(said):
            if name in named:
                scope.report.error(
                    codes.DUPLICATE_NAME,
                    f"the output `{name}` stands here twice",
                    scope.positions.value((*place, index)),
                )
            named[name] = (name, (*place, index))
    else:
        for output, node in said.items():
            named[output] = (node, (*place, output))
    faulty = False
    for output, (name, path) in named.items():
        found = scope.resolve(name, path, "")
        if found is None:
            faulty = True
            continue
        graph.outputs[output] = found
        _refuse_class_name(output, scope.positions.key(path), scope)
    if not faulty and not any(node.faulty for node in graph.nodes.values()):
        _warn_of_the_unused(graph, scope)
    return not faulty


def _refuse_class_name(output: str, span: Span, scope: Scope) -> None:
    """Under `loss` and `metrics` a key that is an output's name is that output, so it cannot be a class's."""
    for kind in ("loss", "metric"):
        entry = catalog.find(kind, output)
        if entry is not None and (output == entry.name or output in entry.aliases) and output[:1].isupper():
            noun = "loss" if kind == "loss" else "metric"
            scope.report.error(
                codes.OUTPUT_NAME_CONFLICT,
                f"an output cannot be called `{output}`: that is a {noun} of Keras",
                span,
                help="give the node another name",
            )


def _warn_of_the_unused(graph: Graph, scope: Scope) -> None:
    needed = graph.needed_nodes()
    used = {graph.nodes[name].source_path for name in needed}
    for node in graph.nodes.values():
        if node.source_path in used:  # in a block, or repeated: another copy of the entry may be the one that counts
            continue
        span = scope.places[node.name]
        if node.kind == "input":
            scope.report.warning(
                codes.UNUSED_INPUT,
                f"the input `{node.name}` is not used by any output",
                span,
                help="take it in a node's `from`, or remove it",
            )
        elif not any(node.name == tensor.node for other in graph.calls for tensor in other.tensors()):
            scope.report.warning(
                codes.UNUSED_NODE,
                f"`{node.name}` leads to no output",
                span,
                help="cite it in a `from` or in `outputs`, or remove it",
            )
