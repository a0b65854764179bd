"""The models of a server by name: which one answers a request, and how a new run takes the place of another."""

from __future__ import annotations

import gc
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from kspec.serving.batching import BatchLimits
from kspec.serving.model import ServedModel
from kspec.serving.row_errors import RequestError
from kspec.serving.service import Service

Observer = Callable[[str, int], None]
"""Called with the name of a model, and the number of rows of each batch."""


@dataclass(slots=True)
class _Share:
    """A model that answers a share of the requests for a name."""

    name: str
    weight: float


class Registry:
    """The models of a server.

    Args:
        limits: How requests are put together.
        observe: Observes batches.
    """

    def __init__(self, limits: BatchLimits, observe: Observer) -> None:
        self._limits, self._observe = limits, observe
        self._services: dict[str, Service] = {}
        self._splits: dict[str, list[_Share]] = {}

    @property
    def names(self) -> list[str]:
        """The names that requests can use."""
        return [*self._services, *self._splits]

    @property
    def services(self) -> Mapping[str, Service]:
        """The models by their own names."""
        return self._services

    def serve(self, name: str, model: ServedModel) -> None:
        """Lets a model answer the requests for a name; the one that did so before answers what it has, then ends.

        Args:
            name: The name.
            model: The model.
        """
        before = self._services.get(name)
        self._services[name] = Service(name, model, self._limits, partial(self._observe, name))
        if before is not None:
            before.close()
            del before
            gc.collect()  # a Keras model refers to itself, and holds what it has traced

    def split(self, name: str, shares: Mapping[str, float]) -> None:
        """Lets several models share the requests for a name.

        Args:
            name: The name.
            shares: By the name of a model, its weight.
        """
        self._splits[name] = [_Share(*share) for share in shares.items()]

    def service(self, name: str, version: str = "") -> Service:
        """The model that answers a request.

        Args:
            name: The name that it uses.
            version: The run that it names; empty for any.

        Raises:
            RequestError: If there is none.
        """
        if name in self._splits:
            shares = self._splits[name]
            name = random.choices(shares, [share.weight for share in shares])[0].name
        service = self._services.get(name)
        if service is None:
            raise RequestError(404, "there is no such model", f"available models: {', '.join(self.names)}")
        if version and version != service.model.version:
            raise RequestError(404, "the model has no such version", f"available version: {service.model.version}")
        return service

    def close(self) -> None:
        """Answers what waits, and ends the threads."""
        for service in self._services.values():
            service.close()


def shares_of(text: str, names: Sequence[str]) -> dict[str, float]:
    """The shares of a text such as `a=90,b=10`.

    Args:
        text: The text.
        names: The names of the models.

    Raises:
        ValueError: If it states no shares of these models; the message is for the user.
    """
    shares: dict[str, float] = {}
    for part in text.split(","):
        name, _, weight = part.strip().partition("=")
        if name not in names:
            raise ValueError(f"`{name}` is none of the models {', '.join(names)}")
        try:
            shares[name] = float(weight)
        except ValueError:
            raise ValueError(f"`{part.strip()}` states no share; write {name}=90") from None
        if not 0 <= shares[name] < float("inf"):
            raise ValueError(f"the share of `{name}` must not be negative")
    if len(shares) < 2 or not sum(shares.values()):
        raise ValueError("name at least two models, and a share above zero: a=90,b=10")
    return shares
