"""Step 1, define: builds the model, and adapts its preprocessing layers on the training split alone."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from kspec.analysis.index_limits import index_limits
from kspec.analysis.known_numbers import with_known_numbers
from kspec.analysis.program import Analysis
from kspec.analysis.resolution import resolve_settings
from kspec.analysis.settings import Settings, TargetFacts
from kspec.analysis.shapes.infer import infer
from kspec.analysis.target_scaling import scalings_from_json
from kspec.backend.initial_weights import load_initial_weights
from kspec.backend.keras_objects import Maker
from kspec.backend.tensorflow import import_tensorflow
from kspec.compiler.adapt import Adapter
from kspec.compiler.target_texts import encode_by_nodes, encode_by_own_layers
from kspec.data import Dataset
from kspec.data.targets.label_steps import check_label_steps
from kspec.diagnostics import Report, codes
from kspec.ir import Graph, Node
from kspec.ir.node import flat_order
from kspec.ir.preset import is_preset
from kspec.language import Spec
from kspec.lint.rules.embedding_range import report_count
from kspec.syntax.path_policy import PathPolicy

if TYPE_CHECKING:
    from kspec.backend.keras_model import BuiltNetwork


class LayerAdapter(Protocol):
    """Supplies what the layers of a network learn from data, and the sizes that data decides."""

    def size(self, word: str, name: str) -> int:
        """The size of a vocabulary (`vocabulary_of`, a layer) or of a target's classes (`classes_of`, an output)."""

    def __call__(self, layer: Any, node: Node, network: BuiltNetwork) -> None:
        """Adapts a layer, before what follows it is built."""


@dataclass(slots=True)
class BuiltModel:
    """A built model and what it was built from.

    Args:
        spec: The spec.
        graph: Its graph.
        model: The Keras model, not compiled.
        network: Keras layers and tensors by node.
        dataset: None if the spec has no data, or it was not needed.
        settings: Training settings with every default filled in.
    """

    spec: Spec
    graph: Graph
    model: Any
    network: BuiltNetwork
    dataset: Dataset | None
    settings: Settings

    def graph_with_numbers(self) -> Graph:
        """The graph with numbers in place of sizes, also of those that the data decided."""
        sizes = self.network.sizes
        types = infer(self.spec, self.graph, Report(), lambda word, name: sizes.get((word, name)))
        return with_known_numbers(self.graph, types)


def define(
    spec: Spec,
    analysis: Analysis,
    report: Report,
    dataset: Dataset | None = None,
    *,
    run_folder: Path | None = None,
    must_adapt: bool = True,
) -> BuiltModel | None:
    """Builds the model that a spec describes.

    Args:
        spec: A spec without errors.
        analysis: Its analysis.
        report: Receives what Keras rejects.
        dataset: Adapts preprocessing layers, and decides sizes.
        run_folder: The folder for paths that are written.
        must_adapt: Whether adapting without data is an error; else the layer stays as it is (for a summary).

    Returns:
        None if the model cannot be built, with the reasons in the report.
    """
    if dataset is not None:
        encode_by_own_layers(spec, dataset)
    network = build_network(spec, analysis, report, Adapter(spec, analysis.graph, dataset, must_adapt), run_folder)
    if network is None:
        return None
    if dataset is not None:
        encode_by_nodes(spec, dataset, network)
        check_label_steps(spec, analysis, dataset, report)
    load_initial_weights(spec, network, report)
    if dataset is not None:
        _check_vocabularies(spec, analysis.graph, network, report)
    if report.has_errors:
        return None
    facts = _target_facts(analysis.graph, network.model, dataset)
    settings = resolve_settings(spec, analysis.graph, report, facts)
    return BuiltModel(spec, analysis.graph, network.model, network, dataset, settings)


