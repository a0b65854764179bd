"""Types of the catalog as JSON Schema.

For `anyOf`, editors show the errors of every branch, so a union becomes one schema with several `type`s: each keyword
of JSON Schema constrains one JSON type, and the options of a union differ in type.

Text can always be computed (`$name`, `${...}`); only `kspec check` sees the value.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from typing import Any

from kspec.catalog import types as t
from kspec.catalog.type_text import describe

Schema = dict[str, Any]

COMPUTED = r"\$\{|^\$[A-Za-z_][A-Za-z0-9_]*$"
"""Text with a variable or an expression in it."""
_SIZES: Schema = {
    "properties": {
        "vocabulary_of": {"type": "string", "description": "A node with a vocabulary: the size of the vocabulary"},
        "classes_of": {"type": "string", "description": "An output: the number of classes of its target"},
        "units_of": {"type": "string", "description": "A node: the size of its last axis"},
        "shape_of": {"type": "string", "description": "A node: the size of one of its axes"},
        "axis": {"type": "integer", "description": "The axis of `shape_of`: 0 is the batch, -1 the last axis"},
    },
    "additionalProperties": False,
    "minProperties": 1,
    "maxProperties": 2,
    "if": {"required": ["shape_of"]},
    "then": {"required": ["axis"]},
    "else": {"maxProperties": 1, "properties": {"axis": False}},
}
_SIZE: Schema = {
    "type": ["integer", "string", "null"],
    "minimum": 1,
    "pattern": COMPUTED,
    "errorMessage": "A dimension is a positive integer, or null if unknown.",
}
_NUMBERS: Schema = {
    "type": ["number", "boolean", "array", "string"],
    "items": {"$ref": "#/definitions/numbers"},
    "pattern": COMPUTED,
}
_ORDER = ("integer", "number", "boolean", "array", "string", "object", "null")
"""The order of a schema's types: an editor fills in a new key by the first."""
_MAX_LISTED = 16
"""An error message lists the choices up to this number."""


class TypeSchemas(ABC):
    """The schemas of the catalog's types, and the definitions that they share.

    Subclasses add the classes of Keras (`objects`).
    """

    def __init__(self) -> None:
        self.definitions: dict[str, Schema] = {}

    def ref(self, name: str, make: Callable[[], Schema]) -> Schema:
        """A reference to a definition, which is made at the first reference.

        Args:
            name: Name of the definition.
            make: Makes it; it may refer to itself.
        """
        if name not in self.definitions:
            self.definitions[name] = {}
            self.definitions[name] = make()
        return {"$ref": f"#/definitions/{name}"}

    def of(self, type_: t.Type, *, sizes: bool = False) -> Schema:
        """The schema of a type.

        Args:
            type_: A type of the catalog.
            sizes: Whether sizes such as `{units_of: node}` can replace an integer.
        """
        options = type_.options if isinstance(type_, t.Union) else (type_,)
        if any(isinstance(option, t.AnyValue) for option in options):
            return {}
        if any(isinstance(option, t.ObjectOf) for option in options):
            return self.ref("_or_".join(map(_slug, options)), lambda: self._union(options, sizes=False))
        return self._union(options, sizes=sizes)

    @abstractmethod
    def objects(self, kinds: tuple[str, ...], words: list[str]) -> Schema:
        """The schema of an object of Keras: its name, or a mapping of one key, the class, to its arguments.

        Args:
            kinds: Kinds of the catalog.
            words: Other text that is allowed.
        """

    def _union(self, options: tuple[t.Type, ...], *, sizes: bool) -> Schema:
        words = [word for option in options for word in _words(option)]
        kinds = tuple(option.kind for option in options if isinstance(option, t.ObjectOf))
        schemas = [schema for option in options if (schema := self._option(option, sizes))]
        schemas += self._numbers([option for option in options if isinstance(option, t.Number)], sizes)
        if kinds:
            return merge([*schemas, self.objects(kinds, words)])
        if words and not any(isinstance(option, (t.Text, t.FilePath)) for option in options):
            listed = describe(t.Choice(tuple(words))) if len(words) <= _MAX_LISTED else "a name that Keras knows"
            choice = one_of(words, f"This must be {listed}.") | {"defaultSnippets": proposals(words)}
            return merge([*schemas, {"type": "string"} | choice])
        return or_computed(merge(schemas))

    def _option(self, option: t.Type, sizes: bool) -> Schema:
        """The schema of one option; empty for those that a union treats together."""
        match option:
            case t.Null():
                return {"type": "null"}
            case t.Boolean():
                return {"type": "boolean"}
            case t.Text() | t.FilePath():
                return {"type": "string"}
            case t.ListOf(item, minimum, maximum):
                lengths = {"minItems": minimum or None, "maxItems": maximum}
                return {"type": "array", "items": self.of(item, sizes=sizes)} | {
                    k: v for k, v in lengths.items() if v is not None
                }
            case t.Shape():
                plain = self.ref("size", lambda: _SIZE)
                return {"type": "array", "items": self.ref("any_size", self._any_size) if sizes else plain}
            case t.MappingOf(item):
                return {"type": "object", "additionalProperties": self.of(item)}
            case t.Array():
                return {"type": ["number", "boolean", "array"], "items": self.ref("numbers", lambda: _NUMBERS)}
        return {}

    def _numbers(self, numbers: list[t.Number], sizes: bool) -> list[Schema]:
        if not numbers:
            return []
        integer = all(number.integer for number in numbers)
        schema: Schema = {"type": "integer" if integer else "number"}
        if len(numbers) == 1:
            schema |= bounds(numbers[0])
        if not (integer and sizes):
            return [schema]
        return [schema, {"type": "object", "allOf": [self._size_of_node()]}]

    def _any_size(self) -> Schema:
        """The size of an axis, or that of a node."""
        return _SIZE | {"type": [*_SIZE["type"], "object"], "allOf": [self._size_of_node()]}

    def _size_of_node(self) -> Schema:
        return self.ref("size_of_node", lambda: _SIZES)


