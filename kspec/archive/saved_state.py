"""What a trained model has learned, in its `.keras` archive: weights, vocabularies and boundaries, read as data.

Nothing of the archive's configuration is executed. It tells which group of the weights belongs to which layer, and the
network itself is built from the spec.
"""

from __future__ import annotations

import math
import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kspec.archive.errors import ImportRefused, printable, unreadable
from kspec.archive.hdf5_layout import Names, counted, rearrange_weights
from kspec.archive.keras_file import MAX_JSON, ModelFile, read_model
from kspec.archive.values import Config
from kspec.archive.vocabulary import shortest_floats
from kspec.archive.weights import assign, verified_weights
from kspec.diagnostics import codes
from kspec.syntax.names import snake_case
from kspec.syntax.regular_files import Opener, open_regular

DEEPEST = 50
"""How many models may be nested."""
_MODELS = ("Functional", "Sequential")
_LARGEST_CONSTANT = 40 << 20
"""Bytes of a million numbers as JSON, the most that a constant has."""
_SLACK = 1 << 20
"""Bytes that a file may hold beyond the weights of the model: states of random generators, IDF weights."""
_TWICE = 2
"""Keras saves the kernel of some layers a second time."""


@dataclass(frozen=True, slots=True)
class _SavedLayer:
    """A layer as an archive describes it.

    Args:
        group: The group of its weights: `layers/dense_1`.
        class_name: The name of its class.
        config: Its configuration.
        layers: Those of a model, by name, in their order.
    """

    group: str
    class_name: str
    config: Config
    layers: dict[str, _SavedLayer] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Pair:
    """A layer of the archive, and the layer of the model that receives its weights.

    Args:
        names: The names of the models around the model's layer, and its own.
        saved: The layer of the archive.
        layer: The Keras layer.
        group: The group of its weights in a file that Keras saves.
    """

    names: Names
    saved: _SavedLayer
    layer: Any
    group: str


class SavedState:
    """What a trained model has learned.

    Args:
        file: The archive.
        weights: A verified copy of its weights.
    """

    def __init__(self, file: ModelFile, weights: Path) -> None:
        self._file = file
        self._weights = weights
        self._layers = _layers_of(file.config, "")

    @classmethod
    @contextmanager
    def of(
        cls, path: str | os.PathLike[str], opener: Opener = open_regular, constants: int = 0
    ) -> Iterator[SavedState]:
        """Opens an archive.

        Args:
            path: The archive.
            opener: Opens the file.
            constants: How many constants of the network stand in files: the configuration holds their numbers.

        Raises:
            ImportRefused: If it cannot be read, or is unsafe.
        """
        file = read_model(path, opener, MAX_JSON + constants * _LARGEST_CONSTANT)
        with verified_weights(file) as weights:
            yield cls(file, weights)

    def vocabulary(self, layer: str) -> list[str]:
        """The words that a layer has learned, with those for masked and unknown words.

        Raises:
            ImportRefused: If the archive has none.
        """
        words = self._file.vocabulary(self._layer(layer).group)
        if words is None:
            raise unreadable(f"it has no vocabulary for `{printable(layer)}`")
        while words and words[-1] == "":
            words.pop()
        return words

    def idf_weights(self, layer: str) -> list[float]:
        """The IDF weight of each word of a layer's vocabulary.

        Raises:
            ImportRefused: If the archive has none.
        """
        import h5py

        with h5py.File(self._weights, "r") as file:
            found = file.get(f"{self._layer(layer).group}/vars/idf_weights")
            if not (isinstance(found, h5py.Dataset) and found.ndim == 1 and found.dtype.kind == "f"):
                raise unreadable(f"it has no IDF weights for `{printable(layer)}`")
            return shortest_floats(found[()])

    def boundaries(self, layer: str) -> list[float]:
        """The boundaries between the bins of a `Discretization`.

        Raises:
            ImportRefused: If the archive has none.
        """
        found = self._layer(layer).config.get("bin_boundaries")
        if not isinstance(found, list) or not all(type(item) in (int, float) for item in found):
            raise unreadable(f"it has no boundaries for `{printable(layer)}`")
        return found

    def sizes(self) -> tuple[int, int]:
        """The number of values in the weights of all layers, and of their bytes."""
        import h5py

        count, total = 0, 0

        def add(name: str, item: Any) -> None:
            nonlocal count, total
            if isinstance(item, h5py.Dataset) and name.startswith("layers/"):
                count += int(item.size or 0)
                total += int(item.nbytes)

        with h5py.File(self._weights, "r") as file:
            file.visititems(add)
        return count, total

    def give(self, model: Any) -> None:
        """Loads the weights into a model, and sets which layers train.

        Args:
            model: The Keras model that the spec of the run builds.

        Raises:
            ImportRefused: If they do not fit.
        """
        pairs = list(_pairs(self._layers, model, (), ""))
        due, (_, stored) = sum(_bytes(weight) for weight in model.weights), self.sizes()
        if stored > _TWICE * due + _SLACK:
            raise misfit(f"it holds {stored:,} bytes of weights, and the network has {due:,}")
        leaves = [pair for pair in pairs if not pair.saved.layers]
        groups, file = {pair.names: pair.saved.group for pair in leaves}, self._weights
        fitting = {pair.names: pair.group for pair in leaves}
        if groups != fitting:
            file = file.with_name("fitting.weights.h5")
            rearrange_weights(self._weights, file, groups, fitting, lambda names: names)
        assign(model, file)
        for pair in leaves:
            self._give_assets(pair)
        for pair in pairs:  # a model before its layers, which take its value
            trainable = pair.saved.config.get("trainable")
            if isinstance(trainable, bool) and trainable != pair.layer.trainable:
                pair.layer.trainable = trainable

    def _give_assets(self, pair: _Pair) -> None:
        """Lets a layer of an extension, whose code the user has allowed, read the files that it has saved."""
        if type(pair.layer).__module__.partition(".")[0] == "keras":
            return
        from keras.src.saving.saving_lib import DiskIOStore, _load_state

        with tempfile.TemporaryDirectory(prefix="kspec-") as folder:
            if self._file.copy_assets(pair.saved.group, Path(folder)):
                _load_state(pair.layer, None, DiskIOStore(folder, mode="r"), "", visited_saveables=set())

    def _layer(self, name: str) -> _SavedLayer:
        if name not in self._layers:
            raise misfit(f"it has no layer `{printable(name)}`")
        return self._layers[name]


