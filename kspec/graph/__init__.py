"""The intermediate representation: names resolved, entries expanded into nodes in topological order."""

from kspec.graph.build import build
from kspec.graph.node import Feed, Graph, Node, Tensor

__all__ = ["Feed", "Graph", "Node", "Tensor", "build"]
