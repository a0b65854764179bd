"""The pages of a server, with everything that they load: they open without a network."""

from __future__ import annotations

from functools import cache
from importlib import resources

from fastapi import APIRouter, FastAPI
from pydantic_core import to_json
from starlette.responses import Response

from kspec.serving.registry import Registry
from kspec.serving.replies import JSON
from kspec.serving.row_errors import RequestError

OWN, SWAGGER = "kspec.serving.pages", "fastapi_swagger.resources"
ASSETS = {
    "docs.js": (OWN, "text/javascript"),
    "try.js": (OWN, "text/javascript"),
    "try.css": (OWN, "text/css"),
    "swagger-ui-bundle.js": (SWAGGER, "text/javascript"),
    "swagger-ui.css": (SWAGGER, "text/css"),
}
"""By name, the package that a file lies in, and its media type."""
POLICY = "default-src 'self'; img-src 'self' data: blob:; style-src 'self' 'unsafe-inline'; frame-ancestors 'none'"


def page_routes(registry: Registry, app: FastAPI) -> APIRouter:
    """The routes.

    Args:
        registry: The models.
        app: The application that `/docs` describes.
    """
    from kspec.serving.description import description

    router = APIRouter(include_in_schema=False)

    @router.get("/openapi.json")
    async def openapi() -> Response:
        return Response(to_json(description(app, registry.services)), media_type=JSON)

    @router.get("/")
    async def page() -> Response:
        return _page("try.html")

    @router.get("/docs")
    async def docs() -> Response:
        return _page("docs.html")

    @router.get("/assets/{name}")
    async def asset(name: str) -> Response:
        if name not in ASSETS:
            raise RequestError(404, "there is no such file")
        package, kind = ASSETS[name]
        return Response(_file(package, name), headers={"cache-control": "max-age=3600"}, media_type=kind)

    return router


def _page(name: str) -> Response:
    headers = {"content-security-policy": POLICY, "referrer-policy": "no-referrer"}
    return Response(_file(OWN, name), headers=headers, media_type="text/html")


@cache
def _file(package: str, name: str) -> bytes:
    """The bytes of a file of a package."""
    return (resources.files(package) / name).read_bytes()
