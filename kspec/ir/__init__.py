"""The intermediate representation: resolved names, nodes in topological order."""

from kspec.ir.build import build
from kspec.ir.node import Feed, Graph, Node, Tensor

__all__ = ["Feed", "Graph", "Node", "Tensor", "build"]