def build_network(
    spec: Spec, analysis: Analysis, report: Report, adapter: LayerAdapter, run_folder: Path | None = None
) -> BuiltNetwork | None:
    """Builds the network that a spec describes; its weights are random, but for those of layers that adapt.

    Args:
        spec: A spec without errors.
        analysis: Its analysis.
        report: Receives what Keras rejects.
        adapter: Adapts preprocessing layers, and decides sizes.
        run_folder: The folder for paths that are written.

    Returns:
        None if the network cannot be built, with the reasons in the report.
    """
    if spec.document.extensions and not spec.permissions.code:
        report.error(
            codes.UNTRUSTED_EXTENSION,
            f"the spec would import and run {', '.join(f'`{name}`' for name in spec.document.extensions)}",
            spec.positions.value(("extensions",)),
            help="if you trust it, run it with --allow-code (Python: allow_code=True)",
        )
        return None
    import_tensorflow()
    if not _import_extensions(spec, report):
        return None
    from kspec.backend.keras_model import build_keras_model

    paths = PathPolicy(spec.folder, spec.permissions, run_folder)
    maker = Maker(sizes=adapter.size, path=paths.locate, opener=paths.open)
    network = build_keras_model(spec, analysis.graph, report, maker=maker, adapt=adapter)
    return None if network.model is None else network


def _check_vocabularies(spec: Spec, graph: Graph, network: BuiltNetwork, report: Report) -> None:
    """Reports layers that take fewer indices than a TextVectorization has learned (KS423).

    Args:
        spec: The spec.
        graph: Its graph.
        network: The network, with adapted layers.
        report: Receives the errors.
    """
    for limit in index_limits(graph):
        layer = network.layers.get(limit.source.name)
        if limit.source.head == "TextVectorization" and layer is not None and not is_preset(limit.source.arguments):
            count = int(layer.vocabulary_size())
            if limit.source.arguments.get("output_mode", "int") == "int" and count > limit.size:
                report_count(limit, count, spec, report)


def _import_extensions(spec: Spec, report: Report) -> bool:
    """Imports the modules that a spec names, also from its own folder; the user has allowed it."""
    if spec.document.extensions and str(spec.folder) not in sys.path:
        sys.path.append(str(spec.folder))
    for index, module in enumerate(spec.document.extensions):
        try:
            import_module(module)
        except Exception as error:
            report.error(
                codes.UNTRUSTED_EXTENSION,
                f"the module `{module}` cannot be imported: {error}",
                spec.positions.value(("extensions", index)),
                help="install it, or put it into the spec's folder",
            )
    return not report.has_errors


def output_shapes(graph: Graph, model: Any) -> dict[str, tuple[int | None, ...]]:
    """The shape of each output; its first axis is the batch."""
    by_name = dict(zip(flat_order(graph.outputs), model.outputs, strict=True))
    return {name: tuple(by_name[name].shape) for name in graph.outputs}


def _target_facts(graph: Graph, model: Any, dataset: Dataset | None) -> dict[str, TargetFacts]:
    facts = {}
    scalings = {} if dataset is None else scalings_from_json(dataset.fitted)
    for name, shape in output_shapes(graph, model).items():
        units = shape[-1] if len(shape) > 1 else 1
        if dataset is None:
            facts[name] = TargetFacts(units=units, rank=len(shape))
            continue
        target = dataset.splits["train"].targets.get(name)
        columns = None if target is None else _columns(target.shape, len(shape))
        labels = dataset.labels.get(name)
        if labels is not None and target is not None and labels.are_of_columns(target, len(shape)):
            labels = None
        facts[name] = TargetFacts(
            columns,
            units,
            target is not None,
            len(shape),
            tuple(map(str, labels.names)) if labels is not None else (),
            tuple(dataset.fitted["columns"]["targets"].get(name, ())),
            scalings.get(name),
            is_padded=name in dataset.fitted["columns"].get("lists", {}),
        )
    return facts


def _columns(target: tuple[int, ...], rank: int) -> int:
    """The number of a target's columns for each prediction: one if it has a label for each of several positions.

    Args:
        target: The target's shape, (n, …).
        rank: The output's rank, batch axis included.
    """
    if rank > 2:
        return int(target[-1]) if len(target) == rank else 1
    return int(target[1]) if len(target) > 1 else 1
