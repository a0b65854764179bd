"""Data sets as JSON and arrays: what a store holds, without pickle.

JSON holds plain values, and for each array the number of its file. Types that JSON lacks are mappings with one key that
starts with `$`. Only dataclasses, named tuples and models of kspec's own are made again, by calling them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

from kspec.data.profile.distinct_values import distinct
from kspec.language.base import Model

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

PACKAGES = ("kspec.data.", "kspec.analysis.", "kspec.language.")
MAX_WORDS = 1 << 20
"""Texts with more distinct ones are not stored."""


class Unstorable(Exception):
    """A value that a store cannot hold, such as files of images."""


class Damaged(Exception):
    """A store that does not hold what it should."""


class Writer:
    """Turns values into JSON.

    Attributes:
        arrays: The arrays, by the number of their file.
    """

    def __init__(self) -> None:
        self.arrays: list[Array] = []
        self._numbers: dict[int, int] = {}  # by the id of the array

    def value(self, value: Any) -> Any:
        """The JSON of a value.

        Raises:
            Unstorable: If it has none.
        """
        import numpy

        if value is None or type(value) in (bool, int, float, str):
            return value
        if isinstance(value, numpy.ndarray):
            return self._array(value)
        if isinstance(value, Model):
            return {"$make": _name(value), "with": value.model_dump(mode="json", exclude_unset=True)}
        if is_dataclass(value) and not isinstance(value, type):
            known = {field.name: self.value(getattr(value, field.name)) for field in fields(value) if field.init}
            return {"$make": _name(value), "with": known}
        if isinstance(value, tuple) and hasattr(value, "_fields"):
            return {"$make": _name(value), "with": {name: self.value(getattr(value, name)) for name in value._fields}}
        if isinstance(value, tuple):
            return {"$tuple": [self.value(item) for item in value]}
        if isinstance(value, list):
            return [self.value(item) for item in value]
        if isinstance(value, Mapping):
            return {"$items": [[self.value(key), self.value(item)] for key, item in value.items()]}
        if isinstance(value, numpy.generic):
            return {"$scalar": self._array(numpy.asarray(value).reshape(1))}
        raise Unstorable(type(value).__name__)

    def _array(self, array: Array) -> Any:
        if not array.dtype.hasobject:
            return {"$array": self._number(array)}
        import numpy

        flat = array.ravel()
        words = distinct(flat).tolist() if all(isinstance(word, str) for word in flat[:1000]) else [None]
        if len(words) > MAX_WORDS or not all(isinstance(word, str) for word in words):
            raise Unstorable("texts that all differ")
        places = {word: number for number, word in enumerate(words)}
        codes = numpy.fromiter((places[word] for word in flat), numpy.int32, flat.size).reshape(array.shape)
        return {"$texts": self._number(codes), "words": words}

    def _number(self, array: Array) -> int:
        if id(array) not in self._numbers:
            self._numbers[id(array)] = len(self.arrays)
            self.arrays.append(array)
        return self._numbers[id(array)]


class Reader:
    """Turns JSON into values.

    Args:
        arrays: The arrays, by the number of their file.
    """

    def __init__(self, arrays: list[Array]) -> None:
        self._arrays = arrays

    def value(self, value: Any) -> Any:
        """The value of a JSON.

        Raises:
            Damaged: If it is that of no value.
        """
        if isinstance(value, list):
            return [self.value(item) for item in value]
        if not isinstance(value, dict):
            return value
        match value:
            case {"$array": int(number)}:
                return self._arrays[number]
            case {"$texts": int(number), "words": words}:
                import numpy

                return numpy.array([*words, None], dtype=object)[:-1][self._arrays[number]]
            case {"$scalar": scalar}:
                return self.value(scalar)[0]
            case {"$tuple": items}:
                return tuple(self.value(item) for item in items)
            case {"$items": items}:
                return {self.value(key): self.value(item) for key, item in items}
            case {"$make": str(name), "with": dict(known)}:
                return self._make(name, known)
        raise Damaged("it has a value of no known type")

    def _make(self, name: str, known: dict[str, Any]) -> Any:
        module, _, attribute = name.partition(":")
        found = getattr(import_module(module), attribute, None) if module.startswith(PACKAGES) else None
        if not isinstance(found, type):
            raise Damaged(f"`{name}` is no type of kspec")
        if issubclass(found, Model):
            return found.model_validate(known)
        if not is_dataclass(found) and not (issubclass(found, tuple) and hasattr(found, "_fields")):
            raise Damaged(f"`{name}` is no type of data")
        return found(**{field: self.value(value) for field, value in known.items()})


def _name(value: Any) -> str:
    kind = type(value)
    if not kind.__module__.startswith(PACKAGES) or "." in kind.__qualname__:
        raise Unstorable(kind.__name__)
    return f"{kind.__module__}:{kind.__qualname__}"
