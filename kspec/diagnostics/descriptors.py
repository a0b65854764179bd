"""Redirects standard output and standard error for native code, which knows only their descriptors."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def redirect_descriptor(number: int, target: int) -> Iterator[None]:
    """Makes a descriptor another name of a target meanwhile; nothing happens where it is closed.

    Args:
        number: 1 for standard output, 2 for standard error.
        target: The descriptor that receives what is written.
    """
    try:
        saved = os.dup(number)
    except OSError:
        yield
        return
    stream = sys.__stdout__ if number == 1 else sys.__stderr__
    try:
        if stream is not None:
            stream.flush()
        os.dup2(target, number)
        yield
    finally:
        os.dup2(saved, number)
        os.close(saved)
