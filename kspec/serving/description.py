"""The description of a server as OpenAPI, with the rows of each model as its contract has them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from kspec._version import __version__
from kspec.contract.row_schema import KEYWORD
from kspec.serving.service import Service

CONTENT = "application/json"
ERROR = {
    "type": "object",
    "required": ["code", "message"],
    "properties": {
        "code": {"type": "string", "description": "the code of a diagnostic; `kspec explain CODE` prints its page"},
        "column": {"type": "string"},
        "message": {"type": "string"},
        "help": {"type": "string", "description": "what to send instead"},
        "status": {"type": "integer"},
    },
}
REFUSED = {
    400: "The body holds no rows.",
    401: "The server asks for a token.",
    404: "There is no such model.",
    413: "The body, or the number of its rows, is too large.",
    422: "No row has a prediction.",
    429: "Too many rows wait; `Retry-After` says when to try again.",
}


def description(app: FastAPI, services: Mapping[str, Service]) -> dict[str, Any]:
    """The OpenAPI document of a server.

    Args:
        app: The application.
        services: By name, the models.
    """
    document = get_openapi(title="kspec serve", version=__version__, routes=app.routes)
    paths = document["paths"]
    paths.pop("/v1/models/{name}:predict", None)
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    schemas["RowError"] = ERROR
    for name, service in services.items():
        schemas[f"{name}.row"] = _row(service)
        schemas[f"{name}.entry"] = _entry(service)
        paths[f"/v1/models/{name}:predict"] = {"post": _operation(name, service)}
    document["components"]["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
    document["security"] = [{}, {"token": []}]
    return document


def _row(service: Service) -> dict[str, Any]:
    """The schema of a row, without what only kspec reads."""
    schema = service.contract.to_json()
    schema.pop("$schema", None)
    plain: dict[str, Any] = _without(schema, KEYWORD)
    for name, field in service.model.fields.items():
        if field.kind == "file" and name in plain["properties"]:
            plain["properties"][name] = {"type": "string", "contentEncoding": "base64", "description": field.content}
    return plain


def _without(value: Any, key: str) -> Any:
    if isinstance(value, Mapping):
        return {name: _without(each, key) for name, each in value.items() if name != key}
    return [_without(each, key) for each in value] if isinstance(value, list) else value


def _entry(service: Service) -> dict[str, Any]:
    """The schema of what a row gets."""
    outputs: dict[str, Any] = {}
    for name, output in service.contract.outputs.items():
        properties: dict[str, Any] = {"prediction": {}}
        if output.labels:
            properties["prediction"] = {"type": "string", "enum": output.labels}
            numbers = {label: {"type": "number"} for label in output.labels}
            properties["probabilities"] = {"type": "object", "properties": numbers}
        elif output.task == "regression":
            properties["prediction"] = {"type": ["number", "object", "array"]}
        outputs[name] = {"type": "object", "properties": properties}
    error = {"$ref": "#/components/schemas/RowError"}
    return {
        "type": "object",
        "properties": {
            "row": {"type": "integer"},
            "outputs": {"type": "object", "properties": outputs},
            "error": error,
            "warnings": {"type": "array", "items": error},
        },
    }


def _operation(name: str, service: Service) -> dict[str, Any]:
    """What a request to a model sends and gets."""
    row, entry = ({"$ref": f"#/components/schemas/{name}.{kind}"} for kind in ("row", "entry"))
    rows = {"type": "array", "items": row, "minItems": 1}
    if service.model.window is not None:
        rows = {"type": "array", "items": {"anyOf": [row, rows]}, "minItems": 1}
    by_column = {column: {"type": "array"} for column in service.model.fields}
    body = {
        "anyOf": [
            {"type": "object", "properties": {"instances": rows}, "required": ["instances"]},
            {
                "type": "object",
                "properties": {"inputs": {"type": "object", "properties": by_column}},
                "required": ["inputs"],
            },
        ]
    }
    entries = {"type": "array", "items": entry}
    answer = {"type": "object", "properties": {"model": {"type": "object"}, "predictions": entries}}
    text = {"schema": {"type": "string"}}
    contents = {CONTENT: {"schema": body}, "text/csv": text, "application/x-ndjson": text}
    responses: dict[str, Any] = {str(status): {"description": words} for status, words in REFUSED.items()}
    responses["200"] = {
        "description": "A prediction for each row.",
        "content": {CONTENT: {"schema": answer}, "text/csv": text},
    }
    return {
        "tags": ["predict"],
        "summary": f"Predict with `{name}`",
        "operationId": f"predict_{name}",
        "requestBody": {"required": True, "content": contents},
        "responses": responses,
    }
