"""The callbacks of a stage in `main`, and what `keep: best` adds to them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kspec import catalog
from kspec.analysis.settings import Monitor
from kspec.analysis.stages import Stage, stage_callbacks
from kspec.codegen.model.arguments import UnsupportedInPython, Writer
from kspec.codegen.text.literals import docstring, literal
from kspec.codegen.text.module_writer import ModuleWriter
from kspec.language import Spec

BEST_WEIGHTS = "best_weights"
"""The variable of the callback that remembers the best weights."""


def write_callbacks(
    spec: Spec, stage: Stage, writer: Writer, names: Mapping[str, str], checkpoints: Mapping[int, str] | None = None
) -> list[str]:
    """The callbacks of a stage in Python.

    Args:
        spec: The spec.
        stage: The stage of training; in each but the first, log files are continued.
        writer: Writes objects.
        names: What expressions may use: variable → Python name.
        checkpoints: Index of a callback in the spec → the variable of the checkpoint whose best value it has to beat.
    """
    callbacks = stage_callbacks(spec, stage)
    added = len(callbacks) - len(spec.document.fit.callbacks)
    codes = [writer.object("callback", callback, ("fit", "keep"), names) for callback in callbacks[:added]]
    for index, callback in enumerate(callbacks[added:]):
        path = ("fit", "callbacks", index)
        checkpoint = (checkpoints or {}).get(index, "")
        if checkpoint:
            codes.append(_continued(callback, checkpoint, writer, path, names))
        else:
            codes.append(writer.object("callback", _appending(callback) if stage.number > 1 else callback, path, names))
    return codes


def best_weights_class(monitor: Monitor) -> list[str]:
    """The lines of the class `BestWeights`.

    Args:
        monitor: What decides between epochs.
    """
    largest = monitor.direction == "max"
    extreme = "largest" if largest else "smallest"
    summary = f"Remembers the weights of the epoch with the {extreme} `{monitor.name}`."
    return [
        "class BestWeights(keras.callbacks.Callback):",
        f"    {docstring(summary)}",
        "",
        f"    best, weights, epoch = {'-' if largest else ''}math.inf, None, None",
        "",
        "    def on_epoch_end(self, epoch, logs=None):",
        f"        value = logs.get({literal(monitor.name)}, math.nan)",
        f"        if math.isfinite(value) and value {'>' if largest else '<'} self.best:",
        "            self.best, self.weights, self.epoch = value, self.model.get_weights(), epoch",
    ]


_TIME_LIMIT = '''\
class TimeLimit(keras.callbacks.Callback):
    """Ends training with the last epoch that fits into a number of seconds."""

    def __init__(self, seconds):
        super().__init__()
        self.end = time.monotonic() + seconds

    def on_epoch_begin(self, epoch, logs=None):
        self.began = time.monotonic()

    def on_epoch_end(self, epoch, logs=None):
        now = time.monotonic()
        if now + (now - self.began) > self.end:
            self.model.stop_training = True'''


def time_limit(spec: Spec, file: ModuleWriter) -> list[str]:
    """The callback that ends training in time, written to the file with its class; none without a limit.

    Args:
        spec: The spec.
        file: The file.

    Raises:
        UnsupportedInPython: If training has several stages, which share the time.
    """
    seconds = spec.document.fit.seconds
    if seconds is None:
        return []
    if spec.document.fit.stages is not None:
        raise UnsupportedInPython("share a time limit among stages", ("fit", "time_limit"))
    file.imports.add("time")
    file.helpers["TimeLimit"] = _TIME_LIMIT.splitlines()
    return [f"TimeLimit({seconds:g})"]


def _appending(callback: Any) -> Any:
    """A callback of a later stage, which appends to its log file."""
    name, arguments = (callback, {}) if isinstance(callback, str) else next(iter(callback.items()))
    return {name: {**arguments, "append": True}} if name == "CSVLogger" else callback


def _continued(
    callback: dict[str, Any], checkpoint: str, writer: Writer, path: tuple[str | int, ...], names: Mapping[str, str]
) -> str:
    """A checkpoint in Python that continues that of the stage before.

    Args:
        callback: The callback in the spec.
        checkpoint: The variable of the previous stage's checkpoint.
        writer: Writes objects.
        path: The callback's place in the spec.
        names: What expressions may use: variable → Python name.
    """
    (name, arguments), *_ = callback.items()
    entry = catalog.find("callback", name)
    assert entry is not None
    others = {key: value for key, value in arguments.items() if key != "initial_value_threshold"}
    keywords = [f"initial_value_threshold={checkpoint}.best"]
    return writer.construct(entry, others, (*path, name), names, keywords)
