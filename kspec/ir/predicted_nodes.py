"""`predict: {nodes}` → the tensors that `predict` writes beside the outputs."""

from __future__ import annotations

from collections.abc import Sequence

from kspec.diagnostics import Path, codes
from kspec.ir.node import Graph, Tensor
from kspec.ir.scope import Scope


def resolve_predicted_nodes(names: Sequence[str], graph: Graph, scope: Scope) -> set[str]:
    """Fill in the graph's predicted nodes.

    A name stands for what it stands for in a `from`. Besides, that of a sub-model stands for all its calls, that of a
    call with several outputs for all of these, and `call/output` for one of them.

    Args:
        names: The names in the spec.
        graph: The graph, with its outputs.
        scope: Its names.

    Returns:
        The nodes that are reported because they reach no output.
    """
    unused: set[str] = set()
    needed = graph.needed_nodes()
    constant = graph.independent_nodes() if names else set()
    calls: dict[str, list[str]] = {}
    for node in graph.calls if names else ():
        if node.kind == "model":
            calls.setdefault(node.head, []).append(node.name)
    for index, name in enumerate(names):
        path: Path = ("predict", "nodes", index)
        span = scope.positions.value(path)
        for key, tensor in _tensors(name, path, graph, scope, calls.get(name, [])).items():
            if graph.nodes[tensor.node].faulty:
                continue
            if tensor.node not in needed:
                unused.add(tensor.node)
                scope.report.error(
                    codes.UNUSED_NODE,
                    f"`{name}` reaches no output, so the model does not contain it",
                    span,
                    help="list it in `outputs`: an output without a target is only predicted",
                )
                break
            if graph.outputs.get(key, tensor) != tensor:
                scope.report.error(
                    codes.OUTPUT_NAME_CONFLICT,
                    f"`{key}` is the name of an output, but that is another node",
                    span,
                    help="rename the node or the output",
                )
                break
            if tensor.node in constant:
                scope.report.error(
                    codes.NO_INPUT_DEPENDENCY,
                    f"`{name}` depends on no input, so it is the same for all examples",
                    span,
                    help="remove it from `nodes`",
                )
                break
            graph.predicted_nodes[key] = tensor
    return unused


def _tensors(name: str, path: Path, graph: Graph, scope: Scope, calls: Sequence[str]) -> dict[str, Tensor]:
    """The tensors that a name stands for, each under its own name; none if the name is unknown, which is reported.

    Args:
        name: The name in the spec.
        path: Its place.
        graph: The graph.
        scope: Its names.
        calls: The calls of the sub-model of that name.
    """
    call, _, output = name.rpartition("/")
    if name not in scope.tensors and call in scope.tensors and output:
        outputs = _outputs_of_call(call, scope.tensors[call], graph)
        if name in outputs:
            return {name: outputs[name]}
    if calls:
        return {key: tensor for each in calls for key, tensor in _outputs_of_call(each, Tensor(each), graph).items()}
    tensors = scope.resolve_all(name, path, "")
    if tensors is None:
        return {}
    if name in scope.groups:
        return {_name_of(tensor, graph): tensor for tensor in tensors}
    return _outputs_of_call(name, tensors[0], graph)


def _outputs_of_call(name: str, tensor: Tensor, graph: Graph) -> dict[str, Tensor]:
    """All outputs of a call of a sub-model with several; else the tensor that the name stands for."""
    node = graph.nodes[tensor.node]
    outputs = list(graph.models[node.head].outputs) if node.kind == "model" and node.head in graph.models else []
    if len(outputs) < 2 or name in node.outputs:
        return {name: tensor}
    names = [f"{name}/{output}" for output in outputs]
    for i, own in enumerate(node.outputs):
        names[i] = own or names[i]
    return {each: Tensor(node.name, i) for i, each in enumerate(names)}


def _name_of(tensor: Tensor, graph: Graph) -> str:
    """The name of a tensor: that of its node, or one that `as` gives it."""
    names = graph.nodes[tensor.node].outputs
    return (names[tensor.output] if names else None) or tensor.node
