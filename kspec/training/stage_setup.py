"""The stages of step 3: which layers train, and the model compiled anew, as one does it by hand in Keras."""

from __future__ import annotations

import math
from typing import Any

from kspec.analysis.stages import Stage
from kspec.compiler.define import BuiltModel
from kspec.ir import Graph
from kspec.ir.layer_patterns import names_of_layers, networks_by_path, trainable_by_path
from kspec.training.compile import compile_model, format_call


def begin_stage(built: BuiltModel, stage: Stage) -> str:
    """Freezes and unfreezes layers as a stage says, and compiles; returns the line that says what trains with what.

    The optimizer is a new one, for its state is that of the weights that trained before. A frozen layer is called in
    inference: BatchNormalization keeps its statistics.
    """
    _set_trainable(built, stage.trainable)
    compile_model(built.model, built.spec, built.settings, stage.optimizer)
    trained = trained_parameters(built.model)
    return f"{trained:,} of {built.model.count_params():,} parameters train; {format_call(stage.optimizer)}"


def _set_trainable(built: BuiltModel, told: dict[str, bool]) -> None:
    """Sets what is told of layers.

    In Keras a sub-model hands it on to all inside it, and so it is set before its layers, with all that it calls.
    """
    graph, network = built.graph, built.network
    networks = networks_by_path(graph)
    states = trainable_by_path(graph) | told
    touched = {prefix for prefix in networks if any(path in told for path in _paths_in(networks[prefix], prefix))}
    touched |= {f"{inner}/" for prefix in touched if prefix for inner in networks[prefix].called_models()}
    own, *models = networks
    for prefix in (own, *reversed(models)):  # a sub-model stands above those that call it
        if prefix not in touched:
            continue
        here = network.models[prefix[:-1]] if prefix else network
        if prefix:
            inside = (prefix, *(f"{inner}/" for inner in networks[prefix].called_models()))
            here.model.trainable = any(state for path, state in states.items() if path.startswith(inside))
        if networks[prefix].application is not None:
            weighted = [layer for layer in here.model.layers if layer.weights]
            for layer, path in zip(weighted, _paths_in(networks[prefix], prefix), strict=True):
                layer.trainable = states[path]
            continue
        for node in networks[prefix].calls:
            path = prefix + node.name
            if node.kind == "layer" and (prefix or path in told):
                here.layers[node.name].trainable = states[path]


def _paths_in(network: Graph, prefix: str) -> list[str]:
    """The paths of a network's own layers."""
    return [prefix + name for node in network.calls for name in names_of_layers(node)]


def resume_callbacks(callbacks: list[Any], before: list[Any]) -> None:
    """Callbacks are made afresh for each stage; the files that they write go on.

    Args:
        before: Those of the stage before, in the same order.
    """
    import keras

    for callback, past in zip(callbacks, before, strict=True):
        if isinstance(callback, keras.callbacks.CSVLogger):
            callback.append = True
        elif isinstance(callback, keras.callbacks.ModelCheckpoint):
            callback.best = past.best


def trained_parameters(model: Any) -> int:
    """How many numbers training changes."""
    return sum(math.prod(int(axis) for axis in weight.shape) for weight in model.trainable_weights)
