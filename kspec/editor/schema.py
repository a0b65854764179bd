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
from kspec.editor.schema_types import DOTTED, Definitions, Schema, one_of, properties

_FILES = {
    "type": ["object", "array", "string"],
    "items": {"type": "string"},
    "properties": {split: {"type": ["string", "array"]} for split in ("train", "validation", "test")},
    "additionalProperties": False,
}
_NAMES = {"type": "string", "pattern": r"^[A-Za-z_][A-Za-z0-9_-]*$|\$"}
_REFERENCE = {"type": ["string", "array"], "items": {"type": "string"}}
_COLUMNS = {"type": ["object", "array", "string"], "items": {"type": "string"}, "additionalProperties": _REFERENCE}

_NOTATION: dict[tuple[str, str], str] = {
    ("Document", "dtype_policy"): '"float32"|"float16"|"bfloat16"|"float64"|"mixed_float16"|"mixed_bfloat16"|null',
    ("Input", "dtype"): "dtype",
    ("Compile", "optimizer"): "<optimizer>|null",
    ("Fit", "callbacks"): "[<callback>]",
    ("Fit", "class_weight"): '"balanced"|{any}|null',
    ("Data", "missing"): "{int|float|str|bool}|null",
}
"""Fields whose Python type says less than can be said."""

_WRITTEN: dict[tuple[str, str], Schema] = {
    ("Document", "kspec"): {"const": 1},
    ("Document", "name"): {"type": ["string", "null"], "pattern": r"^[A-Za-z0-9_][A-Za-z0-9_.-]*$|\$"},
    ("Data", "csv"): _FILES,
    ("Data", "parquet"): _FILES,
    ("Data", "npz"): _FILES,
    ("Data", "images"): _FILES,
    ("Data", "inputs"): _COLUMNS,
    ("Data", "targets"): _COLUMNS,
    ("Entry", "name"): _NAMES,
    ("Entry", "as"): {"type": "array", "items": _NAMES, "minItems": 1},
    ("Entry", "from"): {
        "type": ["object", "array", "string"],
        "items": {"type": "string"},
        "additionalProperties": _REFERENCE,
    },
    ("Entry", "call"): {"type": ["object", "null"]},
}


def json_schema() -> Schema:
    """The whole schema."""
    from kspec.spec import Document

    return _Writer().document(Document)


def as_text() -> str:
    """The schema as it lies in `schemas/`: a definition a line."""
    schema = json_schema()
    definitions = schema.pop("definitions")
    head = json.dumps(schema, indent=1, ensure_ascii=False).removesuffix("\n}")
    lines = ",\n".join(f'  "{name}": {json.dumps(made, ensure_ascii=False)}' for name, made in definitions.items())
    return f'{head},\n "definitions": {{\n{lines}\n }}\n}}\n'


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
        schema: Schema = {"type": ["object", "null"] if empty else "object"}
        schema["properties"] = {name: self._field(model.__name__, name, field) for name, field in fields.items()}
        if required:
            schema["required"] = required
        return schema | {"additionalProperties": False}

    def _field(self, model: str, name: str, field: Any) -> Schema:
        schema = dict(self._special(model, name) or self._of(field.annotation, field.metadata))
        if field.description:
            schema["description"] = field.description
        default = field.get_default(call_default_factory=False)
        if not field.is_required() and isinstance(default, (bool, int, float, str)):
            schema["default"] = default
        return schema

    def _special(self, model: str, name: str) -> Schema | None:
        owner = "Evaluate" if model == "Predict" and name in ("split", "data") else model
        if (owner, name) in _WRITTEN:
            found = _WRITTEN[owner, name]
            if name == "csv":
                from kspec.spec.data import CsvOptions

                options = self.model(CsvOptions)["properties"]
                return found | {"properties": {**options, **found["properties"]}}
            return found
        if (owner, name) == ("Data", "synthetic"):
            from kspec.spec.data import Synthetic

            return self.model(Synthetic) | {"type": ["object", "boolean", "null"]}
        if (owner, name) in _NOTATION:
            return self.definitions.of(t.parse(_NOTATION[owner, name]))
        if owner == "Document" and name == "layers":
            return {"type": "array", "minItems": 1, "items": self.definitions.ref("entry", self._entry)}
        if owner == "Compile" and name in ("loss", "metrics", "weighted_metrics"):
            return self._by_output("loss" if name == "loss" else "metric")
        return None

    def _by_output(self, kind: str) -> Schema:
        """A loss or metrics: for the only output, or by output. A key that is no class is an output's name."""
        several = kind == "metric"
        one = self.definitions.kind(kind)
        each = self.definitions.ref("metrics_of_an_output", self._several_metrics) if several else one
        schema: Schema = {
            "type": ["object", "string", "null"] if not several else ["object", "array", "string", "null"],
            "properties": properties(kind, self.definitions),
            "patternProperties": {DOTTED: {"type": ["object", "null"]}},
            "additionalProperties": each,
        }
        if several:
            schema["items"] = one
        return self.definitions.ref(f"{kind}_by_output", lambda: schema | one_of(self.definitions.names(kind)))

    def _several_metrics(self) -> Schema:
        self.definitions.kind("metric")
        return dict(self.definitions.of(t.parse("<metric>|[<metric>]")))

    def _entry(self) -> Schema:
        """An entry of `layers`: class names beside the graph's own words."""
        from kspec.spec import Entry

        own = self.model(Entry)["properties"]
        for inner in ("kind", "head", "arguments"):
            del own[inner]
        op = {
            "type": "string",
            "description": "A function of keras.ops; its tensors come through `from`, its constants through `call`",
            **one_of(self.definitions.names("op")),
        }
        reuse = {"type": "string", "description": "A node whose layer is called again, with the same weights"}
        return {
            "type": ["object", "string"],
            "properties": {**properties("layer", self.definitions), "op": op, "reuse": reuse, **own},
            "patternProperties": {DOTTED: {"type": ["object", "null"]}},
            "additionalProperties": False,
            "minProperties": 1,
            **one_of(self.definitions.names("layer"), propose=False),
        }

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
            schema: Schema = {"type": "object", "additionalProperties": self.model(model), "minProperties": 1}
            return schema | ({"propertyNames": {"pattern": "^[A-Za-z_][A-Za-z0-9_-]*$"}} if name is not str else {})
        return self.definitions.of(_type(annotation, tuple(metadata)))


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
