"""Types of the catalog → JSON Schema.

Editors answer `anyOf` with the complaints of every branch, so a union becomes one schema with several `type`s: the
words of JSON Schema each speak of one JSON type, and those of different options do not meet. Where two options share a
JSON type (two lists, say) the schema takes what either takes; `kspec check` has the last word.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any

from kspec import catalog
from kspec.catalog import Entry, Kind, Parameter
from kspec.catalog import types as t
from kspec.editor import reference

Schema = dict[str, Any]

DOTTED = r"^[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)+$"
"""A class of an extension."""
COMPUTED = r"\$"
"""A variable or an expression, which can stand wherever a value can."""
_WORD = {"type": "string", "pattern": r"^[^$.]*$"}
_SIZES: Schema = {
    "vocabulary_of": {"type": "string", "description": "A node that adapts: how many entries its vocabulary has"},
    "classes_of": {"type": "string", "description": "An output: how many labels its target has"},
}
_ORDER = ("object", "array", "string", "integer", "number", "boolean", "null")


class Definitions:
    """The shared parts of the schema, each made when it is first asked for."""

    def __init__(self) -> None:
        self.made: dict[str, Schema] = {}

    def ref(self, name: str, make: Callable[[], Schema]) -> Schema:
        """A reference to the definition `name`."""
        if name not in self.made:
            self.made[name] = {}
            self.made[name] = make()
        return {"$ref": f"#/definitions/{name}"}

    def of(self, type_: t.Type, *, sizes: bool = False) -> Schema:
        """The schema of a type.

        Args:
            sizes: Whether `{vocabulary_of: node}` and `{classes_of: output}` can stand for an integer.
        """
        options = type_.options if isinstance(type_, t.Union) else (type_,)
        if any(isinstance(option, t.AnyValue) for option in options):
            return {}
        kinds = [option.kind for option in options if isinstance(option, t.ObjectOf)]
        if not kinds:
            return _Merged(self, options, sizes).schema()
        name = "_or_".join(_slug(option) for option in options)
        return self.ref(name, _Merged(self, options, False).schema)

    def names(self, *kinds: str, also: Iterable[str] = ()) -> Schema:
        """A reference to the names of some kinds."""
        known = [*(name for kind in kinds for name in words(kind)), *also]
        return self.ref(f"names.{'_or_'.join(kinds)}", lambda: {"enum": known})

    def kind(self, kind: str) -> Schema:
        """The schema of an object of one kind: its name, or a mapping of one key, the class, to its arguments."""
        return self.of(t.ObjectOf(kind))

    def arguments(self, entry: Entry) -> Schema:
        """A reference to the arguments of a class."""
        return self.ref(f"{entry.kind}.{entry.name}", lambda: self._arguments(entry))

    def _arguments(self, entry: Entry) -> Schema:
        required = [p.name for p in entry.parameters.values() if p.required]
        schema: Schema = {
            "title": entry.name,
            "type": "object" if required else ["object", "null"],
            "description": entry.doc,
            "markdownDescription": _markdown(entry),
            "properties": {p.name: self._parameter(p, entry.kind) for p in entry.parameters.values()},
        }
        if required:
            schema["required"] = required
        return schema | {"additionalProperties": False}

    def share_arguments(self) -> None:
        """Gives arguments that several classes have alike (`dtype`, `kernel_initializer`) one definition."""
        holders = [
            made["properties"] for name, made in sorted(self.made.items()) if "." in name and "properties" in made
        ]
        texts = {id(p): json.dumps(p) for properties in holders for p in properties.values()}
        counts = Counter((name, texts[id(p)]) for properties in holders for name, p in properties.items())
        shared: dict[tuple[str, str], str] = {}
        for properties in holders:
            for name, schema in properties.items():
                key = name, texts[id(schema)]
                if counts[key] > 1 and len(key[1]) > 90:
                    if key not in shared:
                        taken = sum(known == name for known, _ in shared)
                        shared[key] = f"argument.{name}.{taken}" if taken else f"argument.{name}"
                    self.made[shared[key]] = schema
                    properties[name] = {"$ref": f"#/definitions/{shared[key]}"}

    def _parameter(self, parameter: Parameter, kind: Kind) -> Schema:
        type_ = t.parse(parameter.type)
        words = re.sub(r" \(such as [^)]*\)", "", t.describe(type_))
        given = "required" if parameter.required else f"default {reference.default(parameter)}"
        schema = self.of(type_, sizes=kind == "layer") | {"description": f"{parameter.doc} ({words}; {given})".strip()}
        if not parameter.required and parameter.default is not None:
            schema["default"] = parameter.default
        return schema


def entries(kind: str) -> list[Entry]:
    """What a spec can name of a kind; `cell` is the layers that are RNN cells."""
    of: Any = "layer" if kind == "cell" else kind
    found = [entry for name in catalog.names(of) if (entry := catalog.find(of, name)) is not None]
    return [entry for entry in found if entry.cell] if kind == "cell" else found


def words(kind: str) -> list[str]:
    """All names of a kind, those of its aliases after its own."""
    known = entries(kind)
    return list(dict.fromkeys([entry.name for entry in known] + [alias for entry in known for alias in entry.aliases]))


def properties(kind: str, definitions: Definitions) -> Schema:
    """Class → its arguments, the aliases after the names, and not proposed by editors."""
    known = entries(kind)
    found: Schema = {entry.name: definitions.arguments(entry) for entry in known}
    for entry in known:
        for alias in entry.aliases:
            found.setdefault(alias, definitions.arguments(entry) | {"doNotSuggest": True})
    return found


def one_of(names: Schema, *, propose: bool = True) -> Schema:
    """Text that is one of some names; what has a dot is an extension's class, what has a dollar is computed.

    Args:
        propose: Editors do not look into `then` for what to propose as a value, so a branch that refuses nothing shows
            them the names. In lists they do, and need none.
    """
    return {"if": _WORD, "then": names} | ({"anyOf": [names, {}]} if propose else {})


def _markdown(entry: Entry) -> str:
    return f"{entry.doc}\n\n```python\n{reference.signature(entry)}\n```\n\n```yaml\n{reference.example(entry)}\n```"


def _slug(option: t.Type) -> str:
    match option:
        case t.ObjectOf(kind):
            return kind
        case t.ListOf(item):
            return f"list_of_{_slug(item)}"
        case t.Union(options):
            return "_or_".join(map(_slug, options))
    return {t.Null: "null", t.Number: "number"}.get(type(option), type(option).__name__.lower())


class _Merged:
    """The options of a union, collected by JSON type."""

    def __init__(self, definitions: Definitions, options: tuple[t.Type, ...], sizes: bool) -> None:
        self.definitions = definitions
        self.types: set[str] = set()
        self.parts: Schema = {}
        self.words: list[str] = []
        self.kinds: list[str] = []
        self.text = False
        self.lists: list[t.ListOf] = []
        for option in options:
            self._add(option)
        numbers = [option for option in options if isinstance(option, t.Number)]
        if numbers:
            self._numbers(numbers, sizes)
        if self.lists:
            self._lists()
        if self.kinds:
            self._objects()

    def schema(self) -> Schema:
        """What was collected, as one schema."""
        if self.kinds:
            return self._typed("string") | one_of(self.definitions.names(*self.kinds, also=self.words))
        if self.words and not self.text:
            return self._typed("string") | one_of({"enum": self.words})
        if not self.text:
            self.parts["pattern"] = COMPUTED
        return self._typed("string")

    def _typed(self, also: str) -> Schema:
        types = sorted({*self.types, also}, key=_ORDER.index)
        return {"type": types[0] if len(types) == 1 else types} | self.parts

    def _add(self, option: t.Type) -> None:
        match option:
            case t.Null():
                self.types.add("null")
            case t.Boolean():
                self.types.add("boolean")
            case t.Text() | t.FilePath():
                self.text = True
            case t.Choice(values):
                self.words += values
            case t.Dtype():
                from kspec.checker.values import DTYPES

                self.words += sorted(DTYPES)
            case t.ListOf():
                self.lists.append(option)
            case t.Shape():
                self.lists.append(t.ListOf(t.Union((t.Number(True), t.Null()))))
            case t.MappingOf(item):
                self.types.add("object")
                self.parts["additionalProperties"] = self.definitions.of(item)
            case t.ObjectOf(kind):
                self.kinds.append(kind)
            case t.Array():
                self.types |= {"number", "array"}
                nested = {"type": ["number", "array", "string"], "items": {"$ref": "#/definitions/numbers"}}
                self.parts["items"] = self.definitions.ref("numbers", lambda: nested)

    def _numbers(self, numbers: list[t.Number], sizes: bool) -> None:
        integer = all(number.integer for number in numbers)
        self.types.add("integer" if integer else "number")
        if len(numbers) == 1:
            (number,) = numbers
            if number.minimum is not None:
                self.parts["exclusiveMinimum" if number.open_minimum else "minimum"] = number.minimum
            if number.maximum is not None:
                self.parts["exclusiveMaximum" if number.open_maximum else "maximum"] = number.maximum
        if integer and sizes:
            self.types.add("object")
            self.parts |= {"properties": _SIZES, "additionalProperties": False}

    def _lists(self) -> None:
        self.types.add("array")
        items = tuple(dict.fromkeys(option for given in self.lists for option in _options(given.item)))
        self.parts["items"] = self.definitions.of(items[0] if len(items) == 1 else t.Union(items))
        least = min(given.minimum for given in self.lists)
        most = [given.maximum for given in self.lists]
        if least:
            self.parts["minItems"] = least
        if None not in most:
            self.parts["maxItems"] = max(limit for limit in most if limit is not None)

    def _objects(self) -> None:
        self.types.add("object")
        found: Schema = {}
        for kind in self.kinds:
            found |= properties(kind, self.definitions)
        self.parts |= {
            "properties": found,
            "patternProperties": {DOTTED: {"type": ["object", "null"]}},
            "additionalProperties": False,
            "minProperties": 1,
            "maxProperties": 1,
        }


def _options(type_: t.Type) -> tuple[t.Type, ...]:
    return type_.options if isinstance(type_, t.Union) else (type_,)
