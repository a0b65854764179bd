"""Ctrl-C during a run: each press interrupts once, even if its exception is lost."""

import signal
import sys
import threading
from contextlib import suppress

import pytest

from kspec.training import interrupt
from kspec.training.interrupt import Interrupt


@pytest.fixture(autouse=True)
def default_handler():
    """Ctrl-C raises KeyboardInterrupt, even where the tests run as a background job, which ignores it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def test_a_lost_interrupt_is_raised_once_by_check():
    with Interrupt() as pressed:
        pressed.check()
        with suppress(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
        with pytest.raises(KeyboardInterrupt):
            pressed.check()
        pressed.check()


def test_an_interrupt_that_arrived_is_not_raised_again():
    with Interrupt() as pressed:
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
        pressed.clear()
        pressed.check()


def test_presses_within_seconds_count_as_one(monkeypatch):
    with Interrupt() as pressed:
        with suppress(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
        pressed.clear()
        signal.raise_signal(signal.SIGINT)
        pressed.check()
        monkeypatch.setattr(interrupt, "DEBOUNCE_SECONDS", 0.0)
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)


@pytest.mark.parametrize("handler", [signal.SIG_IGN, lambda *_: None])
def test_other_handlers_stay(handler):
    signal.signal(signal.SIGINT, handler)
    with Interrupt():
        assert signal.getsignal(signal.SIGINT) is handler


def test_other_threads_change_no_handler():
    handlers = []

    def enter():
        with Interrupt():
            handlers.append(signal.getsignal(signal.SIGINT))

    thread = threading.Thread(target=enter)
    thread.start()
    thread.join()
    assert handlers == [signal.default_int_handler]


def test_handler_and_hook_are_restored():
    hook = sys.unraisablehook
    with Interrupt():
        assert signal.getsignal(signal.SIGINT) is not signal.default_int_handler
    assert (signal.getsignal(signal.SIGINT), sys.unraisablehook) == (signal.default_int_handler, hook)
