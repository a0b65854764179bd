"""Classes with their arguments → constructor calls of the same objects that `kspec build` creates."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kspec import catalog
from kspec.catalog import types
from kspec.codegen.model.names import Constants, identifier
from kspec.codegen.text.literals import expression, is_python_name, keyword_arguments, literal, series, text
from kspec.diagnostics import Path
from kspec.language import Spec
from kspec.syntax.deferred import Uncomputed
from kspec.syntax.expressions import ExpressionError, names_in, substitute
from kspec.syntax.sizes import Size, SizeExpression, is_size, read_size, sizes_in

BY_POSITION = frozenset(
    {"units", "filters", "kernel_size", "rate", "pool_size", "layer", "target_shape", "scale", "size", "stddev"}
    | {"padding", "cropping", "dims", "n", "activation"}
)
"""Arguments that read well without their names when they come first."""
_ALIASES = {"keras.layers.": "layers.", "keras.ops.": "ops."}

Sizes = Callable[[Size], str]
"""Writes the size of a node, such as `units_of(h)`, in Python."""


class NeedsFlatCode(Exception):
    """A construct that blocks and loops cannot express; each node gets a statement of its own then."""


class UnsupportedInPython(Exception):
    """A feature that the exported Python file cannot have yet.

    Args:
        action: What the file would have to do, as an infinitive: `freeze parts of a model`.
        path: The feature's place in the spec.
    """

    def __init__(self, action: str, path: Path) -> None:
        super().__init__(action)
        self.path = path


@dataclass(slots=True)
class Writer:
    """Writes values and objects of a spec in Python.

    In its methods, `path` is a value's place in the spec, and `names` says what expressions may use: variable → Python
    name.

    Args:
        spec: The spec.
        sizes: Writes sizes of nodes, and those that depend on the data.
        flat: Whether to write computed values rather than the spec's expressions.
        file_path: Writes the path of a file that the spec reads.
        model_variable: The variable of a sub-model.
    """

    spec: Spec
    sizes: Sizes
    flat: bool = False
    file_path: Callable[[str], str] = literal
    model_variable: Callable[[str], str] = identifier

    def construct(
        self,
        entry: catalog.Entry,
        arguments: Mapping[str, Any],
        path: Path,
        names: Mapping[str, str],
        keywords: Sequence[str] = (),
    ) -> str:
        """The constructor call of a class.

        Args:
            entry: The class in the catalog.
            arguments: Its arguments in the spec.
            path: Their place in the spec.
            names: What expressions may use: variable → Python name.
            keywords: Further arguments in Python: `name="gate"`.
        """
        written = []
        leading = True
        parameters = [*entry.parameters, *[""] * len(arguments)]
        for i, ((name, value), parameter) in enumerate(zip(arguments.items(), parameters, strict=False)):
            code = self.argument(value, types.parse(entry.parameters[name].type), (*path, name), names)
            if entry.kind == "metric" and code.startswith("("):  # metrics take a tuple for one threshold
                code = f"[{code[1:-1].removesuffix(',')}]"
            leading = leading and name == parameter and name in BY_POSITION and (i == 0 or name == "kernel_size")
            written.append(code if leading else f"{name}={code}")
        return f"{shortened(entry.path)}({', '.join([*written, *keywords])})"

    def object(self, kind: str, value: Any, path: Path, names: Mapping[str, str]) -> str:
        """An object of a class, or the string that Keras accepts for it.

        Args:
            kind: The catalog's kind of class: `layer`, `optimizer` …
            value: The class in the spec, with or without arguments.
            path: Its place in the spec.
            names: What expressions may use: variable → Python name.
        """
        if isinstance(value, str):
            return self._without_arguments(kind, value, path)
        name, arguments = next(iter(value.items()))
        if name == "model" and isinstance(arguments, str):
            return self.model_variable(arguments)
        entry = catalog.find("layer" if kind == "cell" else kind, name)
        if entry is None or not entry.path:
            inside = keyword_arguments((key, literal(item)) for key, item in (arguments or {}).items())
            return f"{extension_class(name, path)}({', '.join(inside)})" if "." in name else literal(value)
        if kind == "activation" and not entry.is_layer:
            return text(entry.name)
        return self.construct(entry, arguments or {}, (*path, name), names)

    def _without_arguments(self, kind: str, name: str, path: Path) -> str:
        """A class without arguments: its name as a string if Keras creates the same object from that."""
        entry = catalog.find("layer" if kind == "cell" else kind, name)
        if entry is None or not entry.path:
            return f"{extension_class(name, path)}()" if "." in name else text(name)
        seeded = kind == "initializer" and "seed" in entry.parameters  # its values depend on when it is created
        if entry.is_layer or kind in ("callback", "schedule") or seeded:
            return f"{shortened(entry.path)}()"
        return text(entry.name if kind == "activation" else name)

    def argument(self, value: Any, kind: types.Type, path: Path, names: Mapping[str, str]) -> str:
        """An argument in Python; an integer where Keras takes a fraction becomes a float.

        Args:
            value: The argument in the spec.
            kind: Its type in the catalog.
            path: Its place in the spec.
            names: What expressions may use: variable → Python name.

        Returns:
            A Python expression.

        Raises:
            NeedsFlatCode: If blocks and loops cannot express it.
        """
        options = kind.options if isinstance(kind, types.Union) else (kind,)
        numbers = [option for option in options if isinstance(option, types.Number)]
        if type(value) is int and numbers and not any(number.integer for number in numbers):
            return literal(float(value))
        return self.value(value, kind, path, names)

    def value(self, value: Any, kind: types.Type, path: Path, names: Mapping[str, str]) -> str:
        """A value of a type of the catalog, in Python.

        Args:
            value: The value in the spec.
            kind: Its type in the catalog.
            path: Its place in the spec.
            names: What expressions may use: variable → Python name.

        Returns:
            A Python expression.

        Raises:
            NeedsFlatCode: If blocks and loops cannot express it.
        """
        options = kind.options if isinstance(kind, types.Union) else (kind,)
        if is_size(value) and (self.flat or isinstance(value, dict)):
            return self.size(value)
        becomes_object = isinstance(value, dict) or any(_becomes_object(option) for option in options)
        expression_ = None if becomes_object else self.source_expression(value, path, names)
        if expression_ is not None:
            return expression_
        if isinstance(value, Uncomputed):
            raise NeedsFlatCode("an object or a file as the parameter of a block")
        if is_size(value):
            return self.size(value)
        if any(isinstance(option, types.Choice) and value in option.values for option in options):
            return literal(value)
        for option in options:
            match option:
                case types.ObjectOf(object_kind) if isinstance(value, (str, dict)):
                    return self.object(object_kind, value, path, names)
                case types.ListOf(item) if isinstance(value, list):
                    return self._list(value, item, path, names)
                case types.Array() if isinstance(value, list) and next(sizes_in(value), None) is not None:
                    return self._list(value, option, path, names)
                case types.Shape() if isinstance(value, list):
                    parts = [self.value(part, types.AnyValue(), (*path, i), names) for i, part in enumerate(value)]
                    return series(parts, as_tuple=True)
                case types.FilePath(write) if isinstance(value, str) and "://" not in value:
                    return text(value) if write else self.file_path(value)
        return literal(value)

    def _list(self, value: list[Any], item: types.Type, path: Path, names: Mapping[str, str]) -> str:
        parts = [self.value(part, item, (*path, i), names) for i, part in enumerate(value)]
        plain = all(
            not isinstance(part, (str, dict)) or isinstance(part, Uncomputed) or is_size(part) for part in value
        )
        return series(parts, as_tuple=plain)

    def plain(self, value: Any, path: Path, names: Mapping[str, str]) -> str:
        """A value of unknown type in Python: an argument of a block or of a class outside Keras.

        Args:
            value: The value in the spec.
            path: Its place in the spec.
            names: What expressions may use: variable → Python name.

        Returns:
            A Python expression.

        Raises:
            NeedsFlatCode: If the value is a class.
        """
        expression_ = self.source_expression(value, path, names)
        if expression_ is not None:
            return expression_
        if is_size(value):
            return self.size(value)
        if isinstance(value, dict):
            raise NeedsFlatCode("a class as the parameter of a block")
        if isinstance(value, list):
            parts = [self.plain(part, (*path, i), names) for i, part in enumerate(value)]
            return series(parts, as_tuple=all(not isinstance(part, str) for part in value))
        return literal(value)

    def size(self, value: Any) -> str:
        """A size, or an expression over sizes, in Python."""
        size = read_size(value)
        return expression(value, {}, self.sizes) if size is None else self.sizes(size)

    def source_expression(self, value: Any, path: Path, names: Mapping[str, str]) -> str | None:
        """The spec's expression for a value, in Python.

        Args:
            value: The value in the expanded spec.
            path: Its place in the spec.
            names: What expressions may use: variable → Python name.

        Returns:
            A Python expression; None for a value that the spec states itself, and in flat code.
        """
        if self.flat:
            return None
        if isinstance(value, Uncomputed):
            parameters = names.more if isinstance(names, Constants) else ()
            if any(is_size(self._variables.get(name)) for name in names_in(value) if name not in parameters):
                raise NeedsFlatCode("a variable that depends on the size of a node")
            return expression(value, names, self.sizes)
        positions = self.spec.source_positions
        arithmetic = (
            isinstance(value, (float, SizeExpression)) and path in positions.values
        )  # without variables, such as 1 / 255
        return self._expression(value, path, names) if positions.variables.get(path) or arithmetic else None

    @property
    def _variables(self) -> Mapping[str, Any]:
        return self.spec.values.get("vars") or {}

    def _expression(self, value: Any, path: Path, names: Mapping[str, str]) -> str | None:
        source = self.spec.source_positions.values[path].text.strip()
        if len(source) > 1 and source[0] == source[-1] and source[0] in "'\"":
            source = source[1:-1]
        if "$" not in source:
            return None
        try:
            if substitute(source, self._variables) != value:
                return None
            if any(is_size(self._variables.get(name)) for name in names_in(source)):
                return None
            return expression(source, names, self.sizes)
        except (ExpressionError, KeyError):
            return None


def _becomes_object(option: types.Type) -> bool:
    """Whether a value of this type becomes something else in the file: an object, a path."""
    return isinstance(option, types.FilePath) or (isinstance(option, types.ObjectOf) and option.kind != "activation")


def extension_class(name: str, path: Path) -> str:
    """A class of an extension with its module.

    Args:
        name: Its name in the spec.
        path: Its place in the spec.

    Raises:
        UnsupportedInPython: If a part of the name is a word of Python.
    """
    if not all(map(is_python_name, name.split("."))):
        raise UnsupportedInPython(f"import `{name}`, whose name has a word of Python", path)
    return name


def shortened(path: str) -> str:
    """The name of a class under the file's imports: `layers.Dense`."""
    return next((short + path.removeprefix(long) for long, short in _ALIASES.items() if path.startswith(long)), path)
