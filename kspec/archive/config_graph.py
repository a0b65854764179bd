"""A model's configuration → its calls: which layer or op is called, with what, in an order that reads well."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from kspec.archive.errors import contains_code, printable, unreadable, unsupported
from kspec.archive.values import MODELS

OUTPUTS = 10_000
"""Outputs that a call can have."""
DEPTH = 50
"""How deep structures of inputs, outputs and arguments may be."""


class Ref(NamedTuple):
    """One output of a call, as a configuration references it."""

    layer: str
    call: int
    output: int


class CallId(NamedTuple):
    """Which call of which layer."""

    layer: str
    number: int


@dataclass(slots=True)
class Layer:
    """A layer, op or model of a configuration.

    Args:
        data: As Keras wrote it: `module`, `class_name`, `config`.
        calls: Positional and named arguments of each of its calls, tensors as `Ref`.
        is_weight: Whether it is a learned weight, with the arguments of the head `weight` as its configuration.
    """

    name: str
    data: Mapping[str, Any]
    calls: list[tuple[list[Any], dict[str, Any]]] = field(default_factory=list)
    is_weight: bool = False

    @property
    def class_name(self) -> str:
        return str(self.data["class_name"])

    @property
    def is_input(self) -> bool:
        return self.class_name == "InputLayer"

    @property
    def is_model(self) -> bool:
        return self.class_name in MODELS


@dataclass(slots=True)
class ConfigGraph:
    """A model's graph.

    Args:
        layers: By name, in Keras's order.
        inputs: Name → the input's tensor, in the order in which the model takes them.
        outputs: The tensors that it gives, by name; where the model names none, by those of their layers.
        named: Whether the model itself names its outputs: it gives a dict.
    """

    name: str
    layers: dict[str, Layer] = field(default_factory=dict)
    inputs: dict[str, Ref] = field(default_factory=dict)
    outputs: list[tuple[str, Ref]] = field(default_factory=list)
    named: bool = False
    trainable: bool = True

    def ordered_calls(self) -> list[CallId]:
        """All calls except inputs, in topological order, with chains of calls kept together where possible.

        The calls of one layer keep their order, since the first one creates the layer.
        """
        found: list[CallId] = []
        done: set[CallId] = {CallId(ref.layer, ref.call) for ref in self.inputs.values()}
        open_: set[CallId] = set()
        for _, output in self.outputs:
            waiting = [(CallId(output.layer, output.call), iter(self._before(CallId(output.layer, output.call))))]
            open_.add(waiting[0][0])
            if waiting[0][0] in done:
                continue
            while waiting:
                call, befores = waiting[-1]
                before = next((other for other in befores if other not in done), None)
                if before is None:
                    waiting.pop()
                    open_.discard(call)
                    if call not in done:
                        done.add(call)
                        found.append(call)
                    continue
                if before in open_:
                    raise unreadable(f"the model's graph has a cycle, at `{printable(before.layer)}`")
                open_.add(before)
                waiting.append((before, iter(self._before(before))))
        return found

    def _before(self, call: CallId) -> list[CallId]:
        """The calls that must come before one: the layer's previous call, and those it receives outputs of."""
        args, kwargs = self.arguments(call)
        referenced = [CallId(ref.layer, ref.call) for ref in refs([args, kwargs])]
        return ([CallId(call.layer, call.number - 1)] if call.number else []) + referenced

    def arguments(self, call: CallId) -> tuple[list[Any], dict[str, Any]]:
        layer = self.layers.get(call.layer)
        if layer is None or not 0 <= call.number < len(layer.calls):
            raise unreadable(f"the model's graph references a missing call of `{printable(call.layer)}`")
        return layer.calls[call.number]


def refs(value: Any) -> Iterator[Ref]:
    """All tensors in a call's arguments, in order."""
    if isinstance(value, Ref):
        yield value
    elif isinstance(value, (list, dict)):
        for item in value.values() if isinstance(value, dict) else value:
            yield from refs(item)


