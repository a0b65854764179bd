"""What a spec or a run can be exported to: one file a target, and here its line.

A target's module has `write(subject, path)`, which gives a note for the user or an empty string; and, where what it
wrote can be asked for answers, `answers(subject, path, inputs)` and `CHECKER`, the library that gives them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from kspec.analysis.program import Analysis
    from kspec.diagram.diagram import NodeFacts
    from kspec.ir import Graph
    from kspec.language import Spec

Needs = Literal["graph", "data", "model", "adapted", "trained"]


@dataclass(frozen=True, slots=True)
class Target:
    """What can be exported to.

    Args:
        module: The file in this folder that writes it.
        suffix: Of what is written, after the spec's name.
        needs: The graph alone, the graph and the data, a model built from it, one whose layers have adapted to the
            data, or a trained one, which a run alone has.
        says: What it is, for a list.
        extra: The extra of kspec that brings the libraries it asks for.
        is_folder: Whether it is a folder of files.
    """

    module: str
    suffix: str
    needs: Needs
    says: str
    extra: str = ""
    is_folder: bool = False

    @property
    def is_text(self) -> bool:
        """Whether it can be shown on a terminal."""
        return self.suffix in (".json", ".mmd", ".dot", ".py")

    def load(self) -> Any:
        """Its module."""
        return import_module(f"{__name__}.{self.module}")


TARGETS = {
    "python": Target("python", ".py", "data", "one file of Keras code that trains the same weights without kspec"),
    "json": Target("configuration", ".json", "model", "Keras's configuration of the model, without weights"),
    "keras": Target("keras_archive", ".keras", "adapted", "the Keras model: of a spec untrained, of a run trained"),
    "mermaid": Target("diagram", ".mmd", "graph", "the graph in Mermaid's language, for Markdown pages"),
    "dot": Target("diagram", ".dot", "graph", "the graph in Graphviz's language"),
    "svg": Target("diagram", ".svg", "graph", "the graph as a picture"),
    "png": Target("diagram", ".png", "graph", "the graph as a picture"),
    "saved_model": Target(
        "saved_model",
        "_saved_model",
        "trained",
        "a folder for tf.saved_model.load and TensorFlow Serving",
        is_folder=True,
    ),
    "onnx": Target("onnx", ".onnx", "trained", "ONNX, for ONNX Runtime and many others", extra="onnx"),
    "tflite": Target("tflite", ".tflite", "trained", "LiteRT (TensorFlow Lite), for phones and small devices"),
}


@dataclass(slots=True)
class ExportContext:
    """What is exported.

    Args:
        target: The target's name.
        facts: By node, shapes and parameters; for targets that need the graph alone.
        model: The Keras model, its inputs called like the spec's; for the others.
        analysis: For a target that needs the data: the settings, with what the data tells of them.
        dataset: The data, for the same; None where the spec has none.
        others: Other data that the steps `evaluate` and `predict` use, by step, for the same; each is one part.
        folder: Where what is written will lie.
    """

    target: str
    spec: Spec
    graph: Graph
    facts: Mapping[str, NodeFacts] = field(default_factory=dict)
    model: Any = None
    analysis: Analysis | None = None
    dataset: Any = None
    others: Mapping[str, Any] = field(default_factory=dict)
    folder: Path = Path()

    @property
    def outputs(self) -> list[str]:
        """The names of the model's outputs, in the order in which Keras has them."""
        from kspec.ir.node import flat_order

        return flat_order(self.graph.outputs)

    def own_classes(self) -> dict[str, Any]:
        """The classes of layers that are not Keras's, by name: whoever loads the model must bring them."""
        classes = {type(layer) for layer in self.model._flatten_layers()}
        return {found.__name__: found for found in classes if found.__module__.partition(".")[0] != "keras"}


class CannotExport(ValueError):
    """A format whose libraries are not there, or fail; for the user."""


class UnsupportedByFormat(CannotExport):
    """A network that a format has no place for; for the user, at its place in the spec.

    Args:
        names: The inputs and nodes that it is about, as far as they are known.
        help: What to do instead.
    """

    def __init__(self, message: str, names: Iterable[str] = (), help: str = "") -> None:
        super().__init__(message)
        self.names = tuple(names)
        self.help = help
