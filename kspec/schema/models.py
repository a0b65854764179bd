"""The language's models as JSON Schema."""

from __future__ import annotations

from typing import Any

from pydantic import TypeAdapter
from pydantic.json_schema import GenerateJsonSchema
from pydantic_core import core_schema as core

from kspec.catalog import types as t
from kspec.catalog.type_text import describe
from kspec.language.entry import Entry
from kspec.language.json_schema import ACCEPTS
from kspec.schema.classes import KerasSchemas
from kspec.schema.entry import entry
from kspec.schema.types import Schema, merge, or_computed, sentence, types_of, with_message
from kspec.syntax.names import ENTRY_KEYS

TYPE = "catalogType"
"""The keyword that holds the catalog's type of a schema, which its field describes in words."""
SECTION = "sectionDescription"
"""The keyword that holds the first line of a model's docstring."""
REFERENCE = "reference"
"""The keyword of references to definitions; Pydantic would look for those of a `$ref` among the models."""


class ModelSchemas(GenerateJsonSchema):
    """Pydantic's generator, for schemas that editors read.

    A union is one schema with several types, models stand in place instead of under `$defs`, and text can be computed.
    The schema of a plain type is only its type in the catalog (`TYPE`): the catalog's own arguments use the same.
    Use `generate_inner` and `value`.
    """

    def __init__(self, keras: KerasSchemas) -> None:
        super().__init__()
        self.keras = keras
        self._core_schemas: dict[str, core.CoreSchema] = {}

    def generate_inner(self, schema: Any) -> Schema:
        """The schema of a core schema, or of what an annotation says in its place."""
        if schema["type"] == "model":  # without the title and description that Pydantic adds
            return self.model_schema(schema)
        result: Schema = super().generate_inner({key: value for key, value in schema.items() if key != "ref"})
        accepts = result.pop(ACCEPTS, None)
        if accepts is None:
            return result
        if not isinstance(accepts, str):
            return self.generate_inner(TypeAdapter(accepts).core_schema) | result
        return result | ({REFERENCE: accepts} if accepts.startswith("#") else {TYPE: t.parse(accepts)})

    def definitions_schema(self, schema: core.DefinitionsSchema) -> Schema:
        self._core_schemas |= {inner["ref"]: inner for inner in schema["definitions"]}
        return self.generate_inner(schema["schema"])

    def definition_ref_schema(self, schema: core.DefinitionReferenceSchema) -> Schema:
        return self.generate_inner(self._core_schemas[schema["schema_ref"]])

    def any_schema(self, schema: core.AnySchema) -> Schema:  # noqa: ARG002
        return {TYPE: t.AnyValue()}

    def none_schema(self, schema: core.NoneSchema) -> Schema:  # noqa: ARG002
        return {TYPE: t.Null()}

    def bool_schema(self, schema: core.BoolSchema) -> Schema:  # noqa: ARG002
        return {TYPE: t.Boolean()}

    def int_schema(self, schema: core.IntSchema) -> Schema:
        return {TYPE: _number(True, schema)}

    def float_schema(self, schema: core.FloatSchema) -> Schema:
        return {TYPE: _number(False, schema)}

    def str_schema(self, schema: core.StringSchema) -> Schema:
        constrained = "pattern" in schema or "min_length" in schema
        return {TYPE: t.Text()} | (super().str_schema(schema) if constrained else {})

    def literal_schema(self, schema: core.LiteralSchema) -> Schema:
        values = schema["expected"]
        if isinstance(values[0], bool):
            only_this = {"const": values[0], "errorMessage": f"This must be `{str(values[0]).lower()}`."}
            return {"type": "boolean", "if": {"type": "boolean"}, "then": only_this}
        if all(isinstance(value, str) for value in values):
            return {TYPE: t.Choice(tuple(values))}
        return {TYPE: t.Number(True, min(values), max(values))}

    def list_schema(self, schema: core.ListSchema) -> Schema:
        items = self.generate_inner(schema.get("items_schema", core.any_schema()))
        minimum, maximum = schema.get("min_length", 0), schema.get("max_length")
        type_ = {TYPE: t.ListOf(items[TYPE], minimum, maximum)} if TYPE in items else {}
        if set(items) == {TYPE}:
            return type_
        lengths = self.list_lengths(schema)
        return type_ | {"type": "array", "items": self.value(items)} | lengths

    def list_lengths(self, schema: core.ListSchema) -> Schema:
        """The bounds of a list's length."""
        lengths: Schema = {}
        self.update_with_validations(lengths, schema, self.ValidationsMapping.array)
        return lengths

    def dict_schema(self, schema: core.DictSchema) -> Schema:
        """A mapping; one whose keys are a choice has exactly these."""
        keys = self.generate_inner(schema.get("keys_schema", core.str_schema()))
        values = self.generate_inner(schema.get("values_schema", core.any_schema()))
        type_ = {TYPE: t.MappingOf(values[TYPE])} if TYPE in values else {}
        result: Schema = {"type": "object"}
        self.update_with_validations(result, schema, self.ValidationsMapping.object)
        names = {keyword: keys[keyword] for keyword in ("pattern", "errorMessage") if keyword in keys}
        if isinstance(keys[TYPE], t.Choice):
            properties = dict.fromkeys(keys[TYPE].values, self.value(values))
            return type_ | result | {"properties": properties, "additionalProperties": False}
        if set(values) == {TYPE} and len(result) == 1 and not names:
            return type_
        result["additionalProperties"] = self.value(values)
        return type_ | result | ({"propertyNames": names} if names else {})

    def nullable_schema(self, schema: core.NullableSchema) -> Schema:
        return self._union([self.generate_inner(schema["schema"]), {TYPE: t.Null()}])

    def union_schema(self, schema: core.UnionSchema) -> Schema:
        choices = (choice[0] if isinstance(choice, tuple) else choice for choice in schema["choices"])
        return self._union([self.generate_inner(choice) for choice in choices])

    def _union(self, schemas: list[Schema]) -> Schema:
        section = next((schema[SECTION] for schema in schemas if SECTION in schema), None)
        result: Schema = {SECTION: section} if section else {}
        if all(TYPE in schema for schema in schemas):
            options = [option for schema in schemas for option in _options(schema[TYPE])]
            result[TYPE] = t.Union(tuple(dict.fromkeys(options)))
        if all(set(schema) == {TYPE} for schema in schemas):
            return result
        return merge(self._keywords(schema) for schema in schemas) | result

    def default_schema(self, schema: core.WithDefaultSchema) -> Schema:
        default = schema.get("default")
        return self.generate_inner(schema["schema"]) | ({"default": default} if _is_plain(default) else {})

    def model_schema(self, schema: core.ModelSchema) -> Schema:
        """A mapping of the language, with the rules of the model's `json_schema_extra`."""
        cls = schema["cls"]
        result: Schema = {SECTION: (cls.__doc__ or "").partition("\n")[0]} | self.generate_inner(schema["schema"])
        extra: Any = cls.model_config.get("json_schema_extra") or {}
        if callable(extra):
            extra(result)
        else:
            result |= extra
        if cls is Entry:
            keys = {name: inner for name, inner in result["properties"].items() if name in ENTRY_KEYS}
            return {REFERENCE: self.keras.ref("entry", lambda: entry(self.keras, keys))["$ref"]}
        return result

    def model_fields_schema(self, schema: core.ModelFieldsSchema) -> Schema:
        result = super().model_fields_schema(schema)
        result["properties"] = {name: self._field(name, inner) for name, inner in result["properties"].items()}
        return result | {"additionalProperties": False}

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ARG002
        """Titles would only repeat the names."""
        return False

    def _field(self, name: str, schema: Schema) -> Schema:
        """The schema of a field, with its description, its type in words, and its error message."""
        description = schema.pop("description", "")
        paragraphs = [schema.pop(SECTION, description)]
        type_, message = schema.get(TYPE), schema.pop("errorMessage", None)
        result = self.value(schema)
        if type_ is not None:
            default = f"; default `{schema['default']}`" if "default" in schema else ""
            paragraphs.append(f"*{describe(type_)}{default}*")
            message = message or sentence(f"`{name}`", type_)
        if message is not None:
            result = with_message(result, message)
        return result | {"description": paragraphs[0], "markdownDescription": "\n\n".join(paragraphs)}

    def value(self, schema: Schema) -> Schema:
        """The schema of a value, which may be computed."""
        return or_computed(self._keywords(schema))

    def _keywords(self, schema: Schema) -> Schema:
        keywords = {keyword: value for keyword, value in schema.items() if keyword not in (TYPE, SECTION, REFERENCE)}
        if REFERENCE in schema:
            return {"$ref": schema[REFERENCE]} | keywords
        if TYPE in schema and not types_of(schema):
            return self.keras.of(schema[TYPE]) | keywords
        return keywords


def _number(integer: bool, bounds: Any) -> t.Number:
    return t.Number(
        integer,
        bounds.get("gt", bounds.get("ge")),
        bounds.get("lt", bounds.get("le")),
        open_minimum="gt" in bounds,
        open_maximum="lt" in bounds,
    )


def _options(type_: t.Type) -> tuple[t.Type, ...]:
    return type_.options if isinstance(type_, t.Union) else (type_,)


def _is_plain(value: Any) -> bool:
    return isinstance(value, (bool, int, float, str))
