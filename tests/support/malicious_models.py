"""Malicious model files, and a monitor of what happens while one is read."""

from __future__ import annotations

import base64
import io
import json
import marshal
import os
import sys
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

METADATA = {"keras_version": "3.13.2", "date_saved": "2026-01-01@00:00:00"}
_watching: list[list[tuple[str, str]]] = []


def _hook(event: str, arguments: tuple[Any, ...]) -> None:
    if _watching and event in (
        "import",
        "open",
        "exec",
        "marshal.loads",
        "socket.connect",
        "os.system",
        "subprocess.Popen",
    ):
        _watching[-1].append((event, str(arguments[0]) if arguments else ""))


sys.addaudithook(_hook)


@contextmanager
def watched() -> Iterator[list[tuple[str, str]]]:
    """The imports, opened files and executed code in a block, from the interpreter's audit events."""
    events: list[tuple[str, str]] = []
    _watching.append(events)
    try:
        yield events
    finally:
        _watching.pop()


def layer(class_name: str, module: str = "keras.layers", **config: Any) -> dict[str, Any]:
    return {"module": module, "class_name": class_name, "config": {"name": "victim", **config}, "registered_name": None}


def sequential(*layers_: dict[str, Any], **more: Any) -> dict[str, Any]:
    first = {"batch_shape": [None, 4], "dtype": "float32", "name": "x"}
    input_ = {"module": "keras.layers", "class_name": "InputLayer", "config": first, "registered_name": None}
    config = {"name": "model", "layers": [input_, *layers_]}
    return {"module": "keras", "class_name": "Sequential", "config": config, "registered_name": None, **more}


def dense() -> dict[str, Any]:
    return layer("Dense", units=2, activation="linear")


def keras_file(path: Path, config: Any, weights: bytes | None = None, metadata: Any = METADATA) -> Path:
    """A `.keras` archive as Keras writes it."""
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("metadata.json", json.dumps(metadata))
        archive.writestr("config.json", json.dumps(config))
        if weights is not None:
            archive.writestr("model.weights.h5", weights)
    return path


def lambda_with_code(marker: Path) -> dict[str, Any]:
    """A Lambda layer with real bytecode, as Keras serializes it, which writes a file when it runs."""
    code = compile(f"open({str(marker)!r}, 'w').write('run')", "<lambda>", "exec")
    text = base64.b64encode(marshal.dumps(code)).decode("ascii")
    function = {"class_name": "__lambda__", "config": {"code": text, "defaults": None, "closure": None}}
    return layer("Lambda", function=function, arguments={})


def h5(write: Callable[[Any], None]) -> bytes:
    """The bytes of an HDF5 file that a function fills."""
    import h5py

    buffer = io.BytesIO()
    with h5py.File(buffer, "w") as file:
        write(file)
    return buffer.getvalue()


def h5_model(config: dict[str, Any]) -> bytes:
    """A model in the old format, with its configuration in an attribute."""

    def write(file: Any) -> None:
        file.attrs["model_config"] = json.dumps(config)
        file.attrs["keras_version"] = "3.13.2"
        file.create_group("model_weights")

    return h5(write)


def module_with_side_effect(folder: Path, marker: Path) -> str:
    """A module that writes a file when it is imported."""
    (folder / "evil_module.py").write_text(
        f"open({str(marker)!r}, 'w').write('imported')\ndef run(*_): pass\nRun = run\n"
    )
    return "evil_module"


def secret(folder: Path) -> Path:
    """Numbers in a file that no model may read."""
    path = folder / "secret.bin"
    path.write_bytes(os.urandom(32))
    return path
