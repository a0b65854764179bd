"""The JSON Schema (draft 7) of the language: editors complete and check specs by it.

It is made from the language's models (`models`) and Keras's catalog (`classes`). An entry of `layers` is one closed map
of class names and entry keys, so that an editor reports a typo in one line, and completes with the arguments of one
class.
"""

from __future__ import annotations

import json

from kspec.language.document import Document
from kspec.schema.classes import KerasSchemas
from kspec.schema.models import ModelSchemas
from kspec.schema.types import Schema


def json_schema() -> Schema:
    """The whole schema."""
    keras = KerasSchemas()
    models = ModelSchemas(keras)
    document = models.value(models.generate_inner(Document.__pydantic_core_schema__))
    for kind in ("loss", "metric"):
        keras.by_output(kind)
    keras.share_arguments()
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "kspec model spec",
        "description": "A neural network for Keras: its graph, its data, and how it is trained.",
        **document,
        "definitions": dict(sorted(keras.definitions.items())),
    }


def as_text() -> str:
    """The schema as in `schemas/`: one line per section and definition."""
    schema = json_schema()
    parts = [
        f'"{name}": {_lines(part) if name in ("properties", "definitions") else _compact(part)}'
        for name, part in schema.items()
    ]
    return "{\n " + ",\n ".join(parts) + "\n}\n"


def _lines(schemas: Schema) -> str:
    return "{\n" + ",\n".join(f'  "{name}": {_compact(schema)}' for name, schema in schemas.items()) + "\n }"


def _compact(schema: Schema) -> str:
    return json.dumps(schema, ensure_ascii=False, separators=(",", ":"))
