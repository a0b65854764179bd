"""The catalog's classes → definitions of the JSON Schema: names, arguments, what an editor shows and fills in."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable
from functools import partial
from typing import Any

from kspec import catalog
from kspec.analysis.per_output import MINIMIZE
from kspec.catalog import Entry, Kind, Parameter
from kspec.catalog import types as t
from kspec.catalog.learned_weight import DOC, DOCS, WEIGHT
from kspec.catalog.type_text import describe
from kspec.language.field_types import WEIGHTS_FILE
from kspec.schema import reference
from kspec.schema.keras_pages import page, page_of_kind
from kspec.schema.types import COMPUTED, Schema, TypeSchemas, proposals, sentence, with_message, words_or
from kspec.syntax import names
from kspec.syntax.yaml_flow import to_yaml

CUSTOM_CLASS = f"^{names.DOTTED.pattern}$"
"""A custom class, by its dotted path."""
_ANY_ARGUMENTS: Schema = {"type": ["object", "null", "string"], "pattern": COMPUTED}
CUSTOM_CLASSES: Schema = {CUSTOM_CLASS: {"$ref": "#/definitions/arguments.any"}}
"""Keys that are custom classes; only Keras knows their arguments."""

CALLED_MODEL: Schema = {
    "type": "string",
    "description": "A sub-model of `models:`; all its calls share the weights",
    "markdownDescription": "A sub-model of `models:`; all its calls share the weights",
}
"""The value of `model:`."""


def _file_name(pattern: str, message: str) -> Schema:
    return {"properties": {"filepath": {"pattern": f"{pattern}|{COMPUTED}", "errorMessage": message}}}


_CHECKPOINT_FILE: Schema = {
    "if": {"properties": {"save_weights_only": {"const": True}}, "required": ["save_weights_only"]},
    "then": _file_name(r"\.weights\.h5$", "With `save_weights_only: true`, `filepath` must end in `.weights.h5`."),
    "else": _file_name(r"\.(keras|h5)$", "`filepath` must end in `.keras`."),
}
"""The suffix of a checkpoint depends on what is saved."""
_APPLICATION_WEIGHTS: Schema = {
    "type": ["string", "null"],
    "pattern": f"^(imagenet)?$|{WEIGHTS_FILE}|{COMPUTED}",
}
"""The argument `weights` of an application, of which kspec reads files itself."""


class KerasSchemas(TypeSchemas):
    """The schemas of what the catalog lists: a definition for each class, its arguments, and the names of a kind."""

    def __init__(self) -> None:
        super().__init__()
        self.definitions["arguments.any"] = _ANY_ARGUMENTS

    def objects(self, kinds: tuple[str, ...], words: list[str]) -> Schema:
        return {
            "type": ["string", "object"],
            "allOf": [self.ref(f"class.{'_or_'.join(kinds)}", lambda: self._one_class(kinds))],
            "if": {"type": "string"},
            "then": self.names(*kinds, also=words),
            "defaultSnippets": [*proposals(words), *self.proposals(*kinds)],
        }

    def by_output(self, kind: str) -> Schema:
        """A reference to losses or metrics: for the only output, or by output. A key that is no class is an output."""
        return self.ref(f"{kind}_by_output", lambda: self._by_output(kind))

    def _by_output(self, kind: str) -> Schema:
        several = kind == "metric"
        classes = self.classes(kind)
        return {
            "type": ["object", "array", "string", "null"] if several else ["object", "string", "null"],
            "properties": classes,
            "patternProperties": CUSTOM_CLASSES,
            "additionalProperties": self.of(t.parse("<metric>|[<metric>]|null" if several else "<loss>|null")),
            **({"items": self.of(t.ObjectOf(kind))} if several else {}),
            "if": {"type": "string"},
            "then": self.names(kind),
            "else": {"if": {"propertyNames": {"enum": list(classes)}}, "then": {"maxProperties": 1}},
            "defaultSnippets": self.proposals(kind),
        }

    def _one_class(self, kinds: tuple[str, ...]) -> Schema:
        classes: Schema = {}
        for kind in kinds:
            classes |= self.classes(kind)
        return {
            "properties": classes | ({"model": CALLED_MODEL} if "layer" in kinds else {}),
            "patternProperties": CUSTOM_CLASSES,
            "additionalProperties": False,
            "minProperties": 1,
            "maxProperties": 1,
        }

    def classes(self, kind: str) -> Schema:
        """Class → its arguments; the aliases, which editors do not propose, follow the names."""
        known = entries(kind)
        schemas: Schema = {entry.name: self.arguments(entry) for entry in known}
        for entry in known:
            for alias in entry.aliases:
                if alias not in schemas:
                    schemas[alias] = self.ref(f"{entry.kind}.{alias}", partial(self._alias, entry, alias))
        return schemas

    def internal(self, kind: Any) -> Schema:
        """The same for Keras's internal classes: they are accepted, and never proposed."""
        known = (catalog.find(kind, name) for name in catalog.internal(kind))
        return {entry.name: self.arguments(entry) for entry in known if entry is not None}

    def names(self, *kinds: str, also: Iterable[str] = ()) -> Schema:
        """A reference to the text that names a class of some kinds.

        Args:
            kinds: Kinds of the catalog.
            also: Other text that is allowed.
        """
        words = list(dict.fromkeys([*also, *(name for kind in kinds for name in spellings(kind))]))
        return self.ref(f"names.{'_or_'.join(kinds)}", lambda: self._names(kinds, words))

    def _names(self, kinds: tuple[str, ...], words: list[str]) -> Schema:
        listed = " or ".join(f"`kspec layers --kind {_catalog_kind(kind)}`" for kind in kinds)
        noun = " or ".join(reference.NOUNS.get(_catalog_kind(kind), kind) for kind in kinds)
        other = COMPUTED if kinds == ("op",) else f"{COMPUTED}|{CUSTOM_CLASS}"
        schema = words_or(other, words, f"Unknown {noun}; {listed} lists the names.")
        schema["else"]["allOf"] = [{}]  # an editor would propose the words of a plain enum as keys, too
        incomplete = [name for name in words if any(_has_required_arguments(kind, name) for kind in kinds)]
        if incomplete:
            message = "This class has required arguments: `Name: {argument: value}`."
            refusal = {"type": "object", "errorMessage": message}
            schema["else"] |= {"if": {"pattern": f"^({'|'.join(incomplete)})$"}, "then": refusal}
        return schema

    def proposals(self, *kinds: str) -> list[Schema]:
        """Snippets for a value that can name a class of some kinds."""
        own = proposals([MINIMIZE]) if "loss" in kinds else []
        return [*(_proposal(entry) for kind in kinds for entry in entries(kind)), *own]

    def arguments(self, entry: Entry) -> Schema:
        """A reference to a class and its arguments."""
        return self.ref(f"{entry.kind}.{entry.name}", lambda: self._class(entry))

    def _class(self, entry: Entry) -> Schema:
        required = [p for p in entry.parameters.values() if p.required]
        needs = "needed" if required else "optional"
        schema: Schema = {
            "title": entry.name,
            "description": entry.doc,
            "markdownDescription": _markdown(entry),
            "allOf": [
                self.ref(f"arguments.{needs}", lambda: _arguments_form(bool(required))),
                self._arguments_like(entry),
            ],
        }
        if required:
            label = f"{{{', '.join(p.name for p in required)}: …}}"
            schema["defaultSnippets"] = [{"label": label, "sortText": "~", "body": f"^{_snippet(required)}"}]
        return schema

    def _alias(self, entry: Entry, alias: str) -> Schema:
        """Another name of a class; a layer's is deprecated, while those of others are usual (`mse`, `adam`)."""
        own = self._class(entry)
        doc = f"Keras's other name for `{entry.name}`."
        marks: Schema = {"doNotSuggest": True} | ({"deprecated": True} if entry.kind == "layer" else {})
        return {
            "title": alias,
            "description": doc,
            "markdownDescription": f"{doc} {entry.doc}\n\n[Keras: {entry.name}]({page(entry)})",
            **marks,
            "allOf": own["allOf"],
        }

    def _arguments_like(self, entry: Entry) -> Schema:
        """A reference to a class's arguments. Applications with equal arguments share them, and so do a layer and the
        activation of its name, to keep the schema small.
        """

        def arguments_of(other: Entry) -> list[tuple[str, str, Any]]:
            return [(p.name, p.type, p.default) for p in other.parameters.values()]

        owner = catalog.find("layer", entry.name) or entry if entry.is_layer else entry
        if entry.kind == "application":
            owner = next(other for other in entries(entry.kind) if arguments_of(other) == arguments_of(entry))
        return self.ref(f"{owner.kind}.{owner.name}.arguments", lambda: self._arguments(owner))

    def _arguments(self, entry: Entry) -> Schema:
        required = [p.name for p in entry.parameters.values() if p.required]
        properties = {p.name: self._parameter(p, entry.kind) for p in entry.parameters.values()}
        schema: Schema = {"title": entry.name, "properties": properties}
        if entry.name == "ModelCheckpoint":
            schema |= _CHECKPOINT_FILE
        return schema | ({"required": required} if required else {}) | {"additionalProperties": False}

    def _parameter(self, parameter: Parameter, kind: Kind) -> Schema:
        type_ = t.parse(parameter.type)
        words = re.sub(r" \(such as [^)]*\)", "", describe(type_))
        default = "required" if parameter.required else f"default `{reference.default(parameter)}`"
        doc = parameter.doc or f"`{parameter.name}` of Keras."
        schema = with_message(self.of(type_, sizes=kind == "layer"), sentence(f"`{parameter.name}`", type_))
        if kind == "application" and parameter.name == "weights":
            schema |= _APPLICATION_WEIGHTS
        links = [f"[Keras: {_plural(of)}]({page_of_kind(of)})" for of in _kinds_in(type_)]
        return schema | {
            "description": doc,
            "markdownDescription": "\n\n".join([doc, f"*{words}; {default}*", *links]),
        }

    def learned_weight(self) -> Schema:
        """The schema of the head `weight`."""

        def arguments() -> Schema:
            schema = self._arguments(WEIGHT)
            for name, doc in DOCS.items():
                words = schema["properties"][name]
                words["markdownDescription"] = words["markdownDescription"].replace(words["description"], doc)
                words["description"] = doc
            return schema

        return {
            "type": "object",
            "title": WEIGHT.name,
            "description": DOC,
            "markdownDescription": DOC,
            "allOf": [self.ref("layer.weight.arguments", arguments)],
            "defaultSnippets": [{"label": "{shape: …}", "sortText": "~", "body": "^{shape: [${1:64}]}"}],
            "errorMessage": "A weight needs its arguments by name: `weight: {shape: [64, 256]}`.",
        }

    def share_arguments(self) -> None:
        """Make one definition of an argument that several classes share (`dtype`, `kernel_initializer`)."""
        definitions = sorted(self.definitions.items())
        holders = [schema["properties"] for name, schema in definitions if name.endswith(".arguments")]
        texts = {id(p): json.dumps(p) for properties in holders for p in properties.values()}
        counts = Counter((name, texts[id(p)]) for properties in holders for name, p in properties.items())
        shared: dict[tuple[str, str], str] = {}
        for properties in holders:
            for name, schema in properties.items():
                key = name, texts[id(schema)]
                if counts[key] > 1 and len(key[1]) > 90:
                    if key not in shared:
                        others = sum(known == name for known, _ in shared)
                        shared[key] = f"argument.{name}.{others}" if others else f"argument.{name}"
                    self.definitions[shared[key]] = schema
                    properties[name] = {"$ref": f"#/definitions/{shared[key]}"}


