"""Types of the catalog → JSON Schema.

Editors answer `anyOf` with the complaints of every branch, so a union becomes one schema with several `type`s: the
words of JSON Schema each speak of one JSON type, and those of different options do not meet.

Text in a schema can always be computed (`$name`, `${...}`); what it comes to is for `kspec check` to judge.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kspec.catalog import types as t
from kspec.catalog.type_text import describe

if TYPE_CHECKING:
    from kspec.schema.classes import Definitions

Schema = dict[str, Any]

COMPUTED = r"\$\{|^\$[A-Za-z_][A-Za-z0-9_]*$"
"""Text with a variable or an expression in it."""
_SIZES: Schema = {
    "properties": {
        "vocabulary_of": {"type": "string", "description": "A node that adapts: how many entries its vocabulary has"},
        "classes_of": {"type": "string", "description": "An output: how many labels its target has"},
    },
    "additionalProperties": False,
    "minProperties": 1,
    "maxProperties": 1,
}
_ORDER = ("integer", "number", "boolean", "array", "string", "object", "null")
"""An editor fills in a new key by the first of its value's types."""
_FEW = 16
"""As many words are named in a complaint; of more, the kind is named."""


def one_of(words: list[str], message: str) -> Schema:
    """Text that is one of some words, or computed."""
    return {"if": {"type": "string"}, "then": words_or(COMPUTED, words, message)}


def words_or(free: str, words: list[str], message: str) -> Schema:
    """One of some words, or text of a form that is free."""
    return {"if": {"pattern": free}, "else": {"enum": words, "errorMessage": message}}


def proposals(words: list[str]) -> list[Schema]:
    """Snippets: what an editor proposes as a value, as it does not look into `then` and `else` for that."""
    return [{"label": word, "body": word} for word in words]


def sentence(what: str, kind: t.Type) -> str:
    """What a value must be, in the words of `kspec check`."""
    return f"{what} must be {describe(kind)}."


def complaining(schema: Schema, message: str) -> Schema:
    """The same, with a sentence of its own for what it refuses."""
    words = schema.get("then", {}).get("else", {})
    if "enum" in words:
        return schema | {"then": {**schema["then"], "else": words | {"errorMessage": message}}, "errorMessage": message}
    return schema | {"errorMessage": message}


def or_computed(schema: Schema) -> Schema:
    """The same, or text that is computed."""
    types = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    return schema | {"type": [*types, "string"], "pattern": COMPUTED}


class Merged:
    """The options of a union, collected by JSON type.

    Args:
        sizes: Whether `{vocabulary_of: node}` and `{classes_of: output}` can stand for an integer.
    """

    def __init__(self, definitions: Definitions, options: tuple[t.Type, ...], sizes: bool) -> None:
        self.definitions = definitions
        self.options = options
        self.types: set[str] = set()
        self.parts: Schema = {}
        self.words: list[str] = []
        self.kinds: list[str] = []
        self.text = False
        self.lists: list[t.ListOf | t.Shape] = []
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
            names = self.definitions.names(*self.kinds, also=self.words)
            snippets = [*proposals(self.words), *self.definitions.proposals(*self.kinds)]
            return self._typed("string") | {"if": {"type": "string"}, "then": names, "defaultSnippets": snippets}
        if self.words and not self.text:
            listed = describe(t.Choice(tuple(self.words))) if len(self.words) <= _FEW else "a name that Keras knows"
            return (
                self._typed("string")
                | one_of(self.words, f"This must be {listed}.")
                | {"defaultSnippets": proposals(self.words)}
            )
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
                self.words += sorted(t.DTYPES)
            case t.ListOf() | t.Shape():
                self.lists.append(option)
            case t.MappingOf(item):
                self.types.add("object")
                self.parts["additionalProperties"] = self.definitions.of(item)
            case t.ObjectOf(kind):
                self.kinds.append(kind)
            case t.Array():
                self.types |= {"number", "array"}
                nested = {"type": ["number", "array", "string"], "items": {"$ref": "#/definitions/numbers"}}
                nested["pattern"] = COMPUTED
                self.parts["items"] = self.definitions.ref("numbers", lambda: nested)

    def _numbers(self, numbers: list[t.Number], sizes: bool) -> None:
        integer = all(number.integer for number in numbers)
        self.types.add("integer" if integer else "number")
        if len(numbers) == 1:
            self.parts |= bounds(numbers[0])
        if integer and sizes:
            self.types.add("object")
            self.parts["allOf"] = [self.definitions.ref("size_of_data", lambda: _SIZES)]

    def _lists(self) -> None:
        (given,) = self.lists  # the catalog has no union of two
        self.types.add("array")
        self.parts |= self._list(given)

    def _list(self, given: t.ListOf | t.Shape) -> Schema:
        if isinstance(given, t.Shape):
            return {"items": self.definitions.ref("size", lambda: SIZE)}
        found: Schema = {"items": self.definitions.of(given.item)}
        if given.minimum:
            found["minItems"] = given.minimum
        if given.maximum is not None:
            found["maxItems"] = given.maximum
        return found

    def _objects(self) -> None:
        self.types.add("object")
        self.parts["allOf"] = [self.definitions.one_class(*self.kinds)]


SIZE: Schema = {
    "type": ["integer", "string", "null"],
    "minimum": 1,
    "pattern": COMPUTED,
    "errorMessage": "A size is a positive integer, or null where it is unknown.",
}
"""A size in the catalog's shapes, which are those of inputs."""


def bounds(number: t.Number) -> Schema:
    """The bounds of a number."""
    found: Schema = {}
    if number.minimum is not None:
        found["exclusiveMinimum" if number.open_minimum else "minimum"] = number.minimum
    if number.maximum is not None:
        found["exclusiveMaximum" if number.open_maximum else "maximum"] = number.maximum
    return found


def slug(option: t.Type) -> str:
    """A type as the name of a definition."""
    match option:
        case t.ObjectOf(kind):
            return kind
        case t.ListOf(item):
            return f"list_of_{slug(item)}"
        case t.Union(options):
            return "_or_".join(map(slug, options))
    return {t.Null: "null", t.Number: "number"}.get(type(option), type(option).__name__.lower())
