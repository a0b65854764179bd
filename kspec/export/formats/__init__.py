"""The formats that a spec or a run can be exported to.

To add a format, add a file to this folder and a line to `FORMATS`. The file has `write(context, path)`, which writes
the export and returns a note for the user or an empty string. If the export can make predictions, the file also has
`LIBRARY`, the library that runs the export, and `predict_rows(context, path, tensors)`, of an export that takes rows,
or `predict(context, path, inputs)`, of one that takes the inputs of the network: kspec then compares its predictions
with those of the run.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from kspec.analysis.program import Analysis
    from kspec.data import Dataset
    from kspec.diagram.diagram_graph import NodeInfo
    from kspec.export.row_model.build import RowModel
    from kspec.ir import Graph
    from kspec.language import Spec
    from kspec.serving.model import ServedModel

Needs = Literal["graph", "data", "model", "adapted", "trained", "served"]
Rows = Literal["", "columns", "inputs"]


@dataclass(frozen=True, slots=True)
class ExportFormat:
    """A format that a spec or a run can be exported to.

    Args:
        module: The file in this folder that writes it.
        suffix: The end of the export's name, after the spec's name.
        needs: `graph` alone, graph and `data`, a `model` built from them, a model whose layers have `adapted` to the
            data, a `trained` model, which only a run has, or a `served` one, with what `kspec serve` needs of the run.
        description: What it is, for a list of formats.
        is_text: Whether the export can be printed to a terminal.
        extra: The extra of kspec that installs the libraries it needs.
        required: The suffixes that its name must end with; any by default.
        marker: Of a folder, the file that tells it from others, so that it may be replaced.
        rows: What the export of a run takes: a tensor for each of its `columns`, or the `inputs` of its network with
            gaps; empty if preprocessing is no part of it.
    """

    module: str
    suffix: str
    needs: Needs
    description: str
    is_text: bool = False
    extra: str = ""
    required: tuple[str, ...] = ()
    marker: str = ""
    rows: Rows = ""

    @property
    def needs_run(self) -> bool:
        """Whether it is made of a run, and not of a spec."""
        return self.needs in ("trained", "served")

    @property
    def is_folder(self) -> bool:
        """Whether the export is a folder."""
        return "." not in self.suffix

    def load(self) -> Any:
        """Imports its module."""
        return import_module(f"{__name__}.{self.module}")


FORMATS = {
    "python": ExportFormat(
        "python", ".py", "data", "Keras code that trains the same weights without kspec", is_text=True
    ),
    "json": ExportFormat(
        "configuration", ".json", "model", "Keras's configuration of the model, without weights", is_text=True
    ),
    "keras": ExportFormat(
        "keras_archive",
        ".keras",
        "adapted",
        "Keras model; from a spec, it is untrained",
        required=(".keras", ".h5"),
        rows="columns",
    ),
    "mermaid": ExportFormat("diagram", ".mmd", "graph", "diagram of the graph, for Markdown pages", is_text=True),
    "dot": ExportFormat("diagram", ".dot", "graph", "diagram of the graph, in Graphviz's language", is_text=True),
    "svg": ExportFormat("diagram", ".svg", "graph", "diagram of the graph, as a vector image"),
    "png": ExportFormat("diagram", ".png", "graph", "diagram of the graph, as an image"),
    "saved_model": ExportFormat(
        "saved_model",
        "_saved_model",
        "trained",
        "SavedModel folder, for TensorFlow Serving",
        marker="saved_model.pb",
        rows="columns",
    ),
    "onnx": ExportFormat(
        "onnx", ".onnx", "trained", "ONNX, for ONNX Runtime and many others", extra="onnx", rows="inputs"
    ),
    "tflite": ExportFormat(
        "tflite", ".tflite", "trained", "LiteRT (TensorFlow Lite), for phones and small devices", rows="inputs"
    ),
    "docker": ExportFormat(
        "docker",
        "_docker",
        "served",
        "folder that builds a container which serves the run",
        extra="serve",
        marker="Dockerfile",
    ),
    "openapi": ExportFormat(
        "openapi",
        ".openapi.json",
        "served",
        "description of the server of the run, as OpenAPI",
        is_text=True,
        extra="serve",
    ),
}


@dataclass(slots=True)
class ExportContext:
    """The spec or run that is exported, with what the format needs of it.

    Args:
        format: The format's name.
        spec: The spec.
        graph: Its graph.
        info: Shapes and parameters of the nodes, for a format that needs the graph alone.
        heading: The spec's name, and totals, for the same formats.
        model: The Keras model, for a format that needs one; its inputs have the names in the spec.
        analysis: The settings, including those that depend on the data, for a format that needs the data.
        dataset: The data, for the same formats; None if the spec has none.
        others: Step → the data of its own, for the same formats: `evaluate`, `predict`.
        folder: The folder of the export.
        target: The export itself.
        served: The model of a run as a server holds it, for a format that needs that.
        rows: The model of a run that takes rows, for a format that can have it; None if it cannot be built.
        signature: What the export takes and gives, for the file's own metadata; empty if it is not known.
    """

    format: str
    spec: Spec
    graph: Graph
    info: Mapping[str, NodeInfo] = field(default_factory=dict)
    heading: Sequence[str] = ()
    model: Any = None
    analysis: Analysis | None = None
    dataset: Dataset | None = None
    others: Mapping[str, Dataset] = field(default_factory=dict)
    folder: Path = Path()
    target: Path = Path()
    served: ServedModel | None = None
    rows: RowModel | None = None
    signature: Mapping[str, Any] = field(default_factory=dict)

    @property
    def outputs(self) -> list[str]:
        """The names of the model's outputs in Keras's order."""
        from kspec.ir.node import flat_order

        return flat_order(self.graph.outputs)

    def own_classes(self) -> dict[str, Any]:
        """The layer classes outside Keras by name, which whoever loads the model must provide."""
        classes = {type(layer) for layer in self.model._flatten_layers()}
        return {cls.__name__: cls for cls in classes if cls.__module__.partition(".")[0] != "keras"}


class CannotExport(ValueError):
    """A format whose libraries are missing or fail; the message is for the user."""


class UnsupportedByFormat(CannotExport):
    """A model that a format cannot express; reported at its place in the spec.

    Args:
        message: The reason.
        names: The inputs and nodes concerned, if they are known.
        help: What to do instead.
    """

    def __init__(self, message: str, names: Iterable[str] = (), help: str = "") -> None:
        super().__init__(message)
        self.names = tuple(names)
        self.help = help
