"""The training engine: how the loop over the batches runs. What is computed is `Model.fit`'s, whichever runs it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol

from kspec.data.pipeline import Batches
from kspec.ir import Graph
from kspec.language.engine import EnginePlan

if TYPE_CHECKING:
    from kspec.backend.keras_model import BuiltNetwork

__all__ = ["Engine", "engine_of"]


class Engine(Protocol):
    """Trains, evaluates and asks a compiled model."""

    @property
    def plan(self) -> EnginePlan:
        """What ran, from which step on."""

    @property
    def notes(self) -> list[str]:
        """What the user should know of it, a line each."""

    def fit(
        self,
        train: Batches,
        validation: Batches | None,
        *,
        callbacks: list[Any],
        epochs: int,
        steps: int,
        validation_steps: int | None,
        validation_freq: int,
        initial_epoch: int = 0,
    ) -> None:
        """Trains as `Model.fit` does. Between two calls the model may have been compiled anew.

        Args:
            callbacks: Keras's.
            epochs: The number of the last epoch, from 1.
            steps: Of an epoch.
            initial_epoch: How many epochs have been trained already.
        """

    def evaluate(self, batches: Batches, steps: int | None = None) -> dict[str, float]:
        """Losses and metrics, by name."""

    def predict(self, batches: Batches, steps: int | None = None) -> Any:
        """The answers: an array, shape (n, …), or one by output."""


def engine_of(
    model: Any,
    said: Any,
    graph: Graph | None = None,
    network: BuiltNetwork | None = None,
    tell: Callable[[str], None] = lambda _: None,
) -> Engine:
    """The engine that `fit.engine` names, for a compiled model.

    Args:
        graph: What the model was built from; None to compute nothing beforehand.
        built: What building it gave.
        tell: Called with a line where something takes long before the first epoch.
    """
    from kspec.training.engine.stateful_engine import StatefulEngine, stateful_layers

    stateful = stateful_layers(model)
    if stateful:
        return StatefulEngine(model, stateful, said)
    if said == "keras":
        from kspec.training.engine.keras_engine import KerasEngine

        return KerasEngine(model)
    from kspec.training.engine.fused import FusedEngine

    return FusedEngine(model, said, graph, network, tell)
