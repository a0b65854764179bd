"""Step 1, define: the data read, the model built, its adapting layers adapted on the training split alone."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any

from kspec.analysis.program import Analysis
from kspec.analysis.resolution import resolve_settings
from kspec.analysis.settings import Settings, TargetFacts
from kspec.analysis.task_inference import FREE_FORM_LOSSES, loss_name
from kspec.backend.initial_weights import load_initial_weights
from kspec.backend.keras_objects import Maker, UnknownSize
from kspec.backend.tensorflow import import_tensorflow
from kspec.data import Dataset, DataSplit
from kspec.diagnostics import Report, codes
from kspec.ir import Graph, Node
from kspec.ir.node import flat_order
from kspec.language import Spec
from kspec.syntax.path_policy import PathPolicy
from kspec.syntax.yaml_flow import shape_text


@dataclass(slots=True)
class BuiltModel:
    """A model and what feeds it.

    Args:
        model: The Keras model, not compiled.
        built: What building gave, by node.
        dataset: None where the spec has no data.
        settings: The training's settings, everything filled in.
    """

    spec: Spec
    graph: Graph
    model: Any
    network: Any
    dataset: Dataset | None
    settings: Settings
    facts: dict[str, TargetFacts] = field(default_factory=dict)


def define(
    spec: Spec,
    analysis: Analysis,
    report: Report,
    dataset: Dataset | None = None,
    *,
    run_folder: Path | None = None,
    must_adapt: bool = True,
) -> BuiltModel | None:
    """Builds the model that a spec describes; None where it cannot, said in the report.

    Args:
        dataset: What its adapting layers learn from, and what decides sizes.
        run_folder: What paths that are written are relative to.
        must_adapt: Whether a layer that adapts must have data; else it stays as it is (for a summary).
    """
    if spec.document.extensions and not spec.permissions.code:
        report.error(
            codes.UNTRUSTED_EXTENSION,
            f"the spec brings code of its own: {', '.join(spec.document.extensions)}",
            spec.positions.value(("extensions",)),
            help="if you trust it, run it with --allow-code (Python: allow_code=True)",
        )
        return None
    import_tensorflow()
    if not _import_extensions(spec, report):
        return None
    from kspec.backend.keras_model import build_keras_model

    adapter = _Adapter(spec, dataset, report, must_adapt)
    maker = Maker(sizes=adapter.size, path=PathPolicy(spec.folder, spec.permissions, run_folder).locate)
    network = build_keras_model(spec, analysis.graph, report, maker=maker, adapt=adapter)
    if network.model is None:
        return None
    load_initial_weights(spec, network, report)
    if report.has_errors:
        return None
    facts = _target_facts(analysis.graph, network.model, dataset)
    settings = resolve_settings(spec, analysis.graph, report, facts)
    return BuiltModel(spec, analysis.graph, network.model, network, dataset, settings, facts)


def _import_extensions(spec: Spec, report: Report) -> bool:
    """Imports the modules that a spec names, those beside it too; the user has allowed it."""
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
                help="it is looked for among the installed packages and beside the spec",
            )
    return not report.has_errors


def output_shapes(graph: Graph, model: Any) -> dict[str, tuple[int | None, ...]]:
    """The shape of each output, with the batch as its first axis."""
    by_name = dict(zip(flat_order(graph.outputs), model.outputs, strict=True))
    return {name: tuple(by_name[name].shape) for name in graph.outputs}


def concrete_output_shapes(built: BuiltModel, part: DataSplit) -> dict[str, tuple[int, ...]]:
    """The shape of each output's answer for one example; asked of the model where an axis is unknown."""
    shapes = {name: shape[1:] for name, shape in output_shapes(built.graph, built.model).items()}
    if any(size is None for shape in shapes.values() for size in shape):
        from kspec.data.pipeline import Batches

        size = built.spec.document.fixed_batch or 1
        first = {name: array[:size] for name, array in part.inputs.items()}
        one = Batches(first, {}, {}, batch_size=size, shuffle=False, seed=0)
        answer = built.model.predict(one.dataset(), verbose=0)
        answers = answer if isinstance(answer, dict) else {next(iter(shapes)): answer}
        shapes = {name: value.shape[1:] for name, value in answers.items()}
    return {name: tuple(int(size or 1) for size in shape) for name, shape in shapes.items()}


def _target_facts(graph: Graph, model: Any, dataset: Dataset | None) -> dict[str, TargetFacts]:
    facts = {}
    for name, shape in output_shapes(graph, model).items():
        units = shape[-1] if len(shape) > 1 else 1
        if dataset is None:
            facts[name] = TargetFacts(units=units)
            continue
        target = dataset.splits["train"].targets.get(name)
        columns = None if target is None else _columns(target.shape, len(shape))
        facts[name] = TargetFacts(columns=columns, units=units, present=target is not None)
    return facts


