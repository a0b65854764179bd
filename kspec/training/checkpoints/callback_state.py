"""What callbacks remember from epoch to epoch: their attributes, and the files that they append to."""

from __future__ import annotations

import inspect
import os
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import keras

from kspec.training.checkpoints.checkpoint import Facts
from kspec.training.checkpoints.values import Array, NotPlain, decode, encode

_OF_THE_PROCESS = ("_model", "model", "params", "validation_data", "append_header")
"""Attributes that belong to the model, and to the file that a CSVLogger has opened."""
_SETTINGS = (type(None), bool, int, float, str)


def has_ended(facts: Facts, callbacks: Sequence[keras.callbacks.Callback], seconds: float | None) -> bool:
    """Whether a stage that something has stopped stays stopped, with the patience and the time that it has now.

    Args:
        facts: Its last checkpoint.
        callbacks: Its callbacks.
        seconds: The time limit; None without one.
    """
    if facts.stopped == "time":
        return seconds is not None and facts.seconds >= seconds
    stopping = [
        saved.state.get("wait", 0) >= callback.patience
        for saved, callback in zip(facts.callbacks, callbacks, strict=False)
        if isinstance(callback, keras.callbacks.EarlyStopping) and saved.state.get("stopped_epoch")
    ]
    return facts.stopped == "callback" and (any(stopping) or not stopping)


class WatchedCallback:
    """A callback whose state checkpoints hold.

    Its state is every attribute that is plain data, without its settings. An argument of its class counts as a setting
    unless a class of the user's has changed it. Texts are settings, too: no checkpoint says where a callback writes.

    Args:
        callback: The callback, just made.
    """

    def __init__(self, callback: keras.callbacks.Callback) -> None:
        self.callback = callback
        self.kind = type(callback).__name__
        arguments = set()
        for base in type(callback).__mro__[:-1]:
            if "__init__" in vars(base):
                arguments |= set(inspect.signature(vars(base)["__init__"]).parameters)
        own = {name: value for name, value in vars(callback).items() if name in arguments}
        is_ours = type(callback).__module__.partition(".")[0] in ("keras", "kspec")
        self._settings = {name: value for name, value in own.items() if is_ours or isinstance(value, _SETTINGS)}
        self._is_ours = is_ours

    def capture(self, arrays: list[Array]) -> dict[str, Any]:
        """The state, as JSON.

        Args:
            arrays: Receives the arrays.
        """
        state = {}
        for name, value in vars(self.callback).items():
            if name in _OF_THE_PROCESS or isinstance(value, str) or self._is_setting(name, value):
                continue
            before = len(arrays)
            try:
                state[name] = encode(value, arrays)
            except NotPlain:
                del arrays[before:]
        return {"kind": self.kind, "state": state, "files": self._sizes()}

    def restore(self, saved: dict[str, Any], arrays: list[Array]) -> None:
        """Sets the attributes of a state.

        Args:
            saved: As `capture` returned it.
            arrays: The arrays.

        Raises:
            ValueError: If it is the state of something else.
        """
        for name, value in saved["state"].items():
            current = getattr(self.callback, name, None)
            is_plain = not (name.startswith("__") or callable(current) or isinstance(current, str))
            if name in _OF_THE_PROCESS or not is_plain or (self._is_ours and name in self._settings):
                continue
            setattr(self.callback, name, decode(value, arrays, current))

    def cut_files(self, saved: dict[str, Any], folder: Path) -> None:
        """Cuts the files that the callback appends to to their lengths at a checkpoint, and makes it append to them.

        Files outside the run folder are left alone.

        Args:
            saved: As `capture` returned it.
            folder: The run folder.
        """
        if isinstance(self.callback, keras.callbacks.CSVLogger):
            self.callback.append = True
        sizes, within = saved["files"], folder.resolve()
        for name, path in self._files():
            if path.is_symlink() or not path.resolve().is_relative_to(within):
                continue
            with suppress(OSError):
                size = sizes.get(name, 0)
                if isinstance(self.callback, keras.callbacks.TensorBoard) and not size:
                    path.unlink()
                elif size < path.stat().st_size:
                    os.truncate(path, size)

    def _is_setting(self, name: str, value: Any) -> bool:
        if name not in self._settings:
            return False
        return self._is_ours or (isinstance(value, _SETTINGS) and value == self._settings[name])

    def _sizes(self) -> dict[str, int]:
        """By name, the lengths of the files that the callback appends to."""
        for writer in getattr(self.callback, "_writers", {}).values():
            writer.flush()
        sizes = {}
        for name, path in self._files():
            with suppress(OSError):
                sizes[name] = path.stat().st_size
        return sizes

    def _files(self) -> Iterator[tuple[str, Path]]:
        """The files that the callback appends to, each with a name."""
        if isinstance(self.callback, keras.callbacks.CSVLogger):
            yield "csv", Path(self.callback.filename)
        elif isinstance(self.callback, keras.callbacks.TensorBoard):
            for part in ("train", "validation"):
                for path in sorted(Path(self.callback.log_dir, part).glob("events.out.tfevents.*")):
                    yield f"{part}/{path.name}", path
