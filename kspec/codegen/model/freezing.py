"""The statements that freeze and unfreeze layers between the stages of training."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from kspec.codegen.model.arguments import UnsupportedInPython
from kspec.codegen.text.literals import literal, text
from kspec.ir import Graph
from kspec.ir.layer_patterns import names_of_layers, networks_by_path, trainable_by_path
from kspec.language.spec import models_in


class Freezing:
    """What trains, as Keras knows it while the file runs.

    Setting a layer or model to what it is already does nothing; else all inside it is set, too.
    """

    def __init__(self, graph: Graph) -> None:
        self.networks = networks_by_path(graph)
        self.layers = trainable_by_path(graph)
        self.models = {
            prefix: not all(node.trainable is False for node in network.calls)
            for prefix, network in self.networks.items()
        }
        self.where = {"": "model", **dict(_found(graph, "model"))}

    def becomes(self, wanted: Mapping[str, bool]) -> list[str]:
        """The statements that freeze and unfreeze layers, and sub-models with all that is in them.

        Args:
            wanted: Whether each layer trains, by its path: `head`, `model/inner`; those left out stay.
        """
        wanted = {**self.layers, **wanted}
        changed = [path for path, state in wanted.items() if self.layers[path] is not state]
        lines = self._layers("", wanted)
        for prefix in reversed(self.networks):  # those that call a sub-model stand below it
            if not prefix:
                continue
            inside = (prefix, *(f"{inner}/" for inner in self.networks[prefix].called()))
            learns = any(state for path, state in wanted.items() if path.startswith(inside))
            touched = any(path.startswith(inside) for path in changed)
            if self.models[prefix] is not learns and (learns or touched):
                lines.append(f"    {self._get(prefix)}.trainable = {learns}")
                self._set_model(prefix, learns)
            lines += self._layers(prefix, wanted)
        return lines

    def _layers(self, prefix: str, wanted: Mapping[str, bool]) -> list[str]:
        """The statements for the layers of one network."""
        own = [path for path in self._own(prefix) if path in wanted]
        if all(wanted[path] is self.layers[path] for path in own):
            return []
        if self.networks[prefix].application is not None:
            lines = _of_application(self._get(prefix), {path.removeprefix(prefix): wanted[path] for path in own})
            self.layers.update({path: wanted[path] for path in own})
            return lines
        lines = []
        for state in (False, True):
            paths = [path for path in own if wanted[path] is state and self.layers[path] is not state]
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
                    for held in models_in(node.arguments):
                        self._set_model(f"{held}/", state)

    def _get(self, prefix: str) -> str:
        """The expression that gives a network."""
        if prefix not in self.where:
            raise UnsupportedInPython(
                f"freeze parts of `{prefix[:-1]}`, which no layer of the network gives", ("fit", "stages")
            )
        return self.where[prefix]


def _found(graph: Graph, expression: str) -> Iterator[tuple[str, str]]:
    """What stands before the paths of each sub-model's layers, and what gives it in Python.

    Args:
        graph: The network that is looked through.
        expression: What gives that.
    """
    for node in graph.calls:
        if node.kind == "model":
            called, said = node.head, f"{expression}.get_layer({text(node.head.rpartition('/')[2])})"
        elif node.arguments.get("layer") in [{"model": name} for name in models_in(node.arguments)]:
            called, said = node.arguments["layer"]["model"], f"{expression}.get_layer({_name(node.name)}).layer"
        else:
            continue
        yield from _found(graph.models[called], said)
        yield f"{called}/", said


def _of_application(network: str, states: Mapping[str, bool]) -> list[str]:
    """The statement that tells of a model of `keras.applications` which layers train, by the fewer names."""
    trained = [layer for layer, state in states.items() if state]
    frozen = [layer for layer, state in states.items() if not state]
    few, word = (trained, "in") if len(trained) <= len(frozen) else (frozen, "not in")
    return [f"    for layer in {network}.layers:", f"        layer.trainable = layer.name {word} {literal(few)}"]


def _each(network: str, paths: list[str], state: bool) -> list[str]:
    """The statements for the layers of one network."""
    if len(paths) == 1:
        return [f"    {network}.get_layer({_name(paths[0])}).trainable = {state}"]
    if not paths:
        return []
    names = literal([path.replace("/", ".") for path in paths])
    return [f"    for name in {names}:", f"        {network}.get_layer(name).trainable = {state}"]


def _name(path: str) -> str:
    return text(path.replace("/", "."))
