"""Imports TensorFlow quietly: its start-up messages mean nothing to users of kspec."""

from __future__ import annotations

import errno
import functools
import gc
import hashlib
import os
import platform
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any

from kspec.syntax.bounded_json import InvalidJson, read_json

_KERAS = threading.RLock()
_IMPORT = threading.RLock()


@contextmanager
def exclusive_keras() -> Iterator[None]:
    """Keeps other threads from using Keras through kspec meanwhile.

    The seed, the dtype policy, and the functions that an engine replaces while it traces belong to the process. What
    builds or runs a model has Keras to itself, so that it computes the same in a thread as it does alone.
    """
    with _KERAS:
        yield


def import_tensorflow() -> Any:
    """Imports TensorFlow and Keras, without their start-up messages; returns the module `tensorflow`."""
    with _IMPORT:  # another thread may be in the middle of importing it
        return _import_tensorflow()


def _import_tensorflow() -> Any:
    if "tensorflow" in sys.modules and "keras" in sys.modules:
        _set_conventions()
        return sys.modules["tensorflow"]
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    _choose_backend()
    _cache_compiled_programs()
    with _hide_startup_messages(), _no_garbage_collection():
        import keras  # noqa: F401
        import tensorflow
    _set_conventions()
    return tensorflow


def _choose_backend() -> None:
    """Makes Keras use TensorFlow, and all data, and says so where the user has chosen otherwise.

    Raises:
        RuntimeError: If Keras already uses another backend.
        OSError: If Keras cannot read its configuration file.
    """
    chosen, place = os.environ.get("KERAS_BACKEND"), "the environment variable KERAS_BACKEND"
    if "keras" in sys.modules:
        used = sys.modules["keras"].backend.backend()
        if used != "tensorflow":
            raise RuntimeError(f"Keras is already imported with the backend {used}; kspec needs TensorFlow")
    else:
        settings = _configuration()
        if chosen is None:
            chosen, place = settings.get("backend"), str(_configuration_file())
        for name in _SHORTENERS:
            if os.environ.pop(name, None) is not None:
                _announce(f"ignores the environment variable {name}; a short run is `kspec run --smoke`")
    os.environ["KERAS_BACKEND"], os.environ["KERAS_NNX_ENABLED"] = "tensorflow", "false"
    if chosen not in (None, "", "tensorflow"):
        _announce(f"uses TensorFlow, not the backend {chosen!r} that {place} names")


def _configuration_file() -> Path:
    return Path(os.environ.get("KERAS_HOME") or os.path.expanduser("~/.keras"), "keras.json")


def _configuration() -> dict[str, Any]:
    """Keras's configuration file.

    Raises:
        OSError: If Keras would fail on its content.
    """
    path = _configuration_file()
    try:
        settings = read_json(path)
    except (OSError, InvalidJson):  # Keras ignores it
        return {}
    if not isinstance(settings, dict):
        raise OSError(errno.EINVAL, "Keras's configuration must be a JSON object; delete the file", str(path))
    for name, values in _CONFIGURABLE.items():
        value = settings.get(name, values[0])
        if type(value) is not type(values[0]) or (isinstance(value, str) and value not in values):
            raise OSError(errno.EINVAL, f"Keras cannot use its `{name}`; delete the file", str(path))
    return settings


_CONFIGURABLE = {
    "floatx": ("float32", "float16", "float64"),
    "epsilon": (1e-7,),
    "image_data_format": ("channels_last", "channels_first"),
}
"""What Keras's configuration file sets: Keras's own default, which is what a spec means, and other values."""
_SHORTENERS = ("KERAS_MAX_EPOCHS", "KERAS_MAX_STEPS_PER_EPOCH")
"""With these, Keras ends training and evaluation early, for those who debug a script."""


@functools.cache
def _set_conventions() -> None:
    """Makes Keras compute as a spec means it wherever it runs, and says so where the user's settings differ."""
    import keras

    for name, (value, *_) in _CONFIGURABLE.items():
        found = getattr(keras.config, name)()
        if found != value:
            getattr(keras.config, f"set_{name}")(value)
            _announce(f"uses {name} {value}, not {found}, which Keras's configuration names")


def _announce(text: str) -> None:
    print(f"kspec: {text}", file=sys.stderr)


def cache_folder() -> Path | None:
    """The folder of kspec's caches; None if caching is off, or if the user has no home.

    The environment variable `KSPEC_CACHE` holds a path or `off`; by default it is a folder in the user's cache.
    """
    setting = os.environ.get("KSPEC_CACHE")
    if setting is not None:
        return None if setting in ("", "off") else Path(setting)
    from platformdirs import user_cache_path

    try:
        folder = user_cache_path("kspec", appauthor=False)
    except RuntimeError:
        return None
    return folder if folder.is_absolute() else None


MAX_PROGRAM_BYTES = 256 << 20
"""The disk space for programs compiled by XLA; the oldest are deleted first."""


def _cache_compiled_programs() -> None:
    """Makes TensorFlow cache what XLA compiles; this must be set before the import.

    Programs are compiled for one kind of processor, and the folder is named after it: machines may share a home folder.
    """
    flags = os.environ.get("TF_XLA_FLAGS", "")
    folder = cache_folder()
    if folder is None or "tf_xla_persistent_cache_directory" in flags:
        return
    programs = folder / "xla" / _processor()
    try:
        programs.mkdir(parents=True, exist_ok=True)
        _delete_oldest(programs, MAX_PROGRAM_BYTES)
    except OSError:
        return
    if not any(character.isspace() for character in str(programs)):  # TensorFlow splits the flags at spaces
        os.environ["TF_XLA_FLAGS"] = f"{flags} --tf_xla_persistent_cache_directory={programs}".strip()


def _processor() -> str:
    """A hash of what programs are compiled for: the processor, its features, TensorFlow's version."""
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            fields = ("model name", "flags", "Features")
            kind = "".join(sorted({line for line in file if line.startswith(fields)}))
    except OSError:
        kind = platform.processor() + platform.platform()
    return hashlib.sha256(f"{kind} {platform.machine()} {version('tensorflow')}".encode()).hexdigest()[:16]


def _delete_oldest(folder: Path, limit: int) -> None:
    """Deletes the least recently modified files until at most so many bytes are left."""
    files = sorted((entry.stat().st_mtime, entry.stat().st_size, entry.path) for entry in os.scandir(folder))
    total = sum(size for _, size, _ in files)
    for _, size, path in files:
        if total <= limit:
            return
        os.unlink(path)
        total -= size


@contextmanager
def _no_garbage_collection() -> Iterator[None]:
    """Suspends garbage collection during the import, and exempts the objects that it creates from later collections.

    None of them is garbage, and scanning half a million objects repeatedly takes a sixth of the import's time.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
        gc.freeze()
    finally:
        if was_enabled:
            gc.enable()


@contextmanager
def _hide_startup_messages() -> Iterator[None]:
    """Hides what native code writes to standard error before its log level takes effect, unless the import fails."""
    try:
        saved = os.dup(2)
    except OSError:  # no standard error at all
        yield
        return
    with tempfile.TemporaryFile() as hidden:
        sys.stderr.flush()
        os.dup2(hidden.fileno(), 2)
        try:
            yield
        except Exception:  # any failure of an import: the hidden messages may explain it
            os.dup2(saved, 2)
            hidden.seek(0)
            sys.stderr.write(hidden.read().decode(errors="replace"))
            raise
        finally:
            os.dup2(saved, 2)
            os.close(saved)
