"""Standard output reserved for one JSON document."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout


@contextmanager
def reserve_stdout(reserve: bool = True) -> Iterator[None]:
    """Sends to standard error whatever anyone prints meanwhile: callbacks, Keras, and native code.

    Args:
        reserve: Whether to do so; else nothing changes.
    """
    if not reserve:
        yield
        return
    with redirect_stdout(sys.stderr), _redirect_descriptor():
        yield


@contextmanager
def _redirect_descriptor() -> Iterator[None]:
    """Makes descriptor 1 another name of descriptor 2, for native code; nothing where they are closed."""
    try:
        saved = os.dup(1)
    except OSError:
        yield
        return
    try:
        if sys.__stdout__ is not None:
            sys.__stdout__.flush()
        os.dup2(2, 1)
        yield
    finally:
        os.dup2(saved, 1)
        os.close(saved)
