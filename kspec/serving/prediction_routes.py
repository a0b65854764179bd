"""The routes of kspec's own protocol, with the paths and bodies of TensorFlow Serving: rows in, predictions out."""

from __future__ import annotations

from functools import partial

from fastapi import APIRouter
from pydantic_core import to_json
from starlette.requests import Request
from starlette.responses import Response

from kspec.serving.bodies import Body
from kspec.serving.job import Job, Result
from kspec.serving.line_streams import LINES, line_stream
from kspec.serving.metrics import Metrics
from kspec.serving.registry import Registry
from kspec.serving.replies import JSON, entries_of, model_facts, reply, table_text
from kspec.serving.requests import answered, apart, body_of, read_body, results_of, with_service
from kspec.serving.row_errors import RequestError
from kspec.serving.service import Service
from kspec.serving.settings import Bounds
from kspec.serving.uploads import form_body

CSV, FORM = "text/csv", "multipart/form-data"


def prediction_routes(registry: Registry, metrics: Metrics, bounds: Bounds) -> APIRouter:
    """The routes.

    Args:
        registry: The models.
        metrics: Counts requests.
        bounds: What a request may take.
    """
    router = APIRouter(prefix="/v1/models")

    @router.get("", summary="The models", tags=["models"])
    async def list_models() -> Response:
        models = {name: model_facts(service) for name, service in registry.services.items()}
        return Response(to_json({"models": models, "names": registry.names}), media_type=JSON)

    @router.get("/{name}", summary="Whether a model is ready, as TensorFlow Serving says it", tags=["models"])
    async def status(name: str) -> Response:
        service = registry.service(name)
        ok = {"error_code": "OK", "error_message": ""}
        versions = [{"version": service.model.version, "state": "AVAILABLE", "status": ok}]
        return Response(to_json({"model_version_status": versions, "model": model_facts(service)}), media_type=JSON)

    @router.get("/{name}/contract", summary="What rows must have, as JSON Schema", tags=["models"])
    async def contract(name: str) -> Response:
        return Response(to_json(registry.service(name).contract.to_json()), media_type=JSON)

    @router.post("/{name}/versions/{version}:predict", summary="Predict with one run alone", tags=["predict"])
    @router.post("/{name}:predict", summary="Predict for rows", tags=["predict"])
    async def predict(name: str, request: Request, version: str = "") -> Response:
        async def answer() -> Response:
            kind = request.headers.get("content-type", JSON).partition(";")[0].strip().lower()
            if kind == LINES:
                registry.service(name, version)
                return line_stream(request, partial(with_service, registry, name, version), metrics, bounds)
            data = await read_body(request, bounds)
            return await with_service(
                registry, name, version, lambda service: _answer(request, service, kind, data, metrics, bounds)
            )

        return await answered(registry, metrics, name, answer)

    return router


async def _answer(
    request: Request, service: Service, kind: str, data: bytes, metrics: Metrics, bounds: Bounds
) -> Response:
    """The answer to a request.

    Args:
        request: The request.
        service: The model.
        kind: The media type of the body.
        data: The body.
        metrics: Counts rows.
        bounds: What a request may take.

    Raises:
        RequestError: If it cannot be answered.
    """
    if kind == FORM:
        body = await form_body(request.headers, data, bounds)
    else:
        body = await apart(len(data), body_of, kind, data, service.model, bounds)
    wanted = request.headers.get("accept", "*/*")
    as_table = (CSV in wanted) if wanted != "*/*" else kind == CSV
    results = await results_of(service, body, bounds, as_table=as_table)
    for job, result in results:
        metrics.result(service.name, job, result)
    if as_table:
        result = results[0][1]
        if not result.table:
            error = next(iter(result.errors.values()))
            raise RequestError(422, error.message, error.help, error.code)
        return Response(await apart(len(data), table_text, result), media_type=CSV)
    status, text = await apart(len(data), _text, results, body, service)
    return Response(text, status, media_type=JSON)


def _text(results: list[tuple[Job, Result]], body: Body, service: Service) -> tuple[int, bytes]:
    """The status and the JSON of an answer.

    Args:
        results: The results.
        body: What was asked.
        service: The model.
    """
    return reply(service, entries_of(results, body, service), body)
