"""Times that engines took on this machine, cached for later runs."""

from __future__ import annotations

import hashlib
import json
import os
import platform
from contextlib import suppress
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from kspec.backend.tensorflow import cache_folder

MAX_NETWORKS = 500
"""Networks in the cache; the least recently used are dropped first."""


@dataclass(slots=True)
class Timings:
    """Times of a network in seconds; None if not measured.

    Args:
        fused: Of a fused step.
        fused_xla: Of a step under XLA.
        trace: To trace the fused loop.
        compile: To compile the loop with XLA.
    """

    fused: float | None = None
    fused_xla: float | None = None
    trace: float | None = None
    compile: float | None = None

    @classmethod
    def of(cls, values: Any) -> Timings:
        """Reads JSON values; anything but a positive number counts as not measured."""
        if not isinstance(values, dict):
            return cls()
        known = {}
        for field in fields(cls):
            value = values.get(field.name)
            if isinstance(value, (int, float)) and not isinstance(value, bool) and 0 < value < float("inf"):
                known[field.name] = float(value)
        return cls(**known)


def recall(key: str) -> Timings:
    """The cached times of a network."""
    return Timings.of(_read().get(key))


def remember(key: str, timings: Timings) -> None:
    """Caches the times of a network; does nothing if the cache cannot be written."""
    path = _path()
    if path is None:
        return
    known = _read()
    known.pop(key, None)
    known[key] = {name: value for name, value in asdict(timings).items() if value is not None}
    kept = dict(list(known.items())[-MAX_NETWORKS:])
    temporary = path.with_name(f".{path.name}-{os.getpid()}")
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_text(json.dumps(kept), encoding="utf-8")
        os.replace(temporary, path)


def key_of(model: Any, batch_size: int, signature: Any) -> str:
    """What two trainings have in common that take equally long: network, batch, versions and device.

    Args:
        model: The Keras model, compiled.
        batch_size: Examples in a step.
        signature: The types of the examples, as nested `tf.TensorSpec`.

    Returns:
        A hash of 32 hexadecimal digits; names of layers do not change it.
    """
    import keras
    import tensorflow as tf

    try:
        compiled = model.get_compile_config()
    except (ValueError, TypeError, NotImplementedError):  # something in it cannot be written down
        compiled = None
    devices = [device.device_type for device in tf.config.list_physical_devices()]
    network = {
        "layers": [_without_names(layer) for layer in model.get_config()["layers"]],
        "compiled": _without_names(compiled),
        "batch": batch_size,
        "examples": [(str(spec.shape), spec.dtype.name) for spec in tf.nest.flatten(signature)],
        "versions": [tf.__version__, keras.__version__],
        "machine": [platform.machine(), os.cpu_count(), devices],
    }
    return hashlib.sha256(json.dumps(network, sort_keys=True, default=str).encode()).hexdigest()[:32]


def _without_names(value: Any) -> Any:
    """A configuration without what does not affect times: names, and state learned from data."""
    if isinstance(value, dict):
        skipped = ("name", "mean", "variance", "vocabulary", "learning_rate", "seed", "inbound_nodes", "build_config")
        return {key: _without_names(item) for key, item in value.items() if key not in skipped}
    return [_without_names(item) for item in value] if isinstance(value, (list, tuple)) else value


def _path() -> Path | None:
    folder = cache_folder()
    return None if folder is None else folder / "engines.json"


def _read() -> dict[str, Any]:
    path = _path()
    try:
        known = json.loads(path.read_text(encoding="utf-8")) if path is not None else {}
    except (OSError, ValueError):
        return {}
    return known if isinstance(known, dict) else {}
