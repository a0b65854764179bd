"""The lines that a run prints as it goes: one for each step."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass, field
from typing import TextIO

from kspec.diagnostics import Diagnostic, Report, Severity


@dataclass(slots=True)
class Console:
    """Prints what a run is doing.

    Args:
        quiet: Print nothing.
        stream: Where to print; standard error where standard output carries JSON.
    """

    quiet: bool = False
    stream: TextIO = field(default_factory=lambda: sys.stdout)
    _warned: set[Diagnostic] = field(default_factory=set)

    def step(self, name: str, text: str) -> None:
        """Prints one line: `compile   Adam; binary_crossentropy (accuracy, AUC)`."""
        if self.quiet:
            return
        try:
            print(f"{name:<9} {text}", file=self.stream, flush=True)
        except BrokenPipeError:  # the reader is gone (`| head`): training goes on
            self.quiet = True
            os.dup2(os.open(os.devnull, os.O_WRONLY), self.stream.fileno())

    def warn(self, report: Report) -> None:
        """Prints the warnings that are new since the last call, on standard error."""
        new = [d for d in report.sorted() if d.severity is Severity.WARNING and d not in self._warned]
        self._warned.update(new)
        if new and not self.quiet:
            from kspec.diagnostics.render import render

            render(new, "text", sys.stderr)

    @property
    def is_terminal(self) -> bool:
        """Whether lines go to a terminal, where a progress bar can be drawn."""
        return not self.quiet and self.stream.isatty()