def types_of(schema: Schema) -> list[str]:
    """The JSON types that a schema allows."""
    types = schema.get("type", [])
    return types if isinstance(types, list) else [types]


def merge(schemas: Iterable[Schema]) -> Schema:
    """One schema for a union of schemas that differ in type; of two mappings, the keys of both are allowed."""
    schemas = list(schemas)
    merged: Schema = {"type": None}
    for schema in schemas:
        merged |= schema
    types = sorted({name for schema in schemas for name in types_of(schema)}, key=_ORDER.index)
    merged["type"] = types if len(types) > 1 else types[0]
    mappings = [schema for schema in schemas if "properties" in schema]
    if len(mappings) > 1:
        merged["properties"] = {name: inner for schema in mappings for name, inner in schema["properties"].items()}
        merged.pop("required", None)
        if all("required" in schema or "minProperties" in schema for schema in mappings):
            merged["minProperties"] = 1
    texts = [schema for schema in schemas if "string" in types_of(schema)]
    if any("pattern" not in schema for schema in texts):
        merged.pop("pattern", None)
    elif texts:
        merged["pattern"] = "|".join(dict.fromkeys(schema["pattern"] for schema in texts))
    return merged


def or_computed(schema: Schema) -> Schema:
    """The schema, with computed text as an alternative."""
    types = types_of(schema)
    if not types or ("then" in schema and "else" in schema["then"]):  # a choice of words
        return schema
    if "string" not in types:
        return schema | {"type": [*types, "string"], "pattern": COMPUTED}
    pattern = schema.get("pattern")
    return schema if pattern is None or COMPUTED in pattern else schema | {"pattern": f"{pattern}|{COMPUTED}"}


def one_of(words: list[str], message: str) -> Schema:
    """Text that is one of some words, or computed."""
    return {"if": {"type": "string"}, "then": words_or(COMPUTED, words, message)}


def words_or(pattern: str, words: list[str], message: str) -> Schema:
    """One of some words, or text of a pattern.

    Args:
        pattern: A regular expression.
        words: The words.
        message: The error message for other text.
    """
    return {"if": {"pattern": pattern}, "else": {"enum": words, "errorMessage": message}}


def proposals(words: list[str]) -> list[Schema]:
    """Snippets that propose words as values: for those, editors do not look into `then` and `else`."""
    return [{"label": word, "body": word} for word in words]


def with_message(schema: Schema, message: str) -> Schema:
    """The schema with an error message of its own."""
    words = schema.get("then", {}).get("else", {})
    if "enum" in words:
        return schema | {"then": {**schema["then"], "else": words | {"errorMessage": message}}, "errorMessage": message}
    return schema | {"errorMessage": message}


def bounds(number: t.Number) -> Schema:
    """The bounds of a number."""
    schema: Schema = {}
    if number.minimum is not None:
        schema["exclusiveMinimum" if number.open_minimum else "minimum"] = number.minimum
    if number.maximum is not None:
        schema["exclusiveMaximum" if number.open_maximum else "maximum"] = number.maximum
    return schema


def sentence(what: str, type_: t.Type) -> str:
    """The error message of a type, as `kspec check` has it."""
    return f"{what} must be {describe(type_)}."


def _words(option: t.Type) -> list[str]:
    if isinstance(option, t.Dtype):
        return sorted(t.DTYPES)
    return list(option.values) if isinstance(option, t.Choice) else []


def _slug(option: t.Type) -> str:
    """A type as the name of a definition."""
    match option:
        case t.ObjectOf(kind):
            return kind
        case t.ListOf(item):
            return f"list_of_{_slug(item)}"
        case t.Union(options):
            return "_or_".join(map(_slug, options))
    return {t.Null: "null", t.Number: "number"}.get(type(option), type(option).__name__.lower())
