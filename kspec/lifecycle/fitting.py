"""Step 3, fit: the engine, fed in an order that the seed alone decides."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from kspec.data.pipeline import Batches
from kspec.lifecycle.console import Console
from kspec.lifecycle.define import Defined
from kspec.lifecycle.engine import Engine
from kspec.targets.keras_objects import Maker

SMOKE_STEPS = 3


@dataclass(slots=True)
class Fitted:
    """What training gives.

    Args:
        history: By epoch, the losses and metrics.
        interrupted: Whether Ctrl-C ended it.
    """

    history: list[dict[str, float]] = field(default_factory=list)
    interrupted: bool = False


def fit(
    defined: Defined,
    engine: Engine,
    train: Batches,
    validation: Batches | None,
    console: Console,
    *,
    write_path: Callable[[str, bool], str],
    smoke: bool = False,
    after_epoch: Callable[[list[dict[str, float]]], None] = lambda _: None,
) -> Fitted:
    """Trains the model.

    Args:
        engine: What runs the loop.
        write_path: Where callbacks write.
        smoke: A few batches of one epoch.
        after_epoch: Called with the history so far.
    """
    from kspec.lifecycle.progress import OnEpochEnd, ordered

    settings = defined.spec.document.fit
    fitted = Fitted()
    epochs = 1 if smoke else settings.epochs
    steps = settings.steps_per_epoch or train.steps
    validation_steps = None if validation is None else validation.steps
    if smoke:
        steps = min(SMOKE_STEPS, steps)
        validation_steps = None if validation_steps is None else min(SMOKE_STEPS, validation_steps)
    maker = Maker(path=write_path)
    callbacks = [maker.object("callback", callback) for callback in settings.callbacks]

    def end(epoch: int, logs: dict[str, float]) -> None:
        fitted.history.append({"epoch": epoch + 1, **ordered(logs)})
        after_epoch(fitted.history)

    callbacks.append(OnEpochEnd(end))
    shown = _shown(settings.verbose, console, epochs, steps)
    try:
        with warnings.catch_warnings():
            # an output that is only predicted has no loss, and that is meant
            warnings.filterwarnings("ignore", message="Gradients do not exist")
            engine.fit(
                train,
                validation,
                callbacks=[*callbacks, *shown],
                epochs=epochs,
                steps=steps,
                validation_steps=validation_steps,
                validation_freq=settings.validation_freq,
            )
    except KeyboardInterrupt:
        fitted.interrupted = True
    finally:
        for callback in shown:
            if hasattr(callback, "stop"):
                callback.stop()
    return fitted


def _shown(verbose: int, console: Console, epochs: int, steps: int) -> list[Any]:
    from kspec.lifecycle.progress import EpochLines, ProgressBar

    if verbose == 0 or console.quiet:
        return []
    return [ProgressBar(epochs, steps)] if verbose == 1 and console.is_terminal else [EpochLines(console, epochs)]


def best_epoch(history: list[dict[str, float]]) -> int | None:
    """The epoch with the least validation loss, counted from 1; the last where there is none that is a number."""
    if not history:
        return None
    validated = [row for row in history if math.isfinite(row.get("val_loss", math.nan))]
    return int(min(validated, key=lambda row: row["val_loss"])["epoch"]) if validated else int(history[-1]["epoch"])
