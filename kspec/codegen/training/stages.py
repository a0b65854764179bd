"""The stages of training in `main`: each freezes layers, compiles the model again, and continues `model.fit`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kspec.analysis.settings import Settings
from kspec.codegen.data.examples import Examples
from kspec.codegen.model.arguments import Writer
from kspec.codegen.model.freezing import Freezing
from kspec.codegen.text.literals import comment
from kspec.codegen.training.callbacks import BEST_WEIGHTS, write_callbacks
from kspec.codegen.training.steps import fit_lines
from kspec.ir import Graph

PATH = ("fit", "stages")


def stage_lines(
    examples: Examples, graph: Graph, settings: Settings, writer: Writer, names: Mapping[str, str], batch_size: str
) -> list[str]:
    """The lines of `main` for all stages; epochs are counted over all of them.

    Args:
        examples: All examples of `main`.
        graph: The spec's graph.
        settings: The settings of the stages.
        writer: Writes objects.
        names: What expressions may use: variable → Python name.
        batch_size: The batch size in Python.
    """
    lines: list[str] = []
    freezing = Freezing(graph)
    spec = examples.info.spec
    callbacks = spec.document.fit.callbacks
    checkpoints = _checkpoints(callbacks) if len(settings.stages) > 1 else {}
    for number, stage in enumerate(settings.stages):
        path = (*PATH, number)
        is_last = stage is settings.stages[-1]
        if number:
            lines += ["    first_epoch = history.epoch[-1] + 1", ""]
        title = f"Stage {stage.number}"
        lines.append(f"    {comment(title if stage.name == title.lower() else f'{title}: {stage.name}')}")
        lines += freezing.change_lines(stage.trainable)
        optimizer = writer.object("optimizer", stage.optimizer, (*path, "optimizer"), names)
        lines.append(f"    compile_model(model, {optimizer})")
        epochs = f"first_epoch + {stage.epochs}" if number else str(stage.epochs)
        codes = write_callbacks(spec, stage, writer, names, checkpoints if number else {})
        added = len(codes) - len(callbacks)
        for i, checkpoint in checkpoints.items():
            if not is_last:
                lines.append(f"    {checkpoint} = {codes[added + i]}")
                codes[added + i] = checkpoint
        codes += [BEST_WEIGHTS] if settings.keep is not None else []
        fit = fit_lines(examples, settings, batch_size, epochs, codes, "first_epoch" if number else "")
        if not is_last:
            fit[-1] = fit[-1].replace("    model.fit(", "    history = model.fit(", 1)
        lines += fit
    return lines


def _checkpoints(callbacks: list[Any]) -> dict[int, str]:
    """The variables of checkpoints that keep the best model of all stages, by index among the callbacks."""
    indices = [
        i
        for i, callback in enumerate(callbacks)
        if isinstance(callback, dict) and (callback.get("ModelCheckpoint") or {}).get("save_best_only")
    ]
    return {i: "checkpoint" if number == 1 else f"checkpoint_{number}" for number, i in enumerate(indices, 1)}
