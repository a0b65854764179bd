"""Builds the network of a finished run, and gives it what was learned.

The spec builds the network, and the archive is read as data: whatever its configuration says, none of it is executed.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from kspec.analysis.program import Analysis
from kspec.archive.saved_state import SavedState, integers, misfit
from kspec.archive.vocabulary import LearnedVocabulary
from kspec.backend.keras_objects import no_sizes, set_vocabulary
from kspec.compiler.define import build_network
from kspec.diagnostics import Report
from kspec.ir import Graph, Node
from kspec.ir.constant_files import ConstantFile
from kspec.ir.layer_patterns import networks_by_path
from kspec.ir.preset import is_preset
from kspec.language import Spec
from kspec.syntax.names import name_in_keras
from kspec.syntax.regular_files import Opener

if TYPE_CHECKING:
    from kspec.backend.keras_model import BuiltNetwork

_MOST = 2
"""The network may have so many times the values that are stored: some layers merge weights when they are saved."""
_SLACK = 1 << 20


class Restorer:
    """Gives layers that adapt what they learned in the run, each before what follows it is built.

    Args:
        state: What the trained model has learned.
        graph: The network of the run's spec.

    Raises:
        ImportRefused: If the archive lacks what one of them has learned.
    """

    def __init__(self, state: SavedState, graph: Graph) -> None:
        self._layers: dict[str, Any] = {}
        nodes = [node for node in graph.calls if node.catalog is not None and node.catalog.adapts]
        self._learned = {node.name: _learned(state, node) for node in nodes if not is_preset(node.arguments)}

    def size(self, word: str, name: str) -> int:
        """The size of a vocabulary; the resolved spec states all other sizes.

        Raises:
            NeedsData: If it is another size.
        """
        layer = self._layers.get(name) if word == "vocabulary_of" else None
        return no_sizes(word, name) if layer is None else int(layer.vocabulary_size())

    def __call__(self, layer: Any, node: Node, network: BuiltNetwork) -> None:  # noqa: ARG002
        """Gives a layer its vocabulary or boundaries."""
        self._layers[node.name] = layer
        match self._learned.get(node.name):
            case LearnedVocabulary(words, weights):
                set_vocabulary(layer, list(words), weights)
            case list() as boundaries:
                layer.bin_boundaries = boundaries


def _learned(state: SavedState, node: Node) -> LearnedVocabulary | list[float] | None:
    """The vocabulary or boundaries that a layer has learned; the mean and variance of a Normalization are weights."""
    name = name_in_keras(node.name)
    if node.head == "Normalization":
        return None
    if node.head == "Discretization":
        return state.boundaries(name)
    words: list[Any] = state.vocabulary(name)
    if str(node.arguments.get("vocabulary_dtype", "int64" if node.head == "IntegerLookup" else "")).startswith("int"):
        words = integers(words, name)
    weighted = node.arguments.get("output_mode") == "tf_idf"
    return LearnedVocabulary(words, state.idf_weights(name) if weighted else None)


def restore_model(spec: Spec, analysis: Analysis, report: Report, path: Path, opener: Opener) -> Any:
    """Builds the trained model of a run.

    Args:
        spec: The resolved spec of the run.
        analysis: Its analysis.
        report: Receives what Keras rejects.
        path: The archive with the trained model.
        opener: Opens it.

    Returns:
        The Keras model, not compiled.

    Raises:
        ImportRefused: If the archive cannot be read, is unsafe, or holds another network.
        SpecError: If the network cannot be built.
    """
    constants = [value for node in analysis.graph.calls for value in node.constants.values()]
    in_files = sum(isinstance(value, ConstantFile) for value in constants)
    with SavedState.of(path, opener, in_files) as state:
        count, due = state.sizes()[0], _known_parameters(analysis)
        if due > _MOST * count + _SLACK:
            raise misfit(f"it holds {count:,} parameters, and the network has {due:,}")
        network = build_network(spec, analysis, report, Restorer(state, analysis.graph))
        report.raise_errors()
        assert network is not None
        state.give(network.model)
        return network.model


def _known_parameters(analysis: Analysis) -> int:
    """The number of parameters of the layers whose shapes are known without Keras."""
    total = 0
    for prefix, network in networks_by_path(analysis.graph).items():
        types = analysis.types.models[prefix[:-1]] if prefix else analysis.types
        weights = (types.calls[node.name].weights or () for node in network.calls if node.kind == "layer")
        total += sum(weight.size for own in weights for weight in own)
    return total
