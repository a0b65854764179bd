"""TensorFlow, imported once and quietly: its start-up messages say nothing to a user of kspec."""

from __future__ import annotations

import gc
import hashlib
import os
import platform
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any


def import_tensorflow() -> Any:
    """TensorFlow, imported with Keras and with the chatter of their start turned off."""
    if "tensorflow" in sys.modules:
        return sys.modules["tensorflow"]
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("KERAS_BACKEND", "tensorflow")
    _keep_compiled_programs()
    with _silent_start(), _without_collecting():
        import keras  # noqa: F401
        import tensorflow
    return tensorflow


def cache_folder() -> Path | None:
    """Where kspec keeps what saves time in later runs; None where it keeps nothing.

    The environment's `KSPEC_CACHE` names it, or says `off`; else it is a folder of the user's cache.
    """
    said = os.environ.get("KSPEC_CACHE")
    if said is not None:
        return None if said in ("", "off") else Path(said)
    from platformdirs import user_cache_path

    return user_cache_path("kspec", appauthor=False)


PROGRAMS_BYTES = 256 << 20
"""What the programs that XLA has compiled may take on the disk; the oldest go first."""


def _keep_compiled_programs() -> None:
    """Lets TensorFlow keep what XLA compiles: it must be told before it is imported.

    Programs are made for one processor, and the folder is named after it: a home folder may serve many machines.
    """
    flags = os.environ.get("TF_XLA_FLAGS", "")
    folder = cache_folder()
    if folder is None or "tf_xla_persistent_cache_directory" in flags:
        return
    programs = folder / "xla" / _processor()
    try:
        programs.mkdir(parents=True, exist_ok=True)
        _forget_oldest(programs, PROGRAMS_BYTES)
    except OSError:
        return
    if not any(character.isspace() for character in str(programs)):  # the flags are split at spaces
        os.environ["TF_XLA_FLAGS"] = f"{flags} --tf_xla_persistent_cache_directory={programs}".strip()


def _processor() -> str:
    """A name for what programs are compiled for: the kind of processor, its features, TensorFlow's version."""
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            wanted = ("model name", "flags", "Features")
            kind = "".join(sorted({line for line in file if line.startswith(wanted)}))
    except OSError:
        kind = platform.processor() + platform.platform()
    return hashlib.sha256(f"{kind} {platform.machine()} {version('tensorflow')}".encode()).hexdigest()[:16]


def _forget_oldest(folder: Path, most: int) -> None:
    """Removes the files that were not touched for the longest time, until no more than so many bytes are left."""
    files = sorted((entry.stat().st_mtime, entry.stat().st_size, entry.path) for entry in os.scandir(folder))
    total = sum(size for _, size, _ in files)
    for _, size, path in files:
        if total <= most:
            return
        os.unlink(path)
        total -= size


@contextmanager
def _without_collecting() -> Iterator[None]:
    """Lets no garbage be looked for while modules are imported, nor among what they have made, ever after.

    There is none, and looking through half a million objects, again and again, takes a sixth of the import.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
        gc.freeze()
    finally:
        if was_on:
            gc.enable()


@contextmanager
def _silent_start() -> Iterator[None]:
    """Holds back what native code writes to standard error before its own log level counts; shows it on failure."""
    try:
        saved = os.dup(2)
    except OSError:  # no standard error at all
        yield
        return
    with tempfile.TemporaryFile() as held:
        sys.stderr.flush()
        os.dup2(held.fileno(), 2)
        try:
            yield
        except Exception:  # whatever an import fails with: what was said on the way may tell why
            os.dup2(saved, 2)
            held.seek(0)
            sys.stderr.write(held.read().decode(errors="replace"))
            raise
        finally:
            os.dup2(saved, 2)
            os.close(saved)
