"""A constant as the first tensor of a merge layer in Python: a function that the file gets once."""

from __future__ import annotations

from kspec.catalog.layer_families import MERGES
from kspec.diagnostics import Path
from kspec.ir import Graph

HELPER = "as_symbol"
LINES = '''\
def as_symbol(tensor, *others):
    """Makes a constant part of the model: as the first tensor of a merge layer, Keras takes only a symbol."""
    anchor = next((other for other in (tensor, *others) if isinstance(other, keras.KerasTensor)), tensor)
    if anchor is tensor:
        return tensor
    return ops.take(ops.expand_dims(tensor, 0), ops.sum(ops.zeros_like(anchor, dtype="int32")), axis=0)
'''.splitlines()


def merges_with_leading_constant(graph: Graph) -> set[Path]:
    """The places in the spec of the merge layers that take a constant before a tensor of the model, in one network."""
    constant = graph.constant_nodes()
    found = set()
    for node in graph.calls:
        if node.kind in ("layer", "reuse") and graph.callee(node).head in MERGES and node.name not in constant:
            first = next(node.tensors(), None)
            if first is not None and first.node in constant:
                found.add(node.source_path)
    return found
