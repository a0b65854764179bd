"""Signals that end a run early: Ctrl-C, SIGTERM (a queue, `docker stop`), SIGHUP (a terminal that closes).

Each interrupts a run once, even where the exception that it raises is lost, and never while a model is saved.
"""

from __future__ import annotations

import signal
import sys
import threading
import time
from types import FrameType, TracebackType
from typing import Any

DEBOUNCE_SECONDS = 5.0
"""Further presses of Ctrl-C within this time count as the same one: saving the trained model can take that long."""
SIGNALS = tuple(number for name in ("SIGINT", "SIGTERM", "SIGHUP") if (number := getattr(signal, name, None)))


class Interrupt:
    """Remembers the signal that ends the run, while it is entered.

    Python raises KeyboardInterrupt wherever it happens to be. In a function called by TensorFlow or the garbage
    collector the exception is lost, and the run would go on; `check` raises it again.
    Outside the main thread, and where the process ignores a signal (Ctrl-C in a background job, SIGHUP under `nohup`)
    or handles it by itself, nothing changes.

    Attributes:
        signal: The first signal that arrived; None without one.
    """

    def __init__(self) -> None:
        self.signal: signal.Signals | None = None
        self._pending = False
        self._is_deferred = False
        self._time = -DEBOUNCE_SECONDS
        self._before: dict[int, Any] = {}
        self._hook: Any = None

    def __enter__(self) -> Interrupt:
        if threading.current_thread() is threading.main_thread():
            for number in SIGNALS:
                handler = signal.getsignal(number)
                if handler in (signal.default_int_handler, signal.SIG_DFL):
                    self._before[number] = handler
                    signal.signal(number, self._receive)
            self._hook = sys.unraisablehook
            sys.unraisablehook = self._report_unraisable
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)
        self._before.clear()
        if self._hook is not None:
            sys.unraisablehook, self._hook = self._hook, None

    @property
    def is_pending(self) -> bool:
        """Whether a signal has arrived whose exception has not."""
        return self._pending

    def check(self) -> None:
        """Raises the interrupt again, if its exception was lost.

        Raises:
            KeyboardInterrupt: once for each signal.
        """
        if self._pending and not self._is_deferred:
            self.clear()
            raise KeyboardInterrupt

    def clear(self) -> None:
        """Forgets the signal, once its exception has arrived."""
        self._pending = False

    def defer(self) -> None:
        """From here on, a signal waits for `resume`; a second Ctrl-C, seconds later, does not wait."""
        self._is_deferred = True

    def resume(self) -> None:
        """Lets signals interrupt again.

        Raises:
            KeyboardInterrupt: if one arrived meanwhile.
        """
        self._is_deferred = False
        self.check()

    def _receive(self, number: int, frame: FrameType | None) -> None:  # noqa: ARG002 (the signature of a handler)
        now = time.monotonic()
        is_first = self.signal is None
        if not is_first and (number != signal.SIGINT or now - self._time < DEBOUNCE_SECONDS):
            return
        self.signal = self.signal or signal.Signals(number)
        self._time = now
        self._pending = True
        if is_first and self._is_deferred:
            return
        raise KeyboardInterrupt

    def _report_unraisable(self, unraisable: Any) -> None:
        """Prints no traceback for a lost KeyboardInterrupt; `check` raises it again."""
        if not issubclass(unraisable.exc_type, KeyboardInterrupt):
            self._hook(unraisable)
