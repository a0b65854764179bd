"""What `/openapi.json` of a server says, without one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kspec.serving.app import make_api
from kspec.serving.batching import BatchLimits
from kspec.serving.description import description
from kspec.serving.metrics import Metrics
from kspec.serving.model import ServedModel
from kspec.serving.registry import Registry
from kspec.serving.settings import Settings


def openapi_of(models: Mapping[str, ServedModel]) -> dict[str, Any]:
    """The OpenAPI document of a server.

    Args:
        models: By name, its models.
    """
    registry = Registry(BatchLimits(), lambda _name, _rows: None)
    try:
        for name, model in models.items():
            registry.serve(name, model)
        return description(make_api(registry, Metrics(), Settings()), registry.services)
    finally:
        registry.close()
