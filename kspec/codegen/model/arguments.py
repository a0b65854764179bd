"""Classes with their arguments → calls of Keras's constructors, as `keras_objects` makes the objects."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from kspec import catalog
from kspec.catalog import types
from kspec.codegen.model.names import identifier
from kspec.codegen.text.literals import expression, literal, series, text
from kspec.diagnostics import Path
from kspec.language import Spec
from kspec.syntax.deferred import Uncomputed
from kspec.syntax.expressions import ExpressionError, substitute

BY_POSITION = frozenset(
    {"units", "filters", "kernel_size", "rate", "pool_size", "layer", "target_shape", "scale", "size", "stddev"}
    | {"padding", "cropping", "dims", "n", "activation"}
)
"""Arguments that read well without their names, where they are the first."""
_ALIASES = {"keras.layers.": "layers.", "keras.ops.": "ops."}

Sizes = Callable[[str, str], str]
"""`(word, name) → Python` for sizes that the data decides."""


class NeedsFlatCode(Exception):
    """What cannot be written as blocks and loops; the nodes are written one by one then."""


class UnsupportedInPython(Exception):
    """What plain Python code has no way for yet: in words, and its place in the spec."""

    def __init__(self, what: str, path: Path) -> None:
        super().__init__(what)
        self.path = path


@dataclass(slots=True)
class Writer:
    """Writes values and objects of a spec in Python.

    Args:
        spec: Where they stand.
        sizes: Writes the sizes that the data decides.
        flat: Whether values are as computed, rather than in the spec's expressions.
        file_path: Writes the path of a file that the spec reads.
    """

    spec: Spec
    sizes: Sizes
    flat: bool = False
    file_path: Callable[[str], str] = literal

    def construct(self, entry: catalog.Entry, arguments: Mapping[str, Any], path: Path, names: Mapping[str, str],
                  more: list[str] | None = None) -> str:  # fmt: skip
        """The call of a class's constructor."""
        written = []
        leading = True
        parameters = [*entry.parameters, *[""] * len(arguments)]
        for place, ((name, value), parameter) in enumerate(zip(arguments.items(), parameters, strict=False)):
            made = self.argument(value, types.parse(entry.parameters[name].type), (*path, name), names)
            leading = leading and name == parameter and name in BY_POSITION and (place == 0 or name == "kernel_size")
            written.append(made if leading else f"{name}={made}")
        return f"{shortened(entry.path)}({', '.join([*written, *(more or [])])})"

    def object(self, kind: str, value: Any, path: Path, names: Mapping[str, str]) -> str:
        """The object of a class, or Keras's own string for it."""
        if isinstance(value, str):
            return self._named(kind, value)
        name, arguments = next(iter(value.items()))
        if name == "model" and isinstance(arguments, str):
            return identifier(arguments)
        entry = catalog.find("layer" if kind == "cell" else kind, name)
        if entry is None or not entry.path:
            inside = ", ".join(f"{key}={literal(item)}" for key, item in (arguments or {}).items())
            return f"{name}({inside})" if "." in name else literal(value)
        if kind == "activation" and not entry.is_layer:
            return text(entry.name)
        return self.construct(entry, arguments or {}, (*path, name), names)

    def _named(self, kind: str, name: str) -> str:
        """What is named without arguments: as a string where Keras takes it so, and makes the same of it."""
        entry = catalog.find("layer" if kind == "cell" else kind, name)
        if entry is None or not entry.path:
            return f"{name}()" if "." in name else text(name)
        seeded = kind == "initializer" and "seed" in entry.parameters  # when it is made decides what it draws
        if entry.is_layer or kind in ("callback", "schedule") or seeded:
            return f"{shortened(entry.path)}()"
        return text(entry.name if kind == "activation" else name)

    def argument(self, value: Any, kind: types.Type, path: Path, names: Mapping[str, str]) -> str:
        """An argument: what may have a fraction is a float, also where it is written without."""
        options = kind.options if isinstance(kind, types.Union) else (kind,)
        numbers = [option for option in options if isinstance(option, types.Number)]
        if type(value) is int and numbers and not any(number.integer for number in numbers):
            return literal(float(value))
        return self.value(value, kind, path, names)

    def value(self, value: Any, kind: types.Type, path: Path, names: Mapping[str, str]) -> str:
        """A value of a type of the catalog."""
        options = kind.options if isinstance(kind, types.Union) else (kind,)
        made = isinstance(value, dict) or any(_is_made(option) for option in options)
        said = None if made else self.said(value, path, names)
        if said is not None:
            return said
        if isinstance(value, Uncomputed):
            raise NeedsFlatCode("an object or a file, handed to a block")
        if isinstance(value, dict) and len(value) == 1:
            (word, name), *_ = value.items()
            if word in ("vocabulary_of", "classes_of"):
                return self.sizes(word, name)
        if any(isinstance(option, types.Choice) and value in option.values for option in options):
            return literal(value)
        for option in options:
            match option:
                case types.ObjectOf(object_kind) if isinstance(value, (str, dict)):
                    return self.object(object_kind, value, path, names)
                case types.ListOf(item) if isinstance(value, list):
                    return self._list(value, item, path, names)
                case types.Shape() if isinstance(value, list):
                    parts = [self.value(part, types.AnyValue(), (*path, i), names) for i, part in enumerate(value)]
                    return series(parts, as_tuple=True)
                case types.FilePath(write) if isinstance(value, str) and "://" not in value:
                    return text(value) if write else self.file_path(value)
        return literal(value)

    def _list(self, value: list[Any], item: types.Type, path: Path, names: Mapping[str, str]) -> str:
        parts = [self.value(part, item, (*path, i), names) for i, part in enumerate(value)]
        return series(parts, as_tuple=all(not isinstance(part, (str, dict)) or isinstance(part, Uncomputed)
                                          for part in value))  # fmt: skip

    def plain(self, value: Any, path: Path, names: Mapping[str, str]) -> str:
        """A value whose type nobody knows: what a use hands to its block."""
        said = self.said(value, path, names)
        if said is not None:
            return said
        if isinstance(value, dict):
            raise NeedsFlatCode("a class, handed to a block")
        if isinstance(value, list):
            parts = [self.plain(part, (*path, i), names) for i, part in enumerate(value)]
            return series(parts, as_tuple=all(not isinstance(part, str) for part in value))
        return literal(value)

    def said(self, value: Any, path: Path, names: Mapping[str, str]) -> str | None:
        """The expression that a value is written as; None for one that is written as it is."""
        if self.flat:
            return None
        if isinstance(value, Uncomputed):
            return expression(value, names)
        positions = self.spec.written
        if not positions.variables.get(path):
            if isinstance(value, float) and path in positions.values:  # arithmetic without variables, such as 1 / 255
                return self._computed(value, path, names)
            return None
        return self._computed(value, path, names)

    def _computed(self, value: Any, path: Path, names: Mapping[str, str]) -> str | None:
        written = self.spec.written.values[path].written.strip()
        if len(written) > 1 and written[0] == written[-1] and written[0] in "'\"":
            written = written[1:-1]
        if "$" not in written:
            return None
        try:
            if substitute(written, self.spec.values.get("vars") or {}) != value:
                return None
            return expression(written, names)
        except (ExpressionError, KeyError):
            return None


def _is_made(option: types.Type) -> bool:
    """Whether a value of this type is made into something in the file: an object, a path."""
    return isinstance(option, types.FilePath) or (isinstance(option, types.ObjectOf) and option.kind != "activation")


def shortened(path: str) -> str:
    """A class by the name that the file's imports give it."""
    return next((short + path.removeprefix(long) for long, short in _ALIASES.items() if path.startswith(long)), path)
