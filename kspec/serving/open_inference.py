"""The Open Inference Protocol, version 2, which clients of KServe and Triton speak: a tensor for each column."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from fastapi import APIRouter
from pydantic_core import to_json
from starlette.requests import Request
from starlette.responses import Response

from kspec._version import __version__
from kspec.serving.bodies import Body, column_body, read_json
from kspec.serving.job import Job, Result
from kspec.serving.metrics import Metrics
from kspec.serving.registry import Registry
from kspec.serving.replies import JSON
from kspec.serving.requests import answered, apart, read_body, results_of, with_service
from kspec.serving.row_errors import RequestError
from kspec.serving.service import Service
from kspec.serving.settings import Bounds
from kspec.serving.tensors import binary_tensor, datatype_of, tensor_values

HEADER = "inference-header-content-length"
"""How many bytes of a body are JSON; the rest are tensors."""


class _Tensor(NamedTuple):
    """A tensor of an answer."""

    name: str
    datatype: str
    values: Sequence[Any]

    @property
    def shape(self) -> list[int]:
        shape, values = [], self.values
        while isinstance(values, list):
            shape.append(len(values))
            values = values[0] if values else ()
        return shape


def inference_routes(registry: Registry, metrics: Metrics, bounds: Bounds) -> APIRouter:
    """The routes.

    Args:
        registry: The models.
        metrics: Counts requests.
        bounds: What a request may take.
    """
    router = APIRouter(prefix="/v2", tags=["Open Inference Protocol"])

    @router.get("", summary="The server")
    async def server() -> Response:
        facts = {"name": "kspec", "version": __version__, "extensions": ["binary_tensor_data"]}
        return Response(to_json(facts), media_type=JSON)

    @router.get("/health/live", summary="Whether the server runs")
    async def is_live() -> Response:
        return Response(to_json({"live": True}), media_type=JSON)

    @router.get("/health/ready", summary="Whether it has models")
    async def is_ready() -> Response:
        return Response(to_json({"ready": bool(registry.names)}), 200 if registry.names else 503, media_type=JSON)

    for path in ("/models/{name}", "/models/{name}/versions/{version}"):

        @router.get(path, summary="What a model takes and gives")
        async def metadata(name: str, version: str = "") -> Response:
            return Response(to_json(model_metadata(registry.service(name, version))), media_type=JSON)

        @router.get(f"{path}/ready", summary="Whether a model answers")
        async def is_model_ready(name: str, version: str = "") -> Response:
            registry.service(name, version)
            return Response(to_json({"name": name, "ready": True}), media_type=JSON)

        @router.post(f"{path}/infer", summary="Predict for tensors")
        async def infer(name: str, request: Request, version: str = "") -> Response:
            async def answer() -> Response:
                data = await read_body(request, bounds)
                length = request.headers.get(HEADER, "")
                return await with_service(
                    registry, name, version, lambda service: _infer(service, data, length, metrics, bounds)
                )

            return await answered(registry, metrics, name, answer)

    return router


def model_metadata(service: Service) -> dict[str, Any]:
    """What a model takes and gives: a tensor for each column, and for what each output predicts."""
    model, inputs = service.model, []
    for name, field in model.fields.items():
        column = service.contract.columns.get(name)
        shape = list(column.shape) if column is not None and column.kind == "array" else []
        datatype = "BYTES" if field.kind == "file" or field.dtype == "string" else datatype_of(field.dtype)
        inputs.append(
            {"name": name, "datatype": datatype, "shape": [-1, *(-1 if size is None else size for size in shape)]}
        )
    outputs = []
    for name, output in service.contract.outputs.items():
        is_class = bool(output.task and output.task != "regression")
        several = [-1] if len(output.columns) > 1 else []
        outputs.append({"name": name, "datatype": "BYTES" if is_class else "FP32", "shape": [-1, *several]})
        if is_class:
            scores = "scores" if output.task == "multiclass_classification" else "score"
            suffix = "probabilities" if output.value == "probability" else scores
            labels = len(output.labels) if output.labels and not several else -1
            outputs.append({"name": f"{name}_{suffix}", "datatype": "FP32", "shape": [-1, labels]})
    return {
        "name": service.name,
        "versions": [model.version],
        "platform": "kspec",
        "inputs": inputs,
        "outputs": outputs,
    }


async def _infer(service: Service, data: bytes, length: str, metrics: Metrics, bounds: Bounds) -> Response:
    """The answer to a request.

    Args:
        service: The model.
        data: The body.
        length: How many bytes of it are JSON; empty for all.
        metrics: Counts rows.
        bounds: What a request may take.

    Raises:
        RequestError: If it cannot be answered: the protocol has no errors of single rows.
    """
    if length and (not length.isdigit() or int(length) > len(data)):
        raise RequestError(400, f"`{HEADER}` is no length within the body")
    request, body = await apart(len(data), _read, data, int(length) if length else len(data), service)
    if body.count > bounds.rows:
        raise RequestError(413, f"the request has more than {bounds.rows:,} rows", "send them in several requests")
    (job, result), *_ = await results_of(service, body, bounds)
    metrics.result(service.name, job, result)
    if result.errors:
        row, error = min(result.errors.items())
        more = f" (and {len(result.errors) - 1} more rows cannot be used)" if len(result.errors) > 1 else ""
        raise RequestError(422, f"row {row}: {error.message}{more}", error.help, error.code)
    return await apart(len(data), _reply, service, request, result, job)


def _read(data: bytes, end: int, service: Service) -> tuple[Any, Body]:
    """A request and its rows.

    Args:
        data: The body.
        end: How many bytes of it are JSON.
        service: The model.

    Raises:
        RequestError: If it has none.
    """
    request = read_json(data[:end])
    return request, column_body(_columns(request, data[end:]), service.model)


def _columns(request: Any, data: bytes) -> dict[str, list[Any]]:
    """The tensors of a request by name.

    Args:
        request: Its JSON.
        data: The bytes after that.

    Raises:
        RequestError: If there are none.
    """
    inputs = request.get("inputs") if isinstance(request, Mapping) else None
    if not isinstance(inputs, list) or not inputs or not all(isinstance(each, Mapping) for each in inputs):
        raise RequestError(400, "the body has no `inputs`", "send a list of tensors: name, shape, datatype, data")
    columns, at = dict[str, list[Any]](), 0
    for tensor in inputs:
        parameters = tensor.get("parameters")
        size = parameters.get("binary_data_size") if isinstance(parameters, Mapping) else None
        piece = None
        if size is not None:
            if type(size) is not int or not 0 <= size <= len(data) - at:
                raise RequestError(400, "a `binary_data_size` is no length within the body")
            piece, at = data[at : at + size], at + size
        columns[str(tensor.get("name"))] = tensor_values(tensor, piece)
    return columns


def _tensors(result: Result) -> list[_Tensor]:
    """What is predicted, as tensors."""
    tensors = []
    for output, first in result.answers[0].items() if result.answers else ():
        found = [answer[output] for answer in result.answers]
        if "prediction" not in first:  # a label for each of several columns
            found = [_by_key(each) for each in found]
        for key, value in found[0].items():
            name = output if key == "prediction" else f"{output}_{key}"
            values = [_plain(each[key]) for each in found]
            tensors.append(_Tensor(name, "BYTES" if isinstance(_leaf(value), str) else "FP32", values))
    return tensors


def _by_key(columns: Mapping[str, Mapping[str, Any]]) -> dict[str, list[Any]]:
    """What is predicted for several columns of two labels: a list of labels, and of probabilities of the second."""
    keys = next(iter(columns.values()))
    return {key: [_second(each[key]) for each in columns.values()] for key in keys}


def _second(value: Any) -> Any:
    """The last value of an object; a label or a number as it is."""
    return list(value.values())[-1] if isinstance(value, Mapping) else value


def _plain(value: Any) -> Any:
    """A list of numbers in place of an object of them; of several columns, what each predicts."""
    if isinstance(value, Mapping):
        return [_plain(each) for each in value.values()]
    return value


def _leaf(value: Any) -> Any:
    while isinstance(value, (Mapping, list)):
        value = next(iter(value.values() if isinstance(value, Mapping) else value), 0)
    return value


def _wanted(request: Mapping[str, Any], tensors: list[_Tensor]) -> list[tuple[_Tensor, bool]]:
    """The tensors that a request asks for, and whether as bytes.

    Args:
        request: The request.
        tensors: All of them.

    Raises:
        RequestError: If it asks for another one.
    """
    parameters = request.get("parameters")
    as_bytes = isinstance(parameters, Mapping) and bool(parameters.get("binary_data_output"))
    asked = request.get("outputs")
    if not isinstance(asked, list) or not asked:
        return [(tensor, as_bytes) for tensor in tensors]
    by_name, found = {tensor.name: tensor for tensor in tensors}, []
    for each in asked:
        name = each.get("name") if isinstance(each, Mapping) else None
        if name not in by_name:
            raise RequestError(400, "the model has no such output", f"its outputs are {', '.join(by_name)}")
        own = each.get("parameters")
        found.append((by_name[name], bool(own.get("binary_data", as_bytes)) if isinstance(own, Mapping) else as_bytes))
    return found


def _reply(service: Service, request: Mapping[str, Any], result: Result, job: Job) -> Response:
    """The answer with the tensors that a request asks for.

    Args:
        service: The model.
        request: The request.
        result: What is predicted.
        job: What was asked.

    Raises:
        RequestError: If it asks for another tensor.
    """
    outputs, pieces = [], []
    for tensor, as_bytes in _wanted(request, _tensors(result)):
        shape = tensor.shape
        flat = tensor.values
        for _ in shape[1:]:
            flat = [item for value in flat for item in value]
        part: dict[str, Any] = {"name": tensor.name, "datatype": tensor.datatype, "shape": shape}
        if as_bytes:
            pieces.append(binary_tensor(flat, tensor.datatype))
            part["parameters"] = {"binary_data_size": len(pieces[-1])}
        else:
            part["data"] = flat
        outputs.append(part)
    facts: dict[str, Any] = {"model_name": service.name, "model_version": service.model.version}
    if isinstance(request.get("id"), str):
        facts["id"] = request["id"][:1000]
    warnings = [f"row {row}: {each.code} {each.message}" for row, found in job.warnings.items() for each in found]
    parameters: dict[str, Any] = {"fingerprint": service.model.fingerprint}
    if warnings:
        parameters["warnings"] = "; ".join(warnings)
    header = to_json({**facts, "parameters": parameters, "outputs": outputs}, inf_nan_mode="null")
    if not pieces:
        return Response(header, media_type=JSON)
    headers = {HEADER: str(len(header))}
    return Response(b"".join([header, *pieces]), 200, headers, "application/octet-stream")
