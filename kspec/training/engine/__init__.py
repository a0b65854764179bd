"""The training engines: how the loop over batches runs. Every engine computes what `Model.fit` computes."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol

from kspec.data.pipeline import Batches
from kspec.ir import Graph
from kspec.language.engine import EnginePlan, EngineSetting
from kspec.training.engine.schedule import Schedule

if TYPE_CHECKING:
    import keras

    from kspec.backend.keras_model import BuiltNetwork
    from kspec.training.engine.traces import Traces

__all__ = ["Engine", "Schedule", "engine_of"]


class Engine(Protocol):
    """Trains, evaluates and predicts with a compiled model."""

    @property
    def plan(self) -> EnginePlan:
        """Which engine ran which steps."""

    @property
    def settled(self) -> bool:
        """Whether no other engine takes over before the current stage ends."""

    @property
    def notes(self) -> list[str]:
        """Lines for the user about the choice of the engine."""

    def resume(self, plan: EnginePlan, settled: bool) -> None:
        """Lets the next call of `fit` go on as another process has begun it.

        Args:
            plan: Which engine has run which steps.
            settled: Whether the last of them runs the rest of the stage.
        """

    def fit(
        self, train: Batches, validation: Batches | None, schedule: Schedule, callbacks: list[keras.callbacks.Callback]
    ) -> None:
        """Trains as `Model.fit` does. Between two calls the model may be compiled anew.

        Args:
            train: Examples to train on.
            validation: Examples to validate on.
            schedule: Epochs and steps.
            callbacks: Keras callbacks.
        """

    def evaluate(self, batches: Batches, steps: int | None = None) -> dict[str, float]:
        """Returns losses and metrics by name."""

    def predict(self, batches: Batches, steps: int | None = None) -> Any:
        """Returns the predictions, shape (n, …); a dict by output if the model has several outputs."""


def engine_of(
    model: keras.Model,
    setting: EngineSetting,
    graph: Graph | None = None,
    network: BuiltNetwork | None = None,
    announce: Callable[[str], None] = lambda _: None,
    traces: Traces | None = None,
    trainings: float | None = None,
) -> Engine:
    """The engine for a compiled model.

    Args:
        model: A compiled Keras model.
        setting: The value of `fit.engine`.
        graph: The graph that the model was built from; None to precompute nothing.
        network: Layers and tensors of the built graph.
        announce: Called with a line when something takes long before the first epoch.
        traces: What earlier trainings of the model have traced, which serves this one; None to trace anew.
        trainings: About how many trainings share what is compiled; see `FusedEngine`.

    Returns:
        Keras's own loop for a stateful model, whatever the setting; else the engine that the setting names.
    """
    from kspec.training.engine.stateful_engine import StatefulEngine, stateful_layers

    stateful = stateful_layers(model)
    if stateful:
        return StatefulEngine(model, stateful, setting)
    if setting == "keras":
        from kspec.training.engine.keras_engine import KerasEngine

        return KerasEngine(model)
    from kspec.training.engine.fused import FusedEngine

    return FusedEngine(model, setting, graph, network, announce, traces, trainings)
