"""The HDF5 group of each layer's weights, and copying weights into the layout of another model.

Keras numbers the layers of each class in the model's order (`layers/dense`, `layers/dense_1`). That order changes with
the names of outputs, and when a Sequential model becomes a functional one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from kspec.archive.config_graph import read_graph
from kspec.archive.errors import ImportRefused, printable
from kspec.archive.values import Config
from kspec.diagnostics import codes
from kspec.syntax.names import snake_case

Names = tuple[str, ...]
"""The names of the models around a layer, and its own."""


def groups_of_config(model: Config) -> dict[Names, str]:
    """The group of each layer's weights, in a file that Keras saves for a model with this configuration."""
    return dict(_of_configuration(model, (), ""))


def _of_configuration(model: Config, within: Names, prefix: str) -> Iterator[tuple[Names, str]]:
    layers = [layer for layer in read_graph(model).layers.values() if not _is_op(layer.data)]
    classes = [snake_case(layer.class_name) for layer in layers]
    for layer, group in zip(layers, counted(classes), strict=True):
        place = f"{prefix}layers/{group}"
        if layer.is_model:
            yield from _of_configuration(layer.data, (*within, layer.name), f"{place}/")
        elif not layer.is_input:
            yield (*within, layer.name), place


def _is_op(data: Mapping[str, Any]) -> bool:
    return str(data.get("module", "")).startswith("keras.src.ops")


def groups_of_model(model: Any, within: Names = (), prefix: str = "") -> Iterator[tuple[Names, str]]:
    """The group of each layer's weights, for a Keras model.

    Args:
        model: The functional or Sequential model.
        within: The names of the models around it, outermost first.
        prefix: The HDF5 path of its group, with a slash at the end; empty for the file's root.

    Yields:
        A layer's names and the HDF5 path of its group. Models in it are entered, but not layers that wrap models.
    """
    classes = [snake_case(type(layer).__name__) for layer in model.layers]
    for layer, group in zip(model.layers, counted(classes), strict=True):
        place = f"{prefix}layers/{group}"
        if type(layer).__name__ in ("Functional", "Sequential"):
            yield from groups_of_model(layer, (*within, layer.name), f"{place}/")
        elif type(layer).__name__ != "InputLayer":
            yield (*within, layer.name), place


def counted(names: Iterable[str]) -> list[str]:
    """Names with a number from the second occurrence on, as Keras names groups.

    >>> counted(["dense", "dropout", "dense"])
    ['dense', 'dropout', 'dense_1']
    """
    counts: dict[str, int] = {}
    found = []
    for name in names:
        number = counts[name] = counts.get(name, -1) + 1
        found.append(f"{name}_{number}" if number else name)
    return found


def rearrange_weights(
    source: Path,
    target: Path,
    source_groups: Mapping[Names, str],
    target_groups: Mapping[Names, str],
    source_of: Callable[[Names], Names],
) -> None:
    """Write the weights of a verified file in another model's layout.

    Args:
        source: The verified file.
        target: The file to write.
        source_groups: The group of each layer in the source.
        target_groups: The group of each layer in the target.
        source_of: Returns the layer of the source for one of the target.

    Raises:
        ImportRefused: If the source has no weights for a layer.
    """
    import h5py

    with h5py.File(source, "r") as old, h5py.File(target, "w") as new:
        new.require_group("vars")
        for layer, place in target_groups.items():
            group = source_groups.get(source_of(layer))
            if group is None:
                raise ImportRefused(
                    codes.MODEL_WEIGHTS_MISMATCH, f"the file has no weights for `{printable('.'.join(layer))}`"
                )
            if group in old:
                old.copy(group, new.require_group(place.rpartition("/")[0]), name=place.rpartition("/")[2])
