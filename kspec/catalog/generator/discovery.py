"""Finds Keras's classes and functions, kind by kind, with all their names."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import keras

from kspec.catalog.entry import Kind

_BASES: dict[Kind, tuple[str, type]] = {
    "layer": ("layers", keras.layers.Layer),
    "optimizer": ("optimizers", keras.optimizers.Optimizer),
    "schedule": ("optimizers.schedules", keras.optimizers.schedules.LearningRateSchedule),
    "loss": ("losses", keras.losses.Loss),
    "metric": ("metrics", keras.metrics.Metric),
    "initializer": ("initializers", keras.initializers.Initializer),
    "regularizer": ("regularizers", keras.regularizers.Regularizer),
    "constraint": ("constraints", keras.constraints.Constraint),
    "callback": ("callbacks", keras.callbacks.Callback),
}
_HELPERS = {"get", "serialize", "deserialize"}
_INTERNAL = {
    "keras.src.applications.convnext": ("LayerScale",),
    "keras.src.applications.inception_resnet_v2": ("CustomScaleLayer",),
}
"""Private layers of Keras that some of its applications use."""
_LISTED = {"keras.src.applications.convnext": ("StochasticDepth",)}
"""Private layers that specs use like public ones: plain Keras loads a model that has them."""
_ACTIVATIONS = ("Activation", "ELU", "LeakyReLU", "PReLU", "ReLU", "Softmax")
"""Layers that Keras accepts as a layer's activation."""


@dataclass(frozen=True, slots=True)
class KerasObject:
    """A class or function of Keras, and its names.

    Args:
        name: Its canonical name.
        path: Its public path.
        aliases: Its other names.
        target: The class or function itself.
        internal: Whether it is not listed, since it is private in Keras.
    """

    name: str
    path: str
    aliases: tuple[str, ...]
    target: Callable[..., Any]
    internal: bool = False


def walk(kind: Kind) -> Iterator[KerasObject]:
    """All public classes or functions of a kind, each under its own name if that is public."""
    if kind == "op":
        yield from _functions(keras.ops, "ops")
        yield from _functions(keras.ops.image, "ops.image", "image.")
    elif kind == "activation":
        yield from _functions(keras.activations, "activations")
    elif kind == "application":
        yield from _functions(keras.applications, "applications")
    else:
        yield from _classes(kind)
    if kind == "layer":
        yield from internal_layers()


def internal_layers() -> Iterator[KerasObject]:
    """Keras's private layers."""
    for modules, internal in ((_INTERNAL, True), (_LISTED, False)):
        for module, names in modules.items():
            for name in names:
                layer = getattr(importlib.import_module(module), name)
                yield KerasObject(name, f"{module}.{name}", (), layer, internal)


def activation_layers() -> Iterator[KerasObject]:
    """The layers that can be an activation."""
    for name in _ACTIVATIONS:
        yield KerasObject(name, f"keras.layers.{name}", (), getattr(keras.layers, name))


def _functions(module: Any, where: str, prefix: str = "") -> Iterator[KerasObject]:
    """The functions of a module of Keras.

    Args:
        module: The module.
        where: Its path below `keras`.
        prefix: A prefix for their names in a spec.
    """
    public = {name: item for name, item in vars(module).items() if callable(item) and not name.startswith("_")}
    for name, item in sorted(public.items()):
        if name not in _HELPERS and item.__name__ == name:
            aliases = tuple(sorted(other for other, same in public.items() if same is item and other != name))
            yield KerasObject(prefix + name, f"keras.{where}.{name}", aliases, item)


def _classes(kind: Kind) -> Iterator[KerasObject]:
    where, base = _BASES[kind]
    module = importlib.import_module(f"keras.{where}")
    names: dict[type, set[str]] = {}
    for name in dir(module):
        item = getattr(module, name)
        if inspect.isclass(item) and issubclass(item, base):
            names.setdefault(item, set()).add(name)
    for item, known in names.items():
        known.update(_strings(kind, item))
    for item, known in names.items():
        own = item.__name__
        name = own if hasattr(module, own) else min(known)
        yield KerasObject(name, f"keras.{where}.{name}", tuple(sorted((known | {own}) - {name})), item)


def _strings(kind: Kind, item: type) -> set[str]:
    """The strings that Keras's `get` of this kind accepts for a class, such as `mse`.

    Keras publishes no list of them; `get` uses this table of its source.
    """
    if kind in ("layer", "callback", "schedule"):
        return set()
    table = importlib.import_module(f"keras.src.{_BASES[kind][0]}").ALL_OBJECTS_DICT
    plain = item.__name__.lower()
    return {
        name
        for name, known in table.items()
        if known is item or (inspect.isfunction(known) and known.__name__.replace("_", "") == plain)
    }
