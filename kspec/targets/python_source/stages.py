"""The stages of step 3: which layers train, the model compiled anew, and `model.fit` going on where it was."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kspec.checker import Settings
from kspec.graph import Graph
from kspec.graph.paths import networks_by_path, trainable_by_path
from kspec.targets.python_source.arguments import Unwritable, Writer
from kspec.targets.python_source.examples import Examples
from kspec.targets.python_source.literals import literal
from kspec.targets.python_source.steps import fit_lines

PATH = ("fit", "stages")


def stage_lines(
    examples: Examples, graph: Graph, settings: Settings, writer: Writer, names: Mapping[str, str], size: str
) -> list[str]:
    """All stages, one after the other; epochs are counted over all of them.

    Args:
        size: What stands for the batch size.
    """
    lines: list[str] = []
    states = trainable_by_path(graph)
    for number, stage in enumerate(settings.stages):
        path = (*PATH, number)
        if number:
            lines += ["    done = history.epoch[-1] + 1", ""]
        numbered = f"stage {stage.number}"
        lines.append(f"    # {numbered}" + ("" if stage.name == numbered else f": {stage.name}"))
        wanted = states | stage.trainable
        lines += _set_trainable(graph, states, wanted)
        states = wanted
        optimizer = writer.object("optimizer", stage.optimizer, (*path, "optimizer"), names)
        lines.append(f"    compile_model(model, {optimizer})")
        epochs = f"done + {stage.epochs}" if number else str(stage.epochs)
        callbacks = going_on(examples.facts.spec.document.fit.callbacks, later=number > 0)
        fit = fit_lines(examples, settings, writer, names, size, epochs, callbacks, begun="done" if number else "")
        if stage is not settings.stages[-1]:
            fit[-1] = fit[-1].replace("    model.fit(", "    history = model.fit(", 1)
        lines += fit if not number else [line for line in fit if "model.fit(" in line]
    return lines


def going_on(callbacks: list[Any], *, later: bool) -> list[Any]:
    """The callbacks of a stage: the files that they write go on.

    Args:
        later: Whether a stage went before.
    """
    found = []
    for callback in callbacks:
        name, arguments = (callback, {}) if isinstance(callback, str) else next(iter(callback.items()))
        if later and name == "ModelCheckpoint":
            raise Unwritable("keep the best of several stages", ("fit", "callbacks"))
        found.append({name: {**arguments, "append": True}} if later and name == "CSVLogger" else callback)
    return found


def _set_trainable(graph: Graph, before: Mapping[str, bool], wanted: Mapping[str, bool]) -> list[str]:
    """The statements that freeze and unfreeze layers, and sub-models with all that is in them."""
    changed = [path for path, state in wanted.items() if before[path] is not state]
    networks = networks_by_path(graph)
    inner = {prefix for prefix in networks if prefix and any(path.startswith(prefix) for path in changed)}
    lines = []
    for state in (False, True):
        own = [path for path in changed if wanted[path] is state and not path.startswith(tuple(inner))]
        lines += _each(literal([path.replace("/", ".") for path in own]), len(own), state)
    for prefix in networks:
        if prefix not in inner:
            continue
        name = prefix[:-1]
        if networks[prefix].called() or not any(node.kind == "model" and node.head == name for node in graph.calls):
            raise Unwritable(f"freeze parts of `{name}`, which other models hold", PATH)
        states = {path.removeprefix(prefix): state for path, state in wanted.items() if path.startswith(prefix)}
        lines.append(f'    model.get_layer("{name}").trainable = {any(states.values())}')
        if networks[prefix].application is not None:
            lines += _of_application(name, states)
            continue
        frozen = [path.replace("/", ".") for path, state in states.items() if not state]
        if any(states.values()) and frozen:
            lines += [f"    for name in {literal(frozen)}:",
                      f'        model.get_layer("{name}").get_layer(name).trainable = False']  # fmt: skip
    return lines


def _of_application(name: str, states: Mapping[str, bool]) -> list[str]:
    """The statement that tells of a model of `keras.applications` which layers train, by the fewer names."""
    trained = [layer for layer, state in states.items() if state]
    frozen = [layer for layer, state in states.items() if not state]
    if not trained or not frozen:
        return []
    few, word = (trained, "in") if len(trained) <= len(frozen) else (frozen, "not in")
    return [f'    for layer in model.get_layer("{name}").layers:',
            f"        layer.trainable = layer.name {word} {literal(few)}"]  # fmt: skip


def _each(names: str, count: int, state: bool) -> list[str]:
    if count == 1:
        return [f"    model.get_layer({names[1:-1]}).trainable = {state}"]
    if not count:
        return []
    return [f"    for name in {names}:", f"        model.get_layer(name).trainable = {state}"]