def integers(words: list[str], layer: str) -> list[int]:
    """The words of a vocabulary of integers.

    Raises:
        ImportRefused: If one is no integer.
    """
    try:
        return [int(word) for word in words]
    except ValueError:
        raise unreadable(f"the vocabulary of `{printable(layer)}` holds words that are no integers") from None


def misfit(message: str) -> ImportRefused:
    """The refusal of an archive that holds another network than the spec."""
    return ImportRefused(codes.MODEL_WEIGHTS_MISMATCH, message)


def _layers_of(model: Config, prefix: str, depth: int = 0) -> dict[str, _SavedLayer]:
    """The layers of a serialized model, by name; ops are none.

    Raises:
        ImportRefused: If they are not in the format of Keras.
    """
    config = model.get("config")
    entries = config.get("layers") if isinstance(config, dict) else None
    if not isinstance(entries, list) or depth > DEEPEST:
        raise unreadable("its configuration is not that of a network that kspec has saved")
    known = [_fields(entry) for entry in entries]
    layers = [fields for fields in known if not fields[0].startswith("keras.src.ops")]
    groups = counted([snake_case(class_name) for _, class_name, _, _ in layers])
    found: dict[str, _SavedLayer] = {}
    for (_, class_name, name, own), group in zip(layers, groups, strict=True):
        place = f"{prefix}layers/{group}"
        inner = _layers_of({"config": own}, f"{place}/", depth + 1) if class_name in _MODELS else {}
        found[name] = _SavedLayer(place, class_name, own, inner)
    if len(found) < len(layers):
        raise unreadable("two layers of its configuration have the same name")
    return found


def _fields(entry: Any) -> tuple[str, str, str, Config]:
    """Module, class, name and configuration of a serialized layer."""
    data = entry if isinstance(entry, dict) else {}
    config = data.get("config")
    config = config if isinstance(config, dict) else {}
    name = data.get("name") or config.get("name")
    class_name = data.get("class_name")
    if not isinstance(name, str) or not isinstance(class_name, str):
        raise unreadable("a layer of its configuration has no class or no name")
    return str(data.get("module")), class_name, name, config


def _pairs(saved: Mapping[str, _SavedLayer], model: Any, within: Names, prefix: str) -> Iterator[_Pair]:
    """Each layer of a model with the saved one: by name, or by position where Keras numbers the names of layers anew.

    Args:
        saved: The layers of the archive.
        model: The Keras model.
        within: The names of the models around its layers.
        prefix: The group of its weights, with a slash at the end; empty for the root.

    Raises:
        ImportRefused: If the archive holds other layers.
    """
    layers = model.layers
    classes = [type(layer).__name__ for layer in layers]
    found = [saved.get(layer.name) for layer in layers]
    if None in found and [each.class_name for each in saved.values()] == classes:
        found = list(saved.values())
    groups = counted([snake_case(name) for name in classes])
    for layer, class_name, group, match in zip(layers, classes, groups, found, strict=True):
        if match is None:
            raise misfit(f"it has no layer `{printable(layer.name)}`")
        if match.class_name != class_name:
            raise misfit(f"its layer `{printable(layer.name)}` is a {printable(match.class_name)}, not a {class_name}")
        place = f"{prefix}layers/{group}"
        yield _Pair((*within, layer.name), match, layer, place)
        if class_name in _MODELS:
            yield from _pairs(match.layers, layer, (*within, layer.name), f"{place}/")
    if len(saved) > len(layers):
        extra = next(name for name, each in saved.items() if each not in found)
        raise misfit(f"its layer `{printable(extra)}` is not in the spec")


def _bytes(weight: Any) -> int:
    """The bytes of a weight of a model, at eight each: no dtype of Keras takes more."""
    return math.prod(int(axis) for axis in weight.shape) * 8
