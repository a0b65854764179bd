"""The application: its routes, and what stands before them."""

from __future__ import annotations

from fastapi import FastAPI
from prometheus_client import CONTENT_TYPE_LATEST
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp

from kspec._version import __version__
from kspec.serving.metrics import Metrics
from kspec.serving.open_inference import inference_routes
from kspec.serving.page_routes import page_routes
from kspec.serving.prediction_routes import prediction_routes
from kspec.serving.protection import Protection
from kspec.serving.registry import Registry
from kspec.serving.replies import error_reply
from kspec.serving.row_errors import RequestError
from kspec.serving.settings import Settings

TEXT = "text/plain; charset=utf-8"


def make_api(registry: Registry, metrics: Metrics, settings: Settings) -> FastAPI:
    """The routes that answer for models, which a description is about.

    Args:
        registry: The models.
        metrics: Counts requests.
        settings: Those of the server.
    """
    app = FastAPI(title="kspec serve", version=__version__, docs_url=None, redoc_url=None, openapi_url=None)
    app.include_router(prediction_routes(registry, metrics, settings.bounds))
    app.include_router(inference_routes(registry, metrics, settings.bounds))
    return app


def make_app(registry: Registry, metrics: Metrics, settings: Settings) -> ASGIApp:
    """The application of a server.

    Args:
        registry: The models.
        metrics: Counts requests.
        settings: Those of the server.
    """
    app = make_api(registry, metrics, settings)
    app.include_router(page_routes(registry, app))

    @app.get("/healthz", include_in_schema=False)
    async def is_alive() -> Response:
        return Response("ok\n", media_type=TEXT)

    @app.get("/readyz", include_in_schema=False)
    async def is_ready() -> Response:
        return Response("ok\n", media_type=TEXT) if registry.names else Response("no model\n", 503, media_type=TEXT)

    @app.get("/metrics", include_in_schema=False)
    async def measured() -> Response:
        return Response(metrics.text(registry), headers={"content-type": CONTENT_TYPE_LATEST})

    @app.exception_handler(RequestError)
    async def refused(_: Request, error: Exception) -> Response:
        assert isinstance(error, RequestError)
        return error_reply(error)

    @app.exception_handler(HTTPException)
    async def unknown(_: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        return error_reply(RequestError(error.status_code, str(error.detail)))

    @app.exception_handler(Exception)
    async def failed(_: Request, _error: Exception) -> Response:
        return error_reply(RequestError(500, "the server failed"))

    return Protection(app, settings)
