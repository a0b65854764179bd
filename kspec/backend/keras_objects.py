"""Makes Keras objects from the plain values of a spec."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

from kspec import catalog
from kspec.catalog import types
from kspec.ir.list_dtype import list_dtype
from kspec.ir.vocabulary_file import vocabulary_entries
from kspec.syntax.evaluation import compute_size, with_numbers
from kspec.syntax.names import snake_case
from kspec.syntax.regular_files import Opener, open_regular
from kspec.syntax.sizes import OF_DATA, Size, is_size
from kspec.syntax.yaml_flow import shape_text

_INTEGER = re.compile(rb"\s*[+-]?[0-9]+\s*")
Sizes = Callable[[str, str], int]
"""Maps a word and a name to a size that data decides: `("vocabulary_of", node)`, `("classes_of", output)`."""


class NeedsData(LookupError):
    """A layer or a size depends on data, and there is none; the message is for the user."""


def no_sizes(word: str, name: str) -> int:
    """Rejects every size that data decides.

    Raises:
        NeedsData: always.
    """
    raise NeedsData(f"the size `{{{word}: {name}}}` depends on the data, and there is none")


class UnknownSize(ValueError):
    """The axis of a node has no fixed size; the message is for the user."""


def no_shape(name: str) -> tuple[int | None, ...]:
    """Rejects the size of every node.

    Raises:
        UnknownSize: always.
    """
    raise UnknownSize(f"the size of `{name}` is not known here")


@dataclass(slots=True)
class Maker:
    """Makes Keras objects from plain values.

    Args:
        sizes: Looks up sizes that data decides.
        path: Maps a path that the spec reads (False) or writes (True) to the file's path.
        opener: Opens a file that the spec reads.
        resolved: The sizes looked up so far, by word and name; the resolved spec states them.
        models: By name, the sub-models that layers can hold.
        shape: The shape of a node of the network that is being built, batch first.
    """

    sizes: Sizes = no_sizes
    path: Callable[[str, bool], str] = lambda text, _: text
    opener: Opener = open_regular
    resolved: dict[tuple[str, str], int] = field(default_factory=dict)
    models: dict[str, Any] = field(default_factory=dict)
    shape: Callable[[str], tuple[int | None, ...]] = no_shape

    def object(self, kind: str, value: Any, **more: Any) -> Any:
        """Makes an object from a class name, alone or with arguments.

        Args:
            kind: A kind of the catalog, or `cell`.
            value: `"relu"`, `"Adam"`, `{"Adam": {"learning_rate": 0.001}}`.
            more: Further constructor arguments, as Python objects.

        Returns:
            A Keras object; a string where Keras takes a name.
        """
        name, arguments = (value, {}) if isinstance(value, str) else next(iter(value.items()))
        if kind == "layer" and name == "model" and isinstance(arguments, str):
            return self.models[arguments]
        entry = catalog.find("layer" if kind == "cell" else kind, name)
        if entry is None or not entry.path:
            return import_class(name)(**arguments or {}, **more) if "." in name else value
        if kind == "activation" and not entry.is_layer:
            return entry.name
        if entry.is_layer and "name" not in more:
            more["name"] = snake_case(entry.name)
        return make_object(entry.path, self.arguments(entry, arguments or {}, more.get("name", "")), **more)

    def arguments(self, entry: catalog.Entry, arguments: Mapping[str, Any], owner: str = "") -> dict[str, Any]:
        """Converts constructor arguments for Keras.

        Args:
            entry: The class in the catalog.
            arguments: Plain values.
            owner: The name of the layer that they belong to: inner layers are named after it, so that names are the
                same in every process.
        """
        converted = {
            name: self._argument(value, types.parse(entry.parameters[name].type), f"{owner}.{name}" if owner else "")
            for name, value in arguments.items()
        }
        if entry.name == "TextVectorization" and isinstance(arguments.get("standardize"), list):
            from kspec.backend.standardization import Standardization

            converted["standardize"] = Standardization.of(arguments["standardize"])
        vocabulary = arguments.get("vocabulary")
        if entry.is_layer and isinstance(vocabulary, str) and "://" not in vocabulary:
            converted["vocabulary"] = _FileEntries(vocabulary_entries(vocabulary, self.opener))
        if entry.kind == "metric":  # a tuple of thresholds counts as one threshold
            return {name: list(value) if isinstance(value, tuple) else value for name, value in converted.items()}
        return converted

    def _argument(self, value: Any, kind: types.Type, owner: str) -> Any:
        """Converts one argument; integers become floats where floats are allowed: Keras rejects `learning_rate=1`."""
        options = kind.options if isinstance(kind, types.Union) else (kind,)
        numbers = [option for option in options if isinstance(option, types.Number)]
        value = self._number(value) if is_size(value) else value
        if numbers and type(value) is int and not any(number.integer for number in numbers):
            return float(value)
        return self._value(value, kind, owner)

    def constant(self, value: Any, notation: str) -> Any:
        """Converts a constant argument of a call."""
        constant = self._value(value, types.parse(notation), "")
        if isinstance(constant, list) and notation.startswith("array"):
            import numpy as np

            return np.asarray(constant, dtype=list_dtype(constant))
        return constant

    def _value(self, value: Any, kind: types.Type, owner: str) -> Any:
        if is_size(value):
            return self._number(value)
        options = kind.options if isinstance(kind, types.Union) else (kind,)
        for option in options:
            if isinstance(option, types.Choice) and value in option.values:
                return value
        for option in options:
            match option:
                case types.ObjectOf(object_kind) if isinstance(value, (str, dict)):
                    if object_kind in ("layer", "cell") or _is_layer(object_kind, value):
                        return self.object(object_kind, value, name=owner or None)
                    return self.object(object_kind, value)
                case types.ListOf(item) if isinstance(value, list):
                    return self._list(value, item, owner)
                case types.Shape() if isinstance(value, list):
                    return tuple(self._number(part) if is_size(part) else part for part in value)
                case types.FilePath(write) if isinstance(value, str):
                    return self.path(value, write)
        return with_numbers(value, self._size)

    def _number(self, value: Any) -> int | float:
        """The number that a size, or an expression over sizes, stands for."""
        number = compute_size(value, self._size)
        assert number is not None
        return number

    def _size(self, size: Size) -> int:
        """Looks up a size.

        Raises:
            NeedsData: If it depends on data, and there is none.
            UnknownSize: If the axis has no fixed size.
        """
        if size.word in OF_DATA:
            number = self.resolved[size.word, size.name] = self.sizes(size.word, size.name)
            return number
        shape = self.shape(size.name)
        if not -len(shape) <= size.axis < len(shape) or shape[size.axis] is None:
            raise UnknownSize(f"`{size}` has no fixed size: the shape of `{size.name}` is {shape_text(shape)}")
        return int(shape[size.axis] or 0)

    def _list(self, value: list[Any], item: types.Type, owner: str) -> Any:
        """Converts a list; numbers become a tuple, like Keras's own defaults: some ops and layers fail on a list."""
        parts = [self._value(part, item, f"{owner}.{i}" if owner else "") for i, part in enumerate(value)]
        plain = all(part is None or isinstance(part, (int, float, tuple)) for part in parts)
        return tuple(parts) if plain else parts


