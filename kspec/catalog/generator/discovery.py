"""Which classes and functions of Keras there are, kind by kind, and by which names Keras knows them."""

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
    "keras.src.applications.convnext": ("LayerScale", "StochasticDepth"),
    "keras.src.applications.inception_resnet_v2": ("CustomScaleLayer",),
}
"""Layers that Keras keeps to itself and that some of its applications are made of."""
_ACTIVATIONS = ("Activation", "ELU", "LeakyReLU", "PReLU", "ReLU", "Softmax")
"""Layers that Keras takes as a layer's activation: what they are for."""


@dataclass(frozen=True, slots=True)
class Found:
    """A class or function of Keras, and its names."""

    name: str
    path: str
    aliases: tuple[str, ...]
    target: Callable[..., Any]
    internal: bool = False


def walk(kind: Kind) -> Iterator[Found]:
    """All public classes or functions of a kind, under the name of their own where Keras has them public by it."""
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


def internal_layers() -> Iterator[Found]:
    """The layers that Keras has and does not publish."""
    for module, names in _INTERNAL.items():
        for name in names:
            yield Found(name, f"{module}.{name}", (), getattr(importlib.import_module(module), name), internal=True)


def activation_layers() -> Iterator[Found]:
    """The layers that can be an activation."""
    for name in _ACTIVATIONS:
        yield Found(name, f"keras.layers.{name}", (), getattr(keras.layers, name))


def _functions(module: Any, where: str, prefix: str = "") -> Iterator[Found]:
    """The functions of a module of Keras's.

    Args:
        prefix: What stands before their names, where Keras has them in a module of their own alone.
    """
    public = {name: item for name, item in vars(module).items() if callable(item) and not name.startswith("_")}
    for name, item in sorted(public.items()):
        if name not in _HELPERS and item.__name__ == name:
            aliases = tuple(sorted(other for other, same in public.items() if same is item and other != name))
            yield Found(prefix + name, f"keras.{where}.{name}", aliases, item)


def _classes(kind: Kind) -> Iterator[Found]:
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
        yield Found(name, f"keras.{where}.{name}", tuple(sorted((known | {own}) - {name})), item)


def _strings(kind: Kind, item: type) -> set[str]:
    """The strings that Keras's own `get` of this kind takes for the class, such as `mse`.

    Keras publishes no list of them: `get` looks into this table of its source.
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
