"""Sets up a training stage: freezes layers and compiles the model anew, as one would in plain Keras."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from kspec.analysis.stages import Stage
from kspec.compiler.define import BuiltModel
from kspec.ir import Graph
from kspec.ir.layer_patterns import names_of_layers, networks_by_path, trainable_by_path
from kspec.training.compile import compile_model, format_call

if TYPE_CHECKING:
    from kspec.training.shared_model import SharedModel


def begin_stage(built: BuiltModel, stage: Stage, shared: SharedModel | None = None) -> str:
    """Freezes and unfreezes the layers of a stage, and compiles; returns a line for the user.

    The optimizer is new, since the state of the old one belongs to other weights. Frozen layers run in inference mode:
    BatchNormalization keeps its statistics.

    Args:
        built: The model.
        stage: The stage.
        shared: The model, where other trainings have used it.
    """
    _set_trainable(built, stage.trainable)
    if shared is None:
        compile_alone(built, stage.optimizer)
    else:
        shared.compile(built, stage.optimizer, stage.number)
    trained = trained_parameters(built.model)
    return f"trains {trained:,} of {built.model.count_params():,} parameters; {format_call(stage.optimizer)}"


def compile_alone(built: BuiltModel, optimizer: Any) -> str:
    """Compiles a model that no other training uses; returns a line for the user.

    Args:
        built: The model.
        optimizer: As a spec would write it.
    """
    return compile_model(built.model, built.spec, built.settings, optimizer)


def _set_trainable(built: BuiltModel, trainable: dict[str, bool]) -> None:
    """Sets `trainable` of layers.

    Keras passes the attribute of a sub-model on to everything in it. So sub-models are set before their layers, along
    with the sub-models that they call.

    Args:
        built: The model.
        trainable: By path, the layers to set.
    """
    graph, network = built.graph, built.network
    networks = networks_by_path(graph)
    states = trainable_by_path(graph) | trainable
    touched = {prefix for prefix in networks if any(path in trainable for path in _paths_in(networks[prefix], prefix))}
    touched |= {f"{inner}/" for prefix in touched if prefix for inner in networks[prefix].called_models()}
    own, *models = networks
    for prefix in (own, *reversed(models)):  # a sub-model is declared above those that call it
        if prefix not in touched:
            continue
        current = network.models[prefix[:-1]] if prefix else network
        if prefix:
            inside = (prefix, *(f"{inner}/" for inner in networks[prefix].called_models()))
            current.model.trainable = any(state for path, state in states.items() if path.startswith(inside))
        if networks[prefix].application is not None:
            weighted = [layer for layer in current.model.layers if layer.weights]
            for layer, path in zip(weighted, _paths_in(networks[prefix], prefix), strict=True):
                layer.trainable = states[path]
            continue
        for node in networks[prefix].calls:
            path = prefix + node.name
            if node.kind == "layer" and (prefix or path in trainable):
                current.layers[node.name].trainable = states[path]


def _paths_in(network: Graph, prefix: str) -> list[str]:
    """The paths of a network's own layers."""
    return [prefix + name for node in network.calls for name in names_of_layers(node)]


def resume_callbacks(callbacks: list[Any], before: list[Any]) -> None:
    """Makes new callbacks continue the files of the stage before.

    Args:
        callbacks: The callbacks of this stage.
        before: Those of the stage before, in the same order.
    """
    import keras

    for callback, old in zip(callbacks, before, strict=True):
        if isinstance(callback, keras.callbacks.CSVLogger):
            callback.append = True
        elif isinstance(callback, keras.callbacks.ModelCheckpoint):
            callback.best = old.best


def trained_parameters(model: Any) -> int:
    """The number of parameters that training changes."""
    return sum(math.prod(int(axis) for axis in weight.shape) for weight in model.trainable_weights)