def _is_layer(kind: str, value: Any) -> bool:
    """Whether a value is an activation that Keras has as a layer."""
    if kind != "activation":
        return False
    entry = catalog.find(kind, next(iter([value] if isinstance(value, str) else value), ""))
    return entry is not None and entry.is_layer


@functools.cache
def keras_class(path: str) -> Any:
    """Imports a class or function by the catalog's path: `keras.layers.Dense`."""
    module, _, name = path.rpartition(".")
    return getattr(import_module(module), name)


class _FileEntries(list[bytes]):
    """The vocabulary of a layer that stands in a file."""


def make_object(path: str, arguments: dict[str, Any], **more: Any) -> Any:
    """Makes an object of Keras.

    Args:
        path: Its class or function, by the catalog's path.
        arguments: Constructor arguments, converted for Keras.
        more: Further ones.

    Raises:
        ValueError: If Keras rejects them.
    """
    entries = arguments.get("vocabulary")
    if not isinstance(entries, _FileEntries):
        return keras_class(path)(**arguments, **more)
    layer = keras_class(path)(**{**arguments, "vocabulary": None}, **more)
    lookup = getattr(layer, "_lookup_layer", layer)
    # What `set_vocabulary` does with a path, which Keras would open once more. It does not compare the entries with the
    # special tokens, as it does with those of a list.
    lookup.lookup_table = lookup._lookup_table_from_tokens(_words(_typed(entries, lookup)))
    lookup._record_vocabulary_size()
    return layer


def set_vocabulary(layer: Any, entries: list[Any], weights: Any = None) -> None:
    """Gives a layer its vocabulary.

    Args:
        layer: A layer that looks entries up.
        entries: The entries.
        weights: For `tf_idf`, their weights.
    """
    layer.set_vocabulary(_words(entries), weights)


def _words(entries: list[Any]) -> Any:
    """The entries as a NumPy array; of texts, each would otherwise take the memory of the longest."""
    import numpy

    is_text = bool(entries) and not isinstance(entries[0], int)
    return numpy.array(entries, dtype=object if is_text else None)


def _typed(entries: list[bytes], layer: Any) -> list[Any]:
    """The entries as the layer holds them: text or integers.

    Raises:
        ValueError: If one is no integer.
    """
    if not str(getattr(layer, "vocabulary_dtype", "string")).startswith("int"):
        return list(entries)
    odd = next((entry for entry in entries if not _INTEGER.fullmatch(entry)), None)
    if odd is not None:
        raise ValueError(f"`{odd[:40].decode('utf-8', 'replace')}` in its vocabulary is no integer")
    return [int(entry) for entry in entries]


def import_class(dotted: str) -> Any:
    """Imports a class of an extension; called only if the user allowed code."""
    module, _, name = dotted.rpartition(".")
    return getattr(import_module(module), name)


def instantiate(kind: str, value: Any) -> Any:
    """Makes one object without data: `instantiate("optimizer", {"Adam": {}})`."""
    return Maker().object(kind, value)
