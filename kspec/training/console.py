"""The lines that a run prints as it goes: one for each step."""

from __future__ import annotations

import logging
import os
import sys
import threading
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import Any, TextIO

from kspec.diagnostics import Diagnostic, Report, Severity


class _ThreadOutput:
    """Standard output, except for what one thread prints.

    Args:
        stdout: Standard output.
        stream: Where this thread prints; None to print nothing.
    """

    def __init__(self, stdout: TextIO, stream: TextIO | None) -> None:
        self._stdout = stdout
        self._stream = stream
        self._thread = threading.get_ident()

    def write(self, text: str) -> int:
        if threading.get_ident() != self._thread:
            return self._stdout.write(text)
        return len(text) if self._stream is None else self._stream.write(text)

    def flush(self) -> None:
        (self._stream or self._stdout).flush()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stdout, name)


def _ignore(*_: Any, **__: Any) -> None:
    """Shows no warning."""


@dataclass(slots=True)
class Console:
    """Prints what a run is doing.

    Args:
        quiet: Print nothing.
        stream: Where to print; standard error where standard output carries JSON.
        warns: Whether warnings are printed; by default, unless quiet.
    """

    quiet: bool = False
    stream: TextIO = field(default_factory=lambda: sys.stdout)
    warns: bool | None = None
    _warned: set[Diagnostic] = field(default_factory=set)
    steps: tuple[str, ...] = ()
    """The steps whose lines a quiet console prints all the same."""

    def step(self, name: str, text: str) -> None:
        """Prints one line: `compile   Adam; binary_crossentropy (accuracy, AUC)`."""
        if self.quiet and name not in self.steps:
            return
        try:
            print(f"{name:<9} {text}", file=self.stream, flush=True)
        except BrokenPipeError:  # the reader is gone (`| head`): training goes on
            self.quiet, self.steps = True, ()
            os.dup2(os.open(os.devnull, os.O_WRONLY), self.stream.fileno())

    def warn(self, report: Report) -> None:
        """Prints the warnings that are new since the last call, on standard error."""
        new = [d for d in report.sorted() if d.severity is Severity.WARNING and d not in self._warned]
        self._warned.update(new)
        if new and (not self.quiet if self.warns is None else self.warns):
            from kspec.diagnostics.render import render

            render(new, "text", sys.stderr)

    def of_part(self, steps: tuple[str, ...] = ()) -> Console:
        """The console of a part of a run: it prints only warnings that are new, and the lines of some steps."""
        return Console(True, self.stream, not self.quiet, self._warned, () if self.quiet else steps)

    def unseen(self, diagnostics: Iterable[Diagnostic]) -> list[Diagnostic]:
        """The diagnostics without the warnings that have been printed."""
        return [d for d in diagnostics if self.quiet or d not in self._warned]

    @contextmanager
    def own_output(self) -> Iterator[None]:
        """Redirects what callbacks and Keras print: nowhere if quiet, else to the stream of this console.

        Only the prints of this thread are redirected: others may have other things to say. If quiet, warnings of
        Python and TensorFlow are not printed either.
        """
        before, show, logger = sys.stdout, warnings.showwarning, logging.getLogger("tensorflow")
        level = logger.level
        if not self.quiet and self.stream is before:
            yield
            return
        redirected: Any = _ThreadOutput(before, None if self.quiet else self.stream)
        sys.stdout = redirected
        if self.quiet:
            warnings.showwarning = _ignore
            logger.setLevel(logging.ERROR)
        try:
            yield
        finally:
            logger.setLevel(level)
            if sys.stdout is redirected:
                sys.stdout = before
            if warnings.showwarning is _ignore:
                warnings.showwarning = show

    @property
    def is_terminal(self) -> bool:
        """Whether lines go to a terminal, where a progress bar can be drawn."""
        return not self.quiet and self.stream.isatty()

    @property
    def is_notebook(self) -> bool:
        """Whether lines go to a notebook that can draw a progress bar, which takes ipywidgets."""
        if self.quiet or self.stream is not sys.stdout or "ipykernel" not in sys.modules:
            return False
        import rich.console

        return rich.console.Console().is_jupyter and find_spec("ipywidgets") is not None
