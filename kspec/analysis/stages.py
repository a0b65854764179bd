"""The stages of a training: which layers train in each, for how long, with which optimizer."""

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
from kspec.language.spec import models_in
from kspec.syntax.names import warn_automatic_name

PATH: Path = ("fit", "stages")


@dataclass(slots=True)
class Stage:
    """A part of the training, nothing left out.

    Args:
        number: From 1.
        name: What progress calls it; empty where the spec has no stages.
        epochs: How often it goes through the training split.
        optimizer: As it would be written.
        trainable: By path, whether a layer trains: of the layers that this stage or one before speaks of. The others
            are as their entries say.
    """

    number: int
    name: str
    epochs: int
    optimizer: Any
    trainable: dict[str, bool] = field(default_factory=dict)


def resolve_stages(spec: Spec, graph: Graph, optimizer: Any, report: Report) -> list[Stage]:
    """The stages of a spec, in their order; one, that speaks of no layer, where it has no `stages`.

    Args:
        optimizer: That of `compile`.
    """
    fit = spec.document.fit
    if fit.stages is None:
        return [Stage(1, "", fit.epochs, optimizer)]
    _names_once(spec, report)
    found: list[Stage] = []
    trainable: dict[str, bool] = {}
    for index, said in enumerate(fit.stages):
        optimizer = said.optimizer or optimizer
        told = _told(said.trainable or {}, graph, (*PATH, index, "trainable"), spec, report)
        trainable = {**trainable, **told}
        name = said.name or f"stage {index + 1}"
        found.append(Stage(index + 1, name, said.epochs or fit.epochs, optimizer, trainable))
    return found


def trained(graph: Graph, types: Types, stage: Stage) -> dict[str, int | None]:
    """By path, how many parameters a stage trains, of the layers that do; None where that cannot be told."""
    sizes: dict[str, int | None] = {}
    states = trainable_by_path(graph) | stage.trainable
    for prefix, network in networks_by_path(graph).items():
        known = types.models[prefix[:-1]] if prefix else types
        needed = network.needed_nodes()
        for node in network.calls:
            held = any(models_in(node.arguments))  # what it holds is counted by itself
            if node.kind != "layer" or node.name not in needed or held:
                continue
            within = {prefix + layer.name: layer.trained for layer in layers_within(node)}
            free = {path: size for path, size in within.items() if states[path]}
            if len(free) < len(within):
                sizes.update({path: size for path, size in free.items() if size != 0})
            elif within or states[prefix + node.name]:  # of a whole model the sum is known at any width
                weights = known.calls[node.name].weights
                size = None if weights is None else sum(weight.size for weight in weights if weight.trainable)
                if size != 0:
                    sizes[prefix + node.name] = size
    return sizes


def trained_by_stage(graph: Graph, types: Types, stages: list[Stage]) -> dict[str, int | None]:
    """By stage, how many parameters it trains, None where that cannot be told; nothing where the spec has no stages."""
    sizes = {stage.name: list(trained(graph, types, stage).values()) for stage in stages if stage.name}
    return {name: None if None in found else sum(size or 0 for size in found) for name, found in sizes.items()}


def _names_once(spec: Spec, report: Report) -> None:
    places: dict[str, Path] = {}
    for index, stage in enumerate(spec.document.fit.stages or ()):
        path = (*PATH, index, "name")
        if stage.name is None:
            continue
        if stage.name in places:
            before = Related("it stands here first", spec.positions.value(places[stage.name]))
            report.error(
                codes.DUPLICATE_NAME, f"the name `{stage.name}` is taken", spec.positions.value(path),
                help="names of stages are unique", related=(before,),
            )  # fmt: skip
        places.setdefault(stage.name, path)


def _told(said: dict[str, bool], graph: Graph, path: Path, spec: Spec, report: Report) -> dict[str, bool]:
    """By path, what a stage says of layers; of several patterns that match one, the closest counts.

    What a sub-model calls is within it, and told with it, but for what is named itself.
    """
    layers, copies = layers_by_path(graph), copies_by_path(graph)
    told: dict[str, bool] = {}
    within: dict[str, bool] = {}
    for pattern in sorted(said, key=rank):
        found = matching(pattern, layers, copies)
        if not found:
            _matches_nothing(pattern, graph, (*path, pattern), spec, report)
        elif pattern.partition("/")[0] not in graph.models and (
            automatic := automatic_part(pattern, graph.automatic_names)
        ):
            warn_automatic_name(
                automatic, graph.automatic_names[automatic], spec.positions.key((*path, pattern)), report
            )
        told.update(dict.fromkeys(found, said[pattern]))
        whole = [name for name in graph.models if matching(pattern, [name], copies)]
        for model in dict.fromkeys(inner for place in (*whole, *found) for inner in called_within(place, graph)):
            within.update(dict.fromkeys(matching(model, layers, {}), said[pattern]))
    return {**within, **told}


def _matches_nothing(pattern: str, graph: Graph, path: Path, spec: Spec, report: Report) -> None:
    known = nameable(graph)
    within, slash, _ = pattern.rpartition("/")
    inside = [name for name in known if slash and name.startswith(f"{within}/")]
    shown = inside or [name for name in known if "/" not in name]
    node = graph.nodes.get(pattern)
    if node is not None and node.faulty:
        return
    help = f"what you can name here: {', '.join(shown[:12])}" + (" ..." if len(shown) > 12 else "")
    if node is not None:
        callee = node.head if node.kind == "model" else graph.callee(node).name
        what = {"input": "an input", "op": "a function without weights", "model": f"a call of the sub-model `{callee}`"}
        kind = what.get(node.kind, f"a second call of `{callee}`")
        help = f"write `{callee}`" if node.kind in ("reuse", "model") else help
        report.error(
            codes.INVALID_LAYER_REUSE, f"`{pattern}` is {kind}; only layers train", spec.positions.key(path), help=help
        )
    elif is_glob(pattern):
        report.error(
            codes.UNKNOWN_NODE, f"`{pattern}` matches no layer", spec.positions.key(path),
            label=did_you_mean(pattern.rstrip("*?"), known), help=help + "; a `*` stands within one name",
        )  # fmt: skip
    else:
        report.error(
            codes.UNKNOWN_NODE, f"no node is called `{pattern}`", spec.positions.key(path),
            label=did_you_mean(pattern, known), help=help,
        )  # fmt: skip
