"""The JSON Schema (draft 7) of the language, made from its models and the catalog: what editors complete and check by.

An entry of `layers` is one closed map of class names beside the graph's own words, so that an editor answers a typo
with one line, and completes with the arguments of the one class at hand.
"""

from __future__ import annotations

import json
import types
import typing
from collections.abc import Iterable
from typing import Any, Literal

from pydantic import BaseModel

from kspec.catalog import types as t
from kspec.catalog.type_text import describe
from kspec.language.network import Network
from kspec.schema.classes import Definitions
from kspec.schema.entry import entry
from kspec.schema.sections import COMPLAINTS, NAMED, NOTATION, WRITTEN, by_output, constraints, csv, synthetic
from kspec.schema.types import COMPUTED, Schema, complaining, or_computed, sentence


def json_schema() -> Schema:
    """The whole schema."""
    from kspec.language import Document

    return _Writer().document(Document)


def as_text() -> str:
    """The schema as it lies in `schemas/`: a section and a definition a line."""
    schema = json_schema()
    parts = [
        f'"{name}": {_listed(part) if name in ("properties", "definitions") else _compact(part)}'
        for name, part in schema.items()
    ]
    return "{\n " + ",\n ".join(parts) + "\n}\n"


def _listed(schemas: Schema) -> str:
    return "{\n" + ",\n".join(f'  "{name}": {_compact(made)}' for name, made in schemas.items()) + "\n }"


def _compact(schema: Schema) -> str:
    return json.dumps(schema, ensure_ascii=False, separators=(",", ":"))


_PARAMS: Schema = {
    "type": ["array", "string"],
    "items": {
        "type": ["string", "object"],
        "pattern": r"^[A-Za-z_][A-Za-z0-9_]*$",
        "propertyNames": {"pattern": r"^[A-Za-z_][A-Za-z0-9_]*$"},
        "minProperties": 1,
        "maxProperties": 1,
    },
    "pattern": COMPUTED,
    "errorMessage": "Parameters are names, or a name with its default: `params: [filters, stride: 1]`.",
}


class _Writer:
    def __init__(self) -> None:
        self.definitions = Definitions()

    def document(self, model: type[BaseModel]) -> Schema:
        body = self.model(model)
        self.definitions.share_arguments()
        return {
            "$schema": "http://json-schema.org/draft-07/schema#",
            "title": "kspec model spec",
            "description": "A neural network for Keras: its graph, its data, and how it is trained.",
            **body,
            "definitions": dict(sorted(self.definitions.made.items())),
        }

    def model(self, model: type[BaseModel], *, empty: bool = False) -> Schema:
        """A mapping of the language.

        Args:
            empty: Whether it may have nothing in it (`fit:`).
        """
        fields = {field.alias or name: field for name, field in model.model_fields.items()}
        required = [name for name, field in fields.items() if field.is_required()]
        schema: Schema = or_computed({"type": ["object", "null"] if empty else "object"})
        schema["properties"] = {name: self._field(model.__name__, name, field) for name, field in fields.items()}
        if required:
            schema["required"] = required
        return schema | {"additionalProperties": False} | constraints(model.__name__, list(fields))

    def _field(self, model: str, name: str, field: Any) -> Schema:
        special = self._special(model, name)
        schema = dict(special if special is not None else self._of(field.annotation, field.metadata))
        default = field.get_default(call_default_factory=False)
        facts = [_doc(field)]
        if (type_ := _plain_type(model, name, field)) is not None:
            if "errorMessage" not in schema:
                message = COMPLAINTS.get((model, name)) or sentence(f"`{name}`", type_)
                schema = complaining(schema, message)
            facts.append(f"*{describe(type_)}*")
        if not field.is_required() and isinstance(default, (bool, int, float, str)):
            schema["default"] = default
            facts[-1] = facts[-1].removesuffix("*") + f"; default `{default}`*" if len(facts) > 1 else facts[-1]
        schema["description"] = facts[0]
        schema["markdownDescription"] = "\n\n".join(facts)
        return schema

    def _special(self, model: str, name: str) -> Schema | None:
        from kspec.language.data import CsvOptions, Synthetic
        from kspec.language.training_config import Stage

        owner = "Evaluate" if model == "Predict" and name in ("split", "data") else model
        if (owner, name) in WRITTEN:
            return WRITTEN[owner, name]
        if (owner, name) in NOTATION:
            return self.definitions.of(t.parse(NOTATION[owner, name]))
        match owner, name:
            case "Data", "csv":
                return csv(self.model(CsvOptions)["properties"])
            case "Data", "synthetic":
                return synthetic(self.model(Synthetic))
            case "Block", "params":
                return _PARAMS
            case "Fit", "stages":
                return or_computed({"type": ["array", "null"], "minItems": 1, "items": self.model(Stage)})
            case "Block", "inputs":
                return or_computed({"type": ["array", "null"], "minItems": 1, "items": WRITTEN["Entry", "name"]})
            case "SubModel", "inputs":
                field = Network.model_fields["inputs"]
                return self._of(field.annotation, field.metadata)
            case (("Document" | "Block" | "SubModel"), "layers"):
                items = self.definitions.ref("entry", self._entry)
                return or_computed({"type": "array", "minItems": 1, "items": items})
            case "Compile", "loss" | "metrics" | "weighted_metrics":
                return by_output("loss" if name == "loss" else "metric", self.definitions)
        return None

    def _entry(self) -> Schema:
        from kspec.language import Entry

        own = self.model(Entry)["properties"]
        for inner in ("kind", "head", "arguments"):
            del own[inner]
        return entry(self.definitions, own)

    def _of(self, annotation: Any, metadata: Iterable[Any] = ()) -> Schema:
        """The schema of a Python type: a model's own, or by way of the catalog's types."""
        options = _union(annotation)
        models = [option for option in options if _is_model(option)]
        if models:
            validators = {item.func.__name__ for item in metadata if hasattr(item, "func")}
            empty = type(None) in options or "_empty" in validators
            return self.model(models[0], empty=empty)
        if typing.get_origin(annotation) is dict and _is_model(typing.get_args(annotation)[1]):
            name, model = typing.get_args(annotation)
            schema = or_computed({"type": "object", "additionalProperties": self.model(model)})
            least = next((item.min_length for item in metadata if hasattr(item, "min_length")), 0)
            return schema | ({"minProperties": least} if least else {}) | (NAMED if name is not str else {})
        return self.definitions.of(_type(annotation, tuple(metadata)))