def read_graph(model: Mapping[str, Any]) -> ConfigGraph:
    """The graph of a serialized functional or Sequential model.

    Raises:
        ImportRefused: If it is neither, or not in Keras's format.
    """
    config = model.get("config")
    check_is_model(model)
    if not isinstance(config, dict) or not isinstance(config.get("layers"), list) or not config["layers"]:
        raise unreadable("the model's configuration lists no layers")
    is_sequential = model["class_name"] == "Sequential"
    found = _sequential(config, model) if is_sequential else _functional(config)
    found.trainable = config.get("trainable") is not False
    return found


def check_is_model(model: Mapping[str, Any]) -> None:
    """Check that a serialized object is a model of a Keras class."""
    name, registered = str(model["class_name"]), model.get("registered_name")
    is_own = isinstance(registered, str) and registered not in ("", name)
    module = model.get("module")
    is_keras = module is None or (isinstance(module, str) and (module == "keras" or module.startswith("keras.")))
    if name not in MODELS or is_own or not is_keras:
        custom = registered if is_own else name
        raise contains_code(
            f"the model has a custom class, `{printable(custom)}`, so its computation is Python code",
            "rebuild it as a functional or Sequential model",
        )


def _functional(config: Mapping[str, Any]) -> ConfigGraph:
    found = ConfigGraph(_name_of(config))
    for data in config["layers"]:
        layer = _layer(data)
        if layer.name in found.layers:
            raise unreadable(f"two layers have the name `{printable(layer.name)}`")
        found.layers[layer.name] = layer
    for name, ref in _named(config.get("input_layers"), found):
        given = found.layers.get(ref.layer)
        if given is None or not given.is_input:
            raise unreadable(f"the model's input `{printable(ref.layer)}` is not an input layer")
        given.calls = given.calls or [([], {})]
        found.inputs[name] = ref
    outputs = config.get("output_layers")
    found.named = isinstance(outputs, dict)
    found.outputs = list(_named(outputs, found))
    if not found.inputs or not found.outputs:
        raise unreadable("the model's configuration does not name its inputs and outputs")
    return found


def _name_of(config: Mapping[str, Any]) -> str:
    """A model's own name; empty if it has none."""
    name = config.get("name")
    if name is not None and not isinstance(name, str):
        raise unreadable("the model's name is not text")
    return name or ""


def _named(value: Any, found: ConfigGraph, name: str = "", depth: int = 0) -> Iterator[tuple[str, Ref]]:
    """The inputs or outputs of a model, with their names: a dict's keys, or those of the layers."""
    if depth > DEPTH:
        raise unreadable("the model's inputs or outputs are nested too deeply")
    if isinstance(value, list) and len(value) == 3 and isinstance(value[0], str):
        ref = _ref(value)
        if ref.layer not in found.layers:
            raise unreadable(f"the model's graph references a missing layer: `{printable(ref.layer)}`")
        yield name or ref.layer, _without_own_node(ref, found.layers[ref.layer])
    elif isinstance(value, dict):
        for key in sorted(value):
            yield from _named(value[key], found, str(key), depth + 1)
    elif isinstance(value, list):
        for number, item in enumerate(value):
            inner = f"{name}_{number}" if name and isinstance(item, list) else ""
            yield from _named(item, found, inner, depth + 1)
    else:
        raise unreadable("the model's configuration does not name its inputs and outputs")


def _without_own_node(ref: Ref, layer: Layer) -> Ref:
    """An output of the model, whose calls of a functional model Keras counts from one."""
    if not layer.is_model or layer.class_name == "Sequential":
        return ref
    return ref._replace(call=ref.call - 1 if ref.call else len(layer.calls) - 1)


def _ref(value: list[Any]) -> Ref:
    layer, call, output = value
    if not (isinstance(layer, str) and type(call) is int and type(output) is int):
        raise unreadable("the model's graph is not in the format of Keras 3", "load it with Keras and save it again")
    if not (call >= 0 and 0 <= output < OUTPUTS):
        raise unreadable(f"the model's graph references a missing output of `{printable(layer)}`")
    return Ref(layer, call, output)


