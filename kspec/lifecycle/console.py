"""What a run says while it runs: one line a step."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from typing import TextIO


@dataclass(slots=True)
class Console:
    """Announces the steps of the life-cycle.

    Args:
        quiet: Say nothing.
        stream: Where to; standard error where standard output carries JSON.
    """

    quiet: bool = False
    stream: TextIO = field(default_factory=lambda: sys.stdout)

    def step(self, name: str, text: str) -> None:
        """One line: `compile   Adam, binary_crossentropy; accuracy, AUC`."""
        if not self.quiet:
            print(f"{name:<9} {text}", file=self.stream, flush=True)

    @property
    def is_terminal(self) -> bool:
        return not self.quiet and self.stream.isatty()