def _doc(field: Any) -> str:
    """What a field is: a section says it in full itself."""
    models = [option for option in _union(field.annotation) if _is_model(option)]
    said: str = models[0].__doc__ if models else field.description
    return said.partition("\n")[0]


def _plain_type(model: str, name: str, field: Any) -> t.Type | None:
    """The type of a field whose Python type says it all."""
    if (model, name) in NOTATION:
        return t.parse(NOTATION[model, name])
    try:
        return _type(field.annotation, tuple(field.metadata))
    except KeyError:
        return None


def _is_model(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)


def _union(annotation: Any) -> tuple[Any, ...]:
    if typing.get_origin(annotation) in (typing.Union, types.UnionType):
        return typing.get_args(annotation)
    return (annotation,)


def _type(annotation: Any, metadata: tuple[Any, ...] = ()) -> t.Type:
    """A Python type in the catalog's types.

    >>> _type(int | None)
    Union(options=(Number(integer=True, ...), Null()))
    """
    options = _union(annotation)
    if len(options) > 1:
        parts = tuple(part for option in options for part in _parts(_type(option, metadata)))
        return t.Union(tuple(dict.fromkeys(parts)))
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is typing.Annotated:
        return _type(arguments[0], tuple(arguments[1:]))
    if origin is Literal:
        if all(isinstance(value, str) for value in arguments):
            return t.Choice(arguments)
        return t.Number(True, min(arguments), max(arguments))
    if origin is list:
        return t.ListOf(_type(arguments[0]))
    if origin is dict:
        return t.MappingOf(_type(arguments[1]))
    if annotation in (int, float):
        return _number(annotation is int, metadata)
    plain: dict[Any, t.Type] = {str: t.Text(), bool: t.Boolean(), type(None): t.Null(), Any: t.AnyValue()}
    return plain[annotation]


def _parts(type_: t.Type) -> tuple[t.Type, ...]:
    return type_.options if isinstance(type_, t.Union) else (type_,)


def _number(integer: bool, metadata: tuple[Any, ...]) -> t.Number:
    bounds = {
        name: getattr(item, name) for item in metadata for name in ("gt", "ge", "lt", "le") if hasattr(item, name)
    }
    return t.Number(
        integer,
        bounds.get("gt", bounds.get("ge")),
        bounds.get("lt", bounds.get("le")),
        open_minimum="gt" in bounds,
        open_maximum="lt" in bounds,
    )
