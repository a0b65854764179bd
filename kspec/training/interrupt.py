"""Ctrl-C that is heeded once, even where the exception it raises is lost."""

from __future__ import annotations

import signal
import sys
import threading
import time
from types import FrameType, TracebackType
from typing import Any

SAME_PRESS = 5.0
"""Seconds after a press in which further ones are taken for the same: it takes that long to save what was trained."""


class Interrupt:
    """Remembers that Ctrl-C was pressed, while it is entered.

    Python raises KeyboardInterrupt wherever it happens to be. Where that is a function which TensorFlow or the garbage
    collector called, the exception goes no further, and the run would go on; `check` raises it again.
    Outside the main thread, and where the process ignores Ctrl-C (a job in the background), nothing is changed.
    """

    def __init__(self) -> None:
        self._pressed = False
        self._at = -SAME_PRESS
        self._before: Any = None

    def __enter__(self) -> Interrupt:
        if threading.current_thread() is threading.main_thread():
            handler = signal.getsignal(signal.SIGINT)
            if handler is signal.default_int_handler:
                self._before = handler, sys.unraisablehook
                signal.signal(signal.SIGINT, self._press)
                sys.unraisablehook = self._lost
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._before is not None:
            handler, sys.unraisablehook = self._before
            signal.signal(signal.SIGINT, handler)

    def check(self) -> None:
        """Ends what runs, if Ctrl-C was pressed and not heeded.

        Raises:
            KeyboardInterrupt: once for a press.
        """
        if self._pressed:
            self.heeded()
            raise KeyboardInterrupt

    def heeded(self) -> None:
        """Forgets the press: what it asked for is done."""
        self._pressed = False

    def _press(self, number: int, frame: FrameType | None) -> None:
        now = time.monotonic()
        if now - self._at < SAME_PRESS:
            return
        self._at = now
        self._pressed = True
        signal.default_int_handler(number, frame)

    def _lost(self, what: Any) -> None:
        """Python reports an exception that goes no further, which for this one is nothing to tell."""
        if not issubclass(what.exc_type, KeyboardInterrupt):
            self._before[1](what)