def _columns(target: tuple[int, ...], rank: int) -> int:
    """How many columns a target has for each answer: one, where it has a label for each of several positions.

    Args:
        target: Its shape, (n, …).
        rank: Of the output, the batch counted.
    """
    if rank > 2:
        return int(target[-1]) if len(target) == rank else 1
    return int(target[1]) if len(target) > 1 else 1


class _Adapter:
    """Adapts layers on the training split, in their order, before what follows them is built."""

    def __init__(self, spec: Spec, dataset: Dataset | None, report: Report, must_adapt: bool) -> None:
        self.spec = spec
        self.dataset = dataset
        self.report = report
        self.must_adapt = must_adapt
        self.layers: dict[str, Any] = {}

    def size(self, word: str, name: str) -> int:
        if word == "vocabulary_of":
            layer = self.layers.get(name)
            if layer is not None and (self.dataset is not None or layer.vocabulary_size() > 2):
                return int(layer.vocabulary_size())
        elif self.dataset is not None and name in self.dataset.labels:
            return len(self.dataset.labels[name].names)
        raise UnknownSize(f"the size `{{{word}: {name}}}` comes from the data, and there is none")

    def __call__(self, layer: Any, node: Node, network: Any) -> None:
        self.layers[node.name] = layer
        given = self.spec.document.weights is not None and node.head == "Normalization"  # its state is weights
        if given or _knows_already(node):
            return
        if self.dataset is None:
            if self.must_adapt:
                raise UnknownSize(f"`{node.name}` learns from the training data, and the spec has none")
            return
        feed = next(iter(node.feeds.values()))
        tensor = feed[0] if isinstance(feed, list) else feed
        symbolic = network.values[tensor.node][tensor.output]
        train = self.dataset.splits["train"]
        if tensor.node in train.inputs and self.spec.document.inputs.get(tensor.node):
            adapt_layer(layer, {tensor.node: train.inputs[tensor.node]}, None)
        else:
            adapt_layer(layer, train.inputs, (network.values, symbolic))


def _knows_already(node: Node) -> bool:
    """Whether the spec states what the layer would learn."""
    return bool({"vocabulary", "mean", "bin_boundaries"} & {k for k, v in node.arguments.items() if v is not None})


def adapt_layer(layer: Any, inputs: Mapping[str, Any], partial: Any) -> None:
    """Adapts a layer on arrays, or on what the part of the model before it makes of them."""
    import keras
    import numpy as np

    from kspec.data.pipeline import Batches

    if partial is None:
        array = next(iter(inputs.values()))
        if isinstance(array, np.ndarray) and array.dtype.kind in "fiub":
            layer.adapt(array)
        else:
            layer.adapt(Batches(inputs, {}, {}, batch_size=1024, shuffle=False, seed=0).dataset())
        return
    values, symbolic = partial
    names = list(inputs)
    function = keras.Function([values[name][0] for name in names], symbolic)
    batches = Batches(inputs, {}, {}, batch_size=1024, shuffle=False, seed=0).dataset()

    def before(batch: Any) -> Any:
        return function([batch[name] for name in names] if isinstance(batch, dict) else [batch])

    layer.adapt(batches.map(before))


def check_targets_fit(built: BuiltModel, encoded: Mapping[str, Any], report: Report) -> None:
    """Reports a target whose shape is not that of its output: Keras would broadcast the two in silence."""
    shapes = output_shapes(built.graph, built.model)
    for name, target in encoded.items():
        shape = shapes[name]
        settings = built.settings.outputs[name]
        if loss_name(settings.loss) in FREE_FORM_LOSSES:
            continue
        sparse = target.dtype.kind in "iu" and settings.task == "multiclass_classification"
        wanted = shape[1:-1] if sparse else shape[1:]
        given = tuple(target.shape[1:])
        if len(wanted) == len(given) and all(w is None or w == g for w, g in zip(wanted, given, strict=True)):
            continue
        if sparse and given == (*wanted, 1):
            continue
        _refuse_target(built, name, shape, given, report)


def _refuse_target(
    built: BuiltModel, name: str, shape: tuple[int | None, ...], given: tuple[int, ...], report: Report
) -> None:
    node = built.graph.nodes[built.graph.outputs[name].node]
    positions = built.spec.positions
    shown = "one value" if given in ((), (1,)) else f"the shape {given}"
    answer = shape_text(shape[1:])
    if len(shape) > 2 and len(given) <= 1:
        help = f"`{name}` answers at every position; for one answer put `Flatten` or a global pooling layer before it"
    elif len(shape) == 2 and len(given) <= 1 and shape[1] != 1:
        help = "give it as many units as the target has columns (or `{classes_of: " + name + "}` for labels)"
    else:
        help = "give the output the target's shape, or the target the output's"
    report.error(
        codes.DATA_SHAPE_MISMATCH,
        f"`{name}` answers {answer} for each example, and its target has {shown}",
        positions.value(node.path),
        help=help,
    )
