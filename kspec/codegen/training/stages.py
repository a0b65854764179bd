"""The stages of step 3: which layers train, the model compiled anew, and `model.fit` going on where it was."""

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
    examples: Examples, graph: Graph, settings: Settings, writer: Writer, names: Mapping[str, str], size: str
) -> list[str]:
    """All stages, one after the other; epochs are counted over all of them.

    Args:
        size: What stands for the batch size.
    """
    lines: list[str] = []
    freezing = Freezing(graph)
    callbacks = examples.facts.spec.document.fit.callbacks
    checkpoints = _checkpoints(callbacks) if len(settings.stages) > 1 else {}
    for number, stage in enumerate(settings.stages):
        path = (*PATH, number)
        is_last = stage is settings.stages[-1]
        if number:
            lines += ["    done = history.epoch[-1] + 1", ""]
        numbered = f"stage {stage.number}"
        lines.append(f"    # {numbered}" + ("" if stage.name == numbered else f": {stage.name}"))
        lines += freezing.becomes(stage.trainable)
        optimizer = writer.object("optimizer", stage.optimizer, (*path, "optimizer"), names)
        lines.append(f"    compile_model(model, {optimizer})")
        epochs = f"done + {stage.epochs}" if number else str(stage.epochs)
        made: list[str] = []
        for place, callback in enumerate(_going_on(callbacks, later=number > 0)):
            checkpoint = checkpoints.get(place, "")
            said = _written(callback, checkpoint if number else "", writer, place, names)
            if checkpoint and not is_last:
                lines.append(f"    {checkpoint} = {said}")
                said = checkpoint
            made.append(said)
        fit = fit_lines(examples, settings, size, epochs, made, begun="done" if number else "")
        if not is_last:
            fit[-1] = fit[-1].replace("    model.fit(", "    history = model.fit(", 1)
        lines += fit
    return lines


def _checkpoints(callbacks: list[Any]) -> dict[int, str]:
    """The variables of checkpoints that keep the best of all stages, by their places among the callbacks."""
    places = [place for place, callback in enumerate(callbacks) if isinstance(callback, dict)
              and (callback.get("ModelCheckpoint") or {}).get("save_best_only")]  # fmt: skip
    return {place: "checkpoint" if number == 1 else f"checkpoint_{number}" for number, place in enumerate(places, 1)}


def _going_on(callbacks: list[Any], *, later: bool) -> list[Any]:
    """The callbacks of a stage: the files that they write go on.

    Args:
        later: Whether a stage went before.
    """
    found = []
    for callback in callbacks:
        name, arguments = (callback, {}) if isinstance(callback, str) else next(iter(callback.items()))
        found.append({name: {**arguments, "append": True}} if later and name == "CSVLogger" else callback)
    return found


def _written(callback: Any, checkpoint: str, writer: Writer, place: int, names: Mapping[str, str]) -> str:
    """A callback in Python.

    Args:
        checkpoint: The variable of that of the stage before, whose best it has to surpass; empty for any other.
    """
    path = ("fit", "callbacks", place)
    if not checkpoint:
        return writer.object("callback", callback, path, names)
    (name, arguments), *_ = callback.items()
    entry = catalog.find("callback", name)
    assert entry is not None
    kept = {key: value for key, value in arguments.items() if key != "initial_value_threshold"}
    more = [f"initial_value_threshold={checkpoint}.best"]
    return writer.construct(entry, kept, (*path, name), names, more)
