"""Step 3, fit: the engine, fed in an order that the seed alone decides."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from kspec.analysis.stages import Stage
from kspec.backend.keras_objects import Maker
from kspec.compiler.define import BuiltModel
from kspec.data.pipeline import Batches
from kspec.training.console import Console
from kspec.training.engine import Engine
from kspec.training.interrupt import Interrupt

SMOKE_STEPS = 3
"""How many batches of each step a smoke run uses."""


@dataclass(slots=True)
class Fitted:
    """What training gives.

    Args:
        history: By epoch, the losses and metrics; and the number of its stage, where the spec has stages.
        stages: What was trained of each stage that was begun: its name, epochs, optimizer, and trained parameters.
        interrupted: Whether Ctrl-C ended it.
    """

    history: list[dict[str, float]] = field(default_factory=list)
    stages: list[dict[str, Any]] = field(default_factory=list)
    interrupted: bool = False


def fit(
    built: BuiltModel,
    engine: Engine,
    train: Batches,
    validation: Batches | None,
    console: Console,
    *,
    write_path: Callable[[str, bool], str],
    smoke: bool = False,
    after_epoch: Callable[[list[dict[str, float]]], None] = lambda _: None,
    interrupt: Interrupt | None = None,
) -> Fitted:
    """Trains the model, stage by stage; epochs are counted over all of them.

    Args:
        engine: What runs the loop.
        write_path: Where callbacks write.
        smoke: A few batches of one epoch of each stage.
        after_epoch: Called with the history so far.
        interrupt: Where it is remembered that Ctrl-C was pressed.
    """
    from kspec.training.progress import InterruptCallback, OnEpochEnd, ordered
    from kspec.training.stage_setup import begin_stage, resume_callbacks, trained_parameters

    settings = built.spec.document.fit
    fitted = Fitted()
    stages = built.settings.stages
    epochs_of = {stage.number: 1 if smoke else stage.epochs for stage in stages}
    steps = settings.steps_per_epoch or train.steps
    validation_steps = None if validation is None else validation.steps
    if smoke:
        steps = min(SMOKE_STEPS, steps)
        validation_steps = None if validation_steps is None else min(SMOKE_STEPS, validation_steps)
    maker = Maker(path=write_path)
    interrupt = interrupt or Interrupt()
    before: list[Any] = []
    for stage in stages:
        callbacks = [maker.object("callback", callback) for callback in settings.callbacks]
        begun = len(fitted.history)
        record: dict[str, Any] = {}
        if stage.name:
            line = begin_stage(built, stage)
            console.step("fit", f"{_called(stage, len(stages))}: {line}")
            count = trained_parameters(built.model)
            record = {"name": stage.name, "optimizer": stage.optimizer, "trained_parameters": count}
            fitted.stages.append(record)
        if before:
            resume_callbacks(callbacks, before)
        before = list(callbacks)

        def end(epoch: int, logs: dict[str, float], stage: Stage = stage) -> None:
            numbered = {"stage": stage.number} if stage.name else {}
            fitted.history.append({"epoch": epoch + 1, **numbered, **ordered(logs)})
            after_epoch(fitted.history)

        all_epochs = begun + sum(epochs_of[other.number] for other in stages[stage.number - 1 :])
        shown = _shown(settings.verbose, console, all_epochs, steps, stage.name)
        try:
            with warnings.catch_warnings():
                # an output that is only predicted has no loss, and that is meant
                warnings.filterwarnings("ignore", message="Gradients do not exist")
                engine.fit(
                    train,
                    validation,
                    callbacks=[*callbacks, OnEpochEnd(end), *shown, InterruptCallback(interrupt)],
                    epochs=begun + epochs_of[stage.number],
                    steps=steps,
                    validation_steps=validation_steps,
                    validation_freq=settings.validation_freq,
                    initial_epoch=begun,
                )
        except KeyboardInterrupt:
            interrupt.heeded()
            fitted.interrupted = True
        finally:
            for callback in shown:
                if hasattr(callback, "stop"):
                    callback.stop()
        if stage.name:
            record["epochs"] = len(fitted.history) - begun
        lost = bool(fitted.history) and not math.isfinite(fitted.history[-1]["loss"])
        if fitted.interrupted or lost:  # what trains on from no number is no number
            break
    return fitted


def _called(stage: Stage, count: int) -> str:
    """`stage 2 of 3`, and its own name where it has one."""
    own = "" if stage.name == f"stage {stage.number}" else f", {stage.name}"
    return f"stage {stage.number} of {count}{own}"


def _shown(verbose: int, console: Console, epochs: int, steps: int, stage: str) -> list[Any]:
    from kspec.training.progress import EpochLines, ProgressBar

    if verbose == 0 or console.quiet:
        return []
    if verbose == 1 and console.is_terminal:
        return [ProgressBar(epochs, steps, stage)]
    return [EpochLines(console, epochs, stage)]


def best_epoch(history: list[dict[str, float]]) -> int | None:
    """The epoch with the least validation loss, counted from 1; the last where there is none that is a number."""
    if not history:
        return None
    validated = [row for row in history if math.isfinite(row.get("val_loss", math.nan))]
    return int(min(validated, key=lambda row: row["val_loss"])["epoch"]) if validated else int(history[-1]["epoch"])
