"""The statements that freeze and unfreeze layers between the stages of training."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from kspec.codegen.model.arguments import UnsupportedInPython
from kspec.codegen.text.literals import literal, text
from kspec.ir import Graph
from kspec.ir.layer_patterns import names_of_layers, networks_by_path, trainable_by_path
from kspec.language.spec import models_in


class Freezing:
    """Which layers are trainable at each point of the file, in Keras's terms.

    Setting `trainable` of a model also sets it for everything inside, unless the model has that value already.
    """

    def __init__(self, graph: Graph) -> None:
        self.networks = networks_by_path(graph)
        self.layers = trainable_by_path(graph)
        self.models = {
            prefix: not all(node.trainable is False for node in network.calls)
            for prefix, network in self.networks.items()
        }
        self.expressions = {"": "model", **dict(_sub_models(graph, "model"))}

    def change_lines(self, trainable: Mapping[str, bool]) -> list[str]:
        """The statements that freeze and unfreeze layers, and sub-models with all that is in them.

        Args:
            trainable: Whether each layer trains, by its path: `head`, `model/inner`; layers left out stay as they are.
        """
        trainable = {**self.layers, **trainable}
        changed = [path for path, state in trainable.items() if self.layers[path] is not state]
        lines = self._layers("", trainable)
        for prefix in reversed(self.networks):  # callers first: they come after their sub-models
            if not prefix:
                continue
            inside = (prefix, *(f"{inner}/" for inner in self.networks[prefix].called_models()))
            learns = any(state for path, state in trainable.items() if path.startswith(inside))
            touched = any(path.startswith(inside) for path in changed)
            if self.models[prefix] is not learns and (learns or touched):
                lines.append(f"    {self._get(prefix)}.trainable = {learns}")
                self._set_model(prefix, learns)
            lines += self._layers(prefix, trainable)
        return lines

    def _layers(self, prefix: str, trainable: Mapping[str, bool]) -> list[str]:
        """The statements for the layers of one network."""
        own = [path for path in self._own(prefix) if path in trainable]
        if all(trainable[path] is self.layers[path] for path in own):
            return []
        if self.networks[prefix].application is not None:
            lines = _of_application(self._get(prefix), {path.removeprefix(prefix): trainable[path] for path in own})
            self.layers.update({path: trainable[path] for path in own})
            return lines
        lines = []
        for state in (False, True):
            paths = [path for path in own if trainable[path] is state and self.layers[path] is not state]
            lines += _each(self._get(prefix), [path.removeprefix(prefix) for path in paths], state)
            for path in paths:
                self._set_layer(path, state)
        return lines

    def _own(self, prefix: str) -> list[str]:
        """The paths of a network's own layers."""
        return [prefix + name for node in self.networks[prefix].calls for name in names_of_layers(node)]

    def _set_model(self, prefix: str, state: bool) -> None:
        if self.models[prefix] is state:
            return
        self.models[prefix] = state
        for node in self.networks[prefix].calls:
            if node.kind == "model":
                self._set_model(f"{node.head}/", state)
        for path in self._own(prefix):
            if path in self.layers:
                self._set_layer(path, state)

    def _set_layer(self, path: str, state: bool) -> None:
        if self.layers[path] is state:
            return
        self.layers[path] = state
        for prefix, network in self.networks.items():
            for node in network.calls:
                if prefix + node.name == path:
                    for inner in models_in(node.arguments):
                        self._set_model(f"{inner}/", state)

    def _get(self, prefix: str) -> str:
        """The expression for a network."""
        if prefix not in self.expressions:
            raise UnsupportedInPython(
                f"freeze parts of `{prefix[:-1]}`, which is not a layer of the network", ("fit", "stages")
            )
        return self.expressions[prefix]


def _sub_models(graph: Graph, expression: str) -> Iterator[tuple[str, str]]:
    """The path prefix of each sub-model's layers, and the expression for that sub-model.

    Args:
        graph: The network that calls the sub-models.
        expression: The expression for that network.
    """
    for node in graph.calls:
        if node.kind == "model":
            model, inner = node.head, f"{expression}.get_layer({text(node.head.rpartition('/')[2])})"
        elif node.arguments.get("layer") in [{"model": name} for name in models_in(node.arguments)]:
            model, inner = node.arguments["layer"]["model"], f"{expression}.get_layer({_name(node.name)}).layer"
        else:
            continue
        yield from _sub_models(graph.models[model], inner)
        yield f"{model}/", inner


def _of_application(network: str, states: Mapping[str, bool]) -> list[str]:
    """The loop that sets which layers of a `keras.applications` model train, naming the shorter of both lists."""
    trained = [layer for layer, state in states.items() if state]
    frozen = [layer for layer, state in states.items() if not state]
    names, operator = (trained, "in") if len(trained) <= len(frozen) else (frozen, "not in")
    return [f"    for layer in {network}.layers:", f"        layer.trainable = layer.name {operator} {literal(names)}"]


def _each(network: str, paths: list[str], state: bool) -> list[str]:
    """The statements that set `trainable` of some layers of one network."""
    if len(paths) == 1:
        return [f"    {network}.get_layer({_name(paths[0])}).trainable = {state}"]
    if not paths:
        return []
    names = literal([path.replace("/", ".") for path in paths])
    return [f"    for name in {names}:", f"        {network}.get_layer(name).trainable = {state}"]


def _name(path: str) -> str:
    return text(path.replace("/", "."))
