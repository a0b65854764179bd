"""Where a file of weights keeps those of which layer, and the same weights in the layout of another model.

Keras counts the layers of each class in the model's order (`layers/dense`, `layers/dense_1`), and that order is another
where outputs are named otherwise, or a Sequential model has become a functional one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from kspec.archive.config_graph import structure_of
from kspec.archive.errors import ImportRefused, shown
from kspec.archive.values import Config
from kspec.diagnostics import codes
from kspec.syntax.names import snake_case

Names = tuple[str, ...]
"""The names of the models that a layer is in, and its own."""


def of_configuration(model: Config) -> dict[Names, str]:
    """By layer, the group of its weights in the file that Keras saves with a model of this configuration."""
    return dict(_of_configuration(model, (), ""))


def _of_configuration(model: Config, within: Names, prefix: str) -> Iterator[tuple[Names, str]]:
    layers = [layer for layer in structure_of(model).layers.values() if not _is_op(layer.data)]
    classes = [snake_case(layer.class_name) for layer in layers]
    for layer, group in zip(layers, _counted(classes), strict=True):
        place = f"{prefix}layers/{group}"
        if layer.is_model:
            yield from _of_configuration(layer.data, (*within, layer.name), f"{place}/")
        elif not layer.is_input:
            yield (*within, layer.name), place


def _is_op(data: Mapping[str, Any]) -> bool:
    return str(data.get("module", "")).startswith("keras.src.ops")


def of_model(model: Any, within: Names = (), prefix: str = "") -> Iterator[tuple[Names, str]]:
    """The same of a Keras model that is at hand; layers that hold models are not looked into."""
    classes = [snake_case(type(layer).__name__) for layer in model.layers]
    for layer, group in zip(model.layers, _counted(classes), strict=True):
        place = f"{prefix}layers/{group}"
        if type(layer).__name__ in ("Functional", "Sequential"):
            yield from of_model(layer, (*within, layer.name), f"{place}/")
        elif type(layer).__name__ != "InputLayer":
            yield (*within, layer.name), place


def _counted(names: Iterable[str]) -> list[str]:
    counts: dict[str, int] = {}
    found = []
    for name in names:
        number = counts[name] = counts.get(name, -1) + 1
        found.append(f"{name}_{number}" if number else name)
    return found


def relaid(
    source: Path,
    target: Path,
    theirs: Mapping[Names, str],
    ours: Mapping[Names, str],
    source_of: Callable[[Names], Names],
) -> None:
    """Writes the weights of a verified file in another model's layout.

    Args:
        theirs: By layer, its group in the source.
        ours: By layer, its group in the target.
        source_of: By layer of the target, that of the source.

    Raises:
        Refused: when the source has no weights for a layer.
    """
    import h5py

    with h5py.File(source, "r") as old, h5py.File(target, "w") as new:
        new.require_group("vars")
        for layer, place in ours.items():
            group = theirs.get(source_of(layer))
            if group is None:
                raise ImportRefused(
                    codes.MODEL_WEIGHTS_MISMATCH, f"the file has no weights for `{shown('.'.join(layer))}`"
                )
            if group in old:
                old.copy(group, new.require_group(place.rpartition("/")[0]), name=place.rpartition("/")[2])
