"""Standard output reserved for one JSON document."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout

from kspec.diagnostics.descriptors import redirect_descriptor


@contextmanager
def reserve_stdout(reserve: bool = True) -> Iterator[None]:
    """Sends to standard error whatever anyone prints meanwhile: callbacks, Keras, and native code.

    Args:
        reserve: Whether to do so; else nothing changes.
    """
    if not reserve:
        yield
        return
    with redirect_stdout(sys.stderr), redirect_descriptor(1, 2):
        yield
