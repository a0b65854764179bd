"""Calls of libraries that hear no signal until they return, such as a query that never ends."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TypeVar

Result = TypeVar("Result")


def interruptible(function: Callable[[], Result]) -> Result:
    """Calls a function in a thread of its own, so that Ctrl-C ends the wait for it.

    The thread that is left behind ends with the process.

    Args:
        function: Returns the result; what it raises is raised here.

    Raises:
        KeyboardInterrupt: If the wait is interrupted.
    """
    results: list[Result] = []
    errors: list[BaseException] = []

    def call() -> None:
        try:
            results.append(function())
        except BaseException as error:
            errors.append(error)

    thread = threading.Thread(target=call, daemon=True)
    thread.start()
    thread.join()
    if errors:
        raise errors[0]
    return results[0]
