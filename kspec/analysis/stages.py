"""The stages of training: which layers train in each, for how long, with which optimizer."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from kspec.analysis.shapes.types import Types
from kspec.diagnostics import Path, Related, Report, codes, did_you_mean
from kspec.ir import Graph
from kspec.ir.layer_patterns import (
    called_within,
    copies_by_path,
    is_glob,
    layers_by_path,
    layers_within,
    matching,
    nameable,
    networks_by_path,
    rank,
    trainable_by_path,
)
from kspec.ir.scope import automatic_part
from kspec.language import Spec
from kspec.language.removed_values import MayLackValues, attempt
from kspec.language.spec import models_in
from kspec.syntax.entries import warn_automatic_name

PATH: Path = ("fit", "stages")


@dataclass(slots=True)
class Stage(MayLackValues):
    """A stage of training, with every default resolved.

    Args:
        number: From 1.
        name: For progress messages; empty if the spec has no stages.
        epochs: The number of passes over the training split.
        optimizer: As a spec would write it.
        trainable: By path, whether a layer trains, for the layers that this stage or an earlier one names. The others
            follow their own entries.
    """

    number: int
    name: str
    epochs: int
    optimizer: Any
    trainable: dict[str, bool] = field(default_factory=dict)


def resolve_stages(spec: Spec, graph: Graph, optimizer: Any, report: Report) -> list[Stage]:
    """The stages of a spec, in order; a single one if it has no `stages`.

    Args:
        spec: The spec.
        graph: Its graph.
        optimizer: That of `compile`.
        report: Receives the errors.
    """
    fit = spec.document.fit
    if fit.stages is None:
        return [Stage(1, "", attempt(lambda: fit.epochs), optimizer)]
    _check_names(spec, report)
    stages: list[Stage] = []
    trainable: dict[str, bool] = {}
    for index, stage in enumerate(fit.stages):
        optimizer = stage.optimizer or optimizer
        patterns = _match_patterns(stage.trainable or {}, graph, (*PATH, index, "trainable"), spec, report)
        trainable = {**trainable, **patterns}
        name = stage.name or f"stage {index + 1}"
        epochs = stage.epochs or attempt(lambda: fit.epochs)
        stages.append(Stage(index + 1, name, epochs, optimizer, trainable))
    return stages


def averages_weights(optimizer: Any) -> bool:
    """Whether an optimizer replaces the weights by their moving average when training ends.

    Args:
        optimizer: As a spec would write it.
    """
    if not isinstance(optimizer, dict):
        return False
    arguments = next(iter(optimizer.values()), None)
    if not isinstance(arguments, dict):
        return False
    return arguments.get("use_ema") is True or averages_weights(arguments.get("inner_optimizer"))


def stage_callbacks(spec: Spec, stage: Stage) -> list[Any]:
    """The callbacks of a stage, as a spec would write them.

    Where the optimizer averages weights, `keep: best` compares and keeps the averages: Keras validates them, and other
    callbacks see them, if a SwapEMAWeights comes first.

    Args:
        spec: The spec.
        stage: The stage of training.
    """
    callbacks = spec.document.fit.callbacks
    heads = [next(iter(callback)) if isinstance(callback, dict) else callback for callback in callbacks]
    if spec.document.fit.keep != "best" or not averages_weights(stage.optimizer) or "SwapEMAWeights" in heads:
        return callbacks
    return [{"SwapEMAWeights": {"swap_on_epoch": True}}, *callbacks]


def trained_sizes(graph: Graph, types: Types, stage: Stage) -> dict[str, int | None]:
    """The layers that a stage trains, with the number of parameters trained in each.

    Args:
        graph: The spec's graph.
        types: The types of its tensors, and the weights of its calls.
        stage: The stage of training.

    Returns:
        Path of a layer → number of trained parameters, None if unknown; without layers that have none.
    """
    sizes: dict[str, int | None] = {}
    states = trainable_by_path(graph) | stage.trainable
    for prefix, network in networks_by_path(graph).items():
        known = types.models[prefix[:-1]] if prefix else types
        needed = network.needed_nodes()
        for node in network.calls:
            wraps_model = any(models_in(node.arguments))  # the layers of that model count by themselves
            if node.kind != "layer" or node.name not in needed or wraps_model:
                continue
            inner = {prefix + layer.name: layer.trained for layer in layers_within(node)}
            free = {path: size for path, size in inner.items() if states[path]}
            if len(free) < len(inner):
                sizes.update({path: size for path, size in free.items() if size != 0})
            elif inner or states[prefix + node.name]:  # the sum over a whole application is known at any width
                weights = known.calls[node.name].weights
                size = None if weights is None else sum(weight.size for weight in weights if weight.trainable)
                if size != 0:
                    sizes[prefix + node.name] = size
    return sizes


def trained_by_stage(graph: Graph, types: Types, stages: list[Stage]) -> dict[str, int | None]:
    """The number of parameters that each stage trains.

    Args:
        graph: The spec's graph.
        types: The types of its tensors, and the weights of its calls.
        stages: The stages of training.

    Returns:
        Stage name → number of trained parameters, None if unknown; empty if the spec has no stages.
    """
    sizes = {stage.name: list(trained_sizes(graph, types, stage).values()) for stage in stages if stage.name}
    return {name: None if None in counts else sum(count or 0 for count in counts) for name, counts in sizes.items()}


def _check_names(spec: Spec, report: Report) -> None:
    places: dict[str, Path] = {}
    for index, stage in enumerate(spec.document.fit.stages or ()):
        path = (*PATH, index, "name")
        if stage.name is None:
            continue
        if stage.name in places:
            report.error(
                codes.DUPLICATE_NAME,
                f"duplicate stage name `{stage.name}`",
                spec.positions.value(path),
                help="choose another name",
                related=(Related("first used here", spec.positions.value(places[stage.name])),),
            )
        places.setdefault(stage.name, path)


def _match_patterns(patterns: dict[str, bool], graph: Graph, path: Path, spec: Spec, report: Report) -> dict[str, bool]:
    """By path, whether a stage trains a layer; of several patterns that match, the most specific counts.

    The models that a sub-model calls belong to it, unless a pattern names them.

    Args:
        patterns: As the stage writes them.
        graph: The spec's graph.
        path: Where they are written.
        spec: The spec.
        report: Receives the errors.
    """
    layers, copies = layers_by_path(graph), copies_by_path(graph)
    direct: dict[str, bool] = {}
    inherited: dict[str, bool] = {}
    for pattern in sorted(patterns, key=rank):
        matches = matching(pattern, layers, copies)
        if not matches:
            _report_no_match(pattern, graph, (*path, pattern), spec, report)
        elif pattern.partition("/")[0] not in graph.models and (
            automatic := automatic_part(pattern, graph.automatic_names)
        ):
            owner = graph.automatic_names[automatic]
            warn_automatic_name(automatic, owner, spec.positions.key((*path, pattern)), report)
        direct.update(dict.fromkeys(matches, patterns[pattern]))
        models = [name for name in graph.models if matching(pattern, [name], copies)]
        for model in dict.fromkeys(inner for name in (*models, *matches) for inner in called_within(name, graph)):
            inherited.update(dict.fromkeys(matching(model, layers, {}), patterns[pattern]))
    return {**inherited, **direct}


def _report_no_match(pattern: str, graph: Graph, path: Path, spec: Spec, report: Report) -> None:
    known = nameable(graph)
    within, slash, _ = pattern.rpartition("/")
    inside = [name for name in known if slash and name.startswith(f"{within}/")]
    available = inside or [name for name in known if "/" not in name]
    node = graph.nodes.get(pattern)
    if node is not None and node.faulty:
        return
    help = f"available layers: {', '.join(available[:12])}" + (" ..." if len(available) > 12 else "")
    if node is not None:
        callee = node.head if node.kind == "model" else graph.callee(node).name
        what = {"input": "an input", "op": "an op without weights", "model": f"a call of sub-model `{callee}`"}
        kind = what.get(node.kind, f"a second call of `{callee}`")
        help = f"write `{callee}`" if node.kind in ("reuse", "model") else help
        report.error(
            codes.INVALID_LAYER_REUSE, f"`{pattern}` is {kind}, not a layer", spec.positions.key(path), help=help
        )
        return
    message, name = f"unknown node `{pattern}`", pattern
    if is_glob(pattern):
        message, name = f"`{pattern}` matches no layer", pattern.rstrip("*?")
        help += "; `*` matches within one name"
    report.error(codes.UNKNOWN_NODE, message, spec.positions.key(path), label=did_you_mean(name, known), help=help)
