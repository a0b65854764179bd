"""Ctrl-C that interrupts a run once, even where the exception that it raises is lost."""

from __future__ import annotations

import signal
import sys
import threading
import time
from types import FrameType, TracebackType
from typing import Any

DEBOUNCE_SECONDS = 5.0
"""Further presses within this time count as the same one: saving the trained model can take that long."""


class Interrupt:
    """Remembers that Ctrl-C was pressed, while it is entered.

    Python raises KeyboardInterrupt wherever it happens to be. In a function called by TensorFlow or the garbage
    collector the exception is lost, and the run would go on; `check` raises it again.
    Outside the main thread, and where the process ignores Ctrl-C (a background job), nothing changes.
    """

    def __init__(self) -> None:
        self._pressed = False
        self._time = -DEBOUNCE_SECONDS
        self._before: Any = None

    def __enter__(self) -> Interrupt:
        if threading.current_thread() is threading.main_thread():
            handler = signal.getsignal(signal.SIGINT)
            if handler is signal.default_int_handler:
                self._before = handler, sys.unraisablehook
                signal.signal(signal.SIGINT, self._press)
                sys.unraisablehook = self._report_unraisable
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._before is not None:
            handler, sys.unraisablehook = self._before
            signal.signal(signal.SIGINT, handler)

    def check(self) -> None:
        """Raises the interrupt again, if its exception was lost.

        Raises:
            KeyboardInterrupt: once for each press.
        """
        if self._pressed:
            self.clear()
            raise KeyboardInterrupt

    def clear(self) -> None:
        """Forgets the press, once its exception has arrived."""
        self._pressed = False

    def _press(self, number: int, frame: FrameType | None) -> None:
        now = time.monotonic()
        if now - self._time < DEBOUNCE_SECONDS:
            return
        self._time = now
        self._pressed = True
        signal.default_int_handler(number, frame)

    def _report_unraisable(self, unraisable: Any) -> None:
        """Prints no traceback for a lost KeyboardInterrupt; `check` raises it again."""
        if not issubclass(unraisable.exc_type, KeyboardInterrupt):
            self._before[1](unraisable)