def entries(kind: str) -> list[Entry]:
    """The classes of a kind that a spec can use; `cell` is the layers that are RNN cells."""
    of = _catalog_kind(kind)
    known = [entry for name in catalog.names(of) if (entry := catalog.find(of, name)) is not None]
    return [entry for entry in known if entry.cell] if kind == "cell" else known


def spellings(kind: str) -> list[str]:
    """All names of a kind, the aliases last, then words of kspec's own."""
    known = entries(kind)
    own = [MINIMIZE] if kind == "loss" else []
    aliases = [alias for entry in known for alias in entry.aliases]
    return list(dict.fromkeys([*(entry.name for entry in known), *aliases, *own]))


def _catalog_kind(kind: str) -> Any:
    return "layer" if kind == "cell" else kind


def _plural(kind: str) -> str:
    noun = reference.NOUNS.get(_catalog_kind(kind), kind)
    return "losses" if noun == "loss" else f"{noun}s"


def _has_required_arguments(kind: str, name: str) -> bool:
    entry = catalog.find(_catalog_kind(kind), name)
    return entry is not None and entry.kind != "op" and any(p.required for p in entry.parameters.values())


def _proposal(entry: Entry) -> Schema:
    """A class by its lower-case name if it has one (`he_normal`, `adam`), or with its required arguments."""
    required = [p for p in entry.parameters.values() if p.required]
    if required and entry.kind != "op":
        return {"label": f"{{{entry.name}: …}}", "body": f"^{{{entry.name}: {_snippet(required)}}}"}
    small = [alias for alias in entry.aliases if alias.islower()] if entry.kind != "op" else []
    name = max(small, key=len) if small else entry.name
    return {"label": name, "body": name}


