"""The stages of training in `main`: each freezes layers, compiles the model again, and continues `model.fit`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kspec import catalog
from kspec.analysis.settings import Settings
from kspec.codegen.data.examples import Examples
from kspec.codegen.model.arguments import Writer
from kspec.codegen.model.freezing import Freezing
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
    callbacks = examples.info.spec.document.fit.callbacks
    checkpoints = _checkpoints(callbacks) if len(settings.stages) > 1 else {}
    for number, stage in enumerate(settings.stages):
        path = (*PATH, number)
        is_last = stage is settings.stages[-1]
        if number:
            lines += ["    first_epoch = history.epoch[-1] + 1", ""]
        title = f"Stage {stage.number}"
        lines.append(f"    # {title}" + ("" if stage.name == title.lower() else f": {stage.name}"))
        lines += freezing.change_lines(stage.trainable)
        optimizer = writer.object("optimizer", stage.optimizer, (*path, "optimizer"), names)
        lines.append(f"    compile_model(model, {optimizer})")
        epochs = f"first_epoch + {stage.epochs}" if number else str(stage.epochs)
        codes: list[str] = []
        for i, callback in enumerate(_appending(callbacks) if number else callbacks):
            checkpoint = checkpoints.get(i, "")
            code = _callback(callback, checkpoint if number else "", writer, i, names)
            if checkpoint and not is_last:
                lines.append(f"    {checkpoint} = {code}")
                code = checkpoint
            codes.append(code)
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


def _appending(callbacks: list[Any]) -> list[Any]:
    """The callbacks of a later stage, which append to log files."""
    result = []
    for callback in callbacks:
        name, arguments = (callback, {}) if isinstance(callback, str) else next(iter(callback.items()))
        result.append({name: {**arguments, "append": True}} if name == "CSVLogger" else callback)
    return result


def _callback(callback: Any, checkpoint: str, writer: Writer, index: int, names: Mapping[str, str]) -> str:
    """A callback in Python.

    Args:
        callback: The callback in the spec.
        checkpoint: The variable of the previous stage's checkpoint, whose best value it has to beat; empty for others.
        writer: Writes objects.
        index: The callback's index in the spec.
        names: What expressions may use: variable → Python name.
    """
    path = ("fit", "callbacks", index)
    if not checkpoint:
        return writer.object("callback", callback, path, names)
    (name, arguments), *_ = callback.items()
    entry = catalog.find("callback", name)
    assert entry is not None
    others = {key: value for key, value in arguments.items() if key != "initial_value_threshold"}
    keywords = [f"initial_value_threshold={checkpoint}.best"]
    return writer.construct(entry, others, (*path, name), names, keywords)