def _layer(data: Any) -> Layer:
    if not isinstance(data, dict) or not isinstance(data.get("class_name"), str):
        raise unreadable("a layer of the configuration is not in Keras's format")
    config = data.get("config")
    name = data.get("name") or (config.get("name") if isinstance(config, dict) else None)
    if not isinstance(name, str) or not isinstance(config, dict):
        raise unreadable(f"a `{printable(data['class_name'])}` of the configuration has no name, or no configuration")
    nodes = data.get("inbound_nodes", [])
    if not isinstance(nodes, list) or not all(isinstance(node, dict) for node in nodes):
        raise unreadable("the model's graph is not in the format of Keras 3", "load it with Keras and save it again")
    return Layer(name, data, [_call(node, name) for node in nodes])


def _call(node: Mapping[str, Any], name: str) -> tuple[list[Any], dict[str, Any]]:
    args, kwargs = node.get("args", []), node.get("kwargs", {})
    if not isinstance(args, list) or not isinstance(kwargs, dict):
        raise unreadable(f"a call of `{printable(name)}` is not in Keras's format")
    return [_argument(item, name) for item in args], {key: _argument(item, name) for key, item in kwargs.items()}


def _argument(value: Any, name: str, depth: int = 0) -> Any:
    """An argument of a call, with tensors as `Ref`, also in lists and mappings."""
    if depth > DEPTH:
        raise unreadable(f"an argument of `{printable(name)}` is nested too deeply")
    if isinstance(value, list):
        return [_argument(item, name, depth + 1) for item in value]
    if not isinstance(value, dict):
        return value
    class_ = value.get("class_name")
    config = value.get("config")
    history = config.get("keras_history") if isinstance(config, dict) else None
    if class_ == "__keras_tensor__" and isinstance(history, list) and len(history) == 3:
        return _ref(history)
    if class_ == "__tuple__" and isinstance(value.get("items"), list):
        return [_argument(item, name, depth + 1) for item in value["items"]]
    if class_ is None:
        return {key: _argument(item, name, depth + 1) for key, item in value.items()}
    return value


def _sequential(config: Mapping[str, Any], model: Mapping[str, Any]) -> ConfigGraph:
    """A Sequential model as a functional one."""
    found = ConfigGraph(_name_of(config))
    layers = [_layer(data) for data in config["layers"]]
    if not layers[0].is_input:
        layers.insert(0, _implied_input(config, model, {layer.name for layer in layers}))
    before = Ref(layers[0].name, 0, 0)
    for number, layer in enumerate(layers):
        if layer.name in found.layers:
            raise unreadable(f"two layers have the name `{printable(layer.name)}`")
        if number and layer.is_input:
            raise unreadable("a Sequential model has an input layer that is not its first layer")
        layer.calls = [([before], {})] if number else [([], {})]
        found.layers[layer.name] = layer
        before = Ref(layer.name, 0, 0)
    found.inputs = {layers[0].name: Ref(layers[0].name, 0, 0)}
    found.outputs = [(before.layer, before)]
    return found


def _implied_input(config: Mapping[str, Any], model: Mapping[str, Any], taken: set[str]) -> Layer:
    """The input of a Sequential model that was built with a shape."""
    build = model.get("build_config")
    shape = config.get("build_input_shape") or (build.get("input_shape") if isinstance(build, dict) else None)
    if not isinstance(shape, list):
        raise unsupported(
            "the Sequential model has no input shape",
            "build it with `model.build((None, 10))` or start it with an `Input`, and save it again",
        )
    name = next(name for name in ("x", "input", "inputs", "model_input") if name not in taken)
    return Layer(name, {"class_name": "InputLayer", "config": {"batch_shape": shape, "dtype": "float32", "name": name}})