def _kinds_in(type_: t.Type) -> list[str]:
    options = type_.options if isinstance(type_, t.Union) else (type_,)
    return [option.kind for option in options if isinstance(option, t.ObjectOf)]


def _arguments_form(required: bool) -> Schema:
    """The form of arguments, whatever the class."""
    what = "This class needs named arguments" if required else "Arguments need names"
    return {
        "type": ["object", "string"] if required else ["object", "null", "string"],
        "pattern": COMPUTED,
        "errorMessage": f"{what}: `Name: {{argument: value}}`.",
    }


def _snippet(required: list[Parameter]) -> str:
    """The required arguments, each value a placeholder: `{units: ${1:64}}`."""
    places = []
    for number, parameter in enumerate(required, 1):
        value = re.sub(r"([$}\\])", r"\\\1", to_yaml(reference.sample(parameter)))
        places.append(f"{parameter.name}: ${{{number}:{value}}}")
    return f"{{{', '.join(places)}}}"


def _markdown(entry: Entry) -> str:
    if entry.kind == "application":  # there are many, with almost the same arguments
        return f"{entry.doc}\n\n[Keras: {entry.name}]({page(entry)})"
    return (
        f"{entry.doc}\n\n```python\n{reference.signature(entry)}\n```\n\n```yaml\n{reference.example(entry)}\n```\n\n"
        f"[Keras: {entry.name}]({page(entry)})"
    )
