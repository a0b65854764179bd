"""The catalog's classes → definitions of the JSON Schema: names, arguments, what an editor shows and fills in."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

from kspec import catalog
from kspec.catalog import Entry, Kind, Parameter
from kspec.catalog import types as t
from kspec.catalog.type_text import describe
from kspec.schema import reference
from kspec.schema.keras_pages import page, page_of_kind
from kspec.schema.types import COMPUTED, Merged, Schema, complaining, sentence, slug, words_or
from kspec.syntax import names
from kspec.syntax.yaml_flow import to_yaml

DOTTED = f"^{names.DOTTED.pattern}$"
"""A class of an extension."""
_ANY_ARGUMENTS: Schema = {"type": ["object", "null", "string"], "pattern": COMPUTED}
EXTENSIONS: Schema = {DOTTED: {"$ref": "#/definitions/arguments.any"}}
"""The heads that are classes of extensions; only Keras can judge their arguments."""

CALLED_MODEL: Schema = {
    "type": "string",
    "description": "A sub-model of `models:`; all its calls share the weights",
    "markdownDescription": "A sub-model of `models:`; all its calls share the weights",
}
"""What stands after `model:`."""
WEIGHTS = r"(\.weights\.h5|\.keras)$"
"""How a file of weights is called."""
OF_APPLICATIONS: dict[str, Schema] = {
    "weights": {"type": ["string", "null"], "pattern": f"^(imagenet)?$|{WEIGHTS}|{COMPUTED}"},
}
"""Of an application's arguments, what holds of it as a sub-model: how the file of its weights is called."""


class Definitions:
    """The shared parts of the schema, each made when it is first asked for."""

    def __init__(self) -> None:
        self.made: dict[str, Schema] = {"arguments.any": _ANY_ARGUMENTS}

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
            return Merged(self, options, sizes).schema()
        name = "_or_".join(slug(option) for option in options)
        return self.ref(name, Merged(self, options, False).schema)

    def kind(self, kind: str) -> Schema:
        """The schema of an object of one kind: its name, or a mapping of one key, the class, to its arguments."""
        return self.of(t.ObjectOf(kind))

    def one_class(self, *kinds: str) -> Schema:
        """A reference to a mapping of one key, a class of these kinds."""
        return self.ref(f"class.{'_or_'.join(kinds)}", lambda: self._one_class(kinds))

    def _one_class(self, kinds: tuple[str, ...]) -> Schema:
        found: Schema = {}
        for kind in kinds:
            found |= self.classes(kind)
        return {
            "properties": found | ({"model": CALLED_MODEL} if "layer" in kinds else {}),
            "patternProperties": EXTENSIONS,
            "additionalProperties": False,
            "minProperties": 1,
            "maxProperties": 1,
        }

    def classes(self, kind: str) -> Schema:
        """Class → its arguments, the aliases after the names, and not proposed by editors."""
        known = entries(kind)
        found: Schema = {entry.name: self.arguments(entry) for entry in known}
        for entry in known:
            for alias in entry.aliases:
                if alias not in found:
                    found[alias] = self.ref(f"{entry.kind}.{alias}", partial(self._alias, entry, alias))
        return found

    def internal(self, kind: Any) -> Schema:
        """The same of those that Keras keeps to itself: they are taken, and never proposed."""
        known = (catalog.find(kind, name) for name in catalog.internal(kind))
        return {entry.name: self.arguments(entry) for entry in known if entry is not None}

    def names(self, *kinds: str, also: Iterable[str] = ()) -> Schema:
        """A reference to what text can name a class of some kinds."""
        words = list(dict.fromkeys([*also, *(name for kind in kinds for name in spellings(kind))]))
        return self.ref(f"names.{'_or_'.join(kinds)}", lambda: self._names(kinds, words))

    def _names(self, kinds: tuple[str, ...], words: list[str]) -> Schema:
        listed = " or ".join(f"`kspec layers --kind {_catalog_kind(kind)}`" for kind in kinds)
        noun = " or ".join(reference.NOUNS.get(_catalog_kind(kind), kind) for kind in kinds)
        free = COMPUTED if kinds == ("op",) else f"{COMPUTED}|{DOTTED}"
        schema = words_or(free, words, f"There is no {noun} of this name; {listed} says which there are.")
        schema["else"]["allOf"] = [{}]  # an editor would propose the words of a plain enum as keys, too
        needy = [name for name in words if any(_needs(kind, name) for kind in kinds)]
        if needy:
            refusal = {"type": "object", "errorMessage": "This class needs arguments: `Name: {argument: value}`."}
            schema["else"] |= {"if": {"pattern": f"^({'|'.join(needy)})$"}, "then": refusal}
        return schema

    def proposals(self, *kinds: str) -> list[Schema]:
        """The snippets for where text can name a class of some kinds."""
        return [_proposal(entry) for kind in kinds for entry in entries(kind)]

    def arguments(self, entry: Entry) -> Schema:
        """A reference to a class with its arguments."""
        return self.ref(f"{entry.kind}.{entry.name}", lambda: self._class(entry))

    def _class(self, entry: Entry) -> Schema:
        required = [p for p in entry.parameters.values() if p.required]
        needs = "needed" if required else "optional"
        schema: Schema = {
            "title": entry.name,
            "description": entry.doc,
            "markdownDescription": _markdown(entry),
            "allOf": [
                self.ref(f"arguments.{needs}", lambda: _given(bool(required))),
                self._arguments_like(entry),
            ],
        }
        if required:
            label = f"{{{', '.join(p.name for p in required)}: …}}"
            schema["defaultSnippets"] = [{"label": label, "sortText": "~", "body": f"^{_snippet(required)}"}]
        return schema

    def _alias(self, entry: Entry, alias: str) -> Schema:
        """Another name of a class; an old one of a layer is marked as such (`mse` and `adam` are usual words)."""
        own = self._class(entry)
        said = f"Keras's other name for `{entry.name}`."
        marks: Schema = {"doNotSuggest": True} | ({"deprecated": True} if entry.kind == "layer" else {})
        return {
            "title": alias,
            "description": said,
            "markdownDescription": f"{said} {entry.doc}\n\n[Keras: {entry.name}]({page(entry)})",
            **marks,
            "allOf": own["allOf"],
        }

    def _arguments_like(self, entry: Entry) -> Schema:
        """A reference to a class's arguments; applications that take the same share them, and a layer with itself as an
        activation, for the schema's size.
        """

        def taken(other: Entry) -> list[tuple[str, str, Any]]:
            return [(p.name, p.type, p.default) for p in other.parameters.values()]

        owner = catalog.find("layer", entry.name) or entry if entry.is_layer else entry
        if entry.kind == "application":
            owner = next(other for other in entries(entry.kind) if taken(other) == taken(entry))
        return self.ref(f"{owner.kind}.{owner.name}.arguments", lambda: self._arguments(owner))

    def _arguments(self, entry: Entry) -> Schema:
        required = [p.name for p in entry.parameters.values() if p.required]
        properties = {p.name: self._parameter(p, entry.kind) for p in entry.parameters.values()}
        schema: Schema = {"title": entry.name, "properties": properties}
        return schema | ({"required": required} if required else {}) | {"additionalProperties": False}

    def _parameter(self, parameter: Parameter, kind: Kind) -> Schema:
        type_ = t.parse(parameter.type)
        words = re.sub(r" \(such as [^)]*\)", "", describe(type_))
        given = "required" if parameter.required else f"default `{reference.default(parameter)}`"
        doc = parameter.doc or f"`{parameter.name}` of Keras."
        schema = complaining(self.of(type_, sizes=kind == "layer"), sentence(f"`{parameter.name}`", type_))
        schema |= OF_APPLICATIONS.get(parameter.name, {}) if kind == "application" else {}
        links = [f"[Keras: {_plural(of)}]({page_of_kind(of)})" for of in _kinds_in(type_)]
        return schema | {
            "description": doc,
            "markdownDescription": "\n\n".join([doc, f"*{words}; {given}*", *links]),
        }

    def share_arguments(self) -> None:
        """Gives arguments that several classes have alike (`dtype`, `kernel_initializer`) one definition."""
        holders = [made["properties"] for name, made in sorted(self.made.items()) if name.endswith(".arguments")]
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


def entries(kind: str) -> list[Entry]:
    """What a spec can name of a kind; `cell` is the layers that are RNN cells."""
    of = _catalog_kind(kind)
    found = [entry for name in catalog.names(of) if (entry := catalog.find(of, name)) is not None]
    return [entry for entry in found if entry.cell] if kind == "cell" else found


def spellings(kind: str) -> list[str]:
    """All names of a kind, those of its aliases after its own."""
    known = entries(kind)
    return list(dict.fromkeys([entry.name for entry in known] + [alias for entry in known for alias in entry.aliases]))


def _catalog_kind(kind: str) -> Any:
    return "layer" if kind == "cell" else kind


def _plural(kind: str) -> str:
    noun = reference.NOUNS.get(_catalog_kind(kind), kind)
    return "losses" if noun == "loss" else f"{noun}s"


def _needs(kind: str, name: str) -> bool:
    entry = catalog.find(_catalog_kind(kind), name)
    return entry is not None and entry.kind != "op" and any(p.required for p in entry.parameters.values())


def _proposal(entry: Entry) -> Schema:
    """A class in Keras's small letters where it has them (`he_normal`, `adam`), or with the arguments it needs."""
    required = [p for p in entry.parameters.values() if p.required]
    if required and entry.kind != "op":
        return {"label": f"{{{entry.name}: …}}", "body": f"^{{{entry.name}: {_snippet(required)}}}"}
    small = [alias for alias in entry.aliases if alias.islower()] if entry.kind != "op" else []
    name = max(small, key=len) if small else entry.name
    return {"label": name, "body": name}


def _kinds_in(type_: t.Type) -> list[str]:
    options = type_.options if isinstance(type_, t.Union) else (type_,)
    return [option.kind for option in options if isinstance(option, t.ObjectOf)]


def _given(needed: bool) -> Schema:
    """How arguments are given at all."""
    message = "The arguments of a class have names: `Name: {argument: value}`."
    return {
        "type": ["object", "string"] if needed else ["object", "null", "string"],
        "pattern": COMPUTED,
        "errorMessage": "This class needs arguments, with their names: `Name: {argument: value}`."
        if needed
        else message,
    }


def _snippet(required: list[Parameter]) -> str:
    """`{units: ${1:64}}`: what has no default, each value a place to type in."""
    places = []
    for number, parameter in enumerate(required, 1):
        value = re.sub(r"([$}\\])", r"\\\1", to_yaml(reference.sample(parameter)))
        places.append(f"{parameter.name}: ${{{number}:{value}}}")
    return f"{{{', '.join(places)}}}"


def _markdown(entry: Entry) -> str:
    if entry.kind == "application":  # they are many, and have nearly the same arguments
        return f"{entry.doc}\n\n[Keras: {entry.name}]({page(entry)})"
    return (
        f"{entry.doc}\n\n```python\n{reference.signature(entry)}\n```\n\n```yaml\n{reference.example(entry)}\n```\n\n"
        f"[Keras: {entry.name}]({page(entry)})"
    )
