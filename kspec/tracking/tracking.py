"""Tracks a run: starts the process that sends it, shows what that reports, and waits for its end."""

from __future__ import annotations

import json
import queue
import shlex
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kspec.diagnostics import Report, Source, Span, codes
from kspec.tracking.follower import FINISH
from kspec.tracking.state import known_trackers
from kspec.tracking.targets import OPTION, Target, targets_of
from kspec.training.console import Console

WAIT_SECONDS = {"": 10.0, "works": 20.0, "failed": 2.0}
"""How long a tracker may take for each thing that is left to send when a run has ended, by what is known of it."""
_START = "import sys; sys.path.append(sys.argv[1]); from kspec.tracking.follower import main; main()"


@contextmanager
def tracking(written: Iterable[str], folder: Path, console: Console) -> Iterator[Tracking]:
    """Tracks the run that begins meanwhile.

    Args:
        written: The values of `--track`.
        folder: The folder of the spec, for the project's `pyproject.toml`.
        console: Where to print.

    Raises:
        SpecError: If there is no such tracker.
        MissingTracker: If its package is not installed.
    """
    found = Tracking(targets_of(written, folder), console)
    try:
        yield found
    finally:
        found.finish()


@dataclass(slots=True)
class Tracking:
    """What sends a run to its trackers.

    Args:
        targets: The trackers.
        console: Where to print.
    """

    targets: Sequence[Target]
    console: Console
    folder: Path | None = None
    _process: subprocess.Popen[str] | None = None
    _messages: queue.Queue[dict[str, Any]] = field(default_factory=queue.Queue)
    _open: set[str] = field(default_factory=set)
    """The trackers that have not got everything yet."""
    _warned: set[str] = field(default_factory=set)
    _states: dict[str, str] = field(default_factory=dict)
    """By tracker, whether it works, as far as that is known."""

    def begin(self, folder: Path) -> None:
        """Begins to send a run.

        Args:
            folder: Its folder.
        """
        if self._process is not None:
            return
        self.folder = folder
        self._note_others(folder)
        if not self.targets:
            return
        root = str(Path(__file__).resolve().parents[2])
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-c", _START, root],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C is for the run
            text=True,
            encoding="utf-8",
        )
        self._open = {target.text for target in self.targets}
        threading.Thread(target=self._listen, daemon=True).start()
        work = {"folder": str(folder.resolve()), "targets": [target.to_json() for target in self.targets]}
        self._write(json.dumps(work))

    def _note_others(self, folder: Path) -> None:
        """Says which trackers have a part of a run that goes on: an address in a run folder is not contacted by itself.

        Args:
            folder: The run folder.
        """
        own = {target.text for target in self.targets}
        for text in known_trackers(folder):
            if text not in own and text.isprintable():
                self.console.step("track", f"{text} has this run as far as it went; --track {text} goes on there")

    def finish(self) -> None:
        """Waits until everything is sent, as long as the trackers take it."""
        if self._process is None:
            return
        self._write(FINISH)
        try:
            self._wait()
        except KeyboardInterrupt:
            pass
        finally:
            self._process.kill()
            self._process.wait()
        for text in sorted(self._open):
            self._warn(text, "it takes too long")

    def _wait(self) -> None:
        until = time.monotonic() + self._patience()
        while self._open:
            try:
                message = self._messages.get(timeout=max(until - time.monotonic(), 0.0))
            except queue.Empty:
                return
            if message.get("kind") == "gone":
                return
            if message.get("kind") == "done":
                self._open.discard(str(message.get("tracker")))
            until = time.monotonic() + self._patience()

    def _patience(self) -> float:
        """How many seconds to wait for the trackers that have not got everything."""
        return max((WAIT_SECONDS[self._states.get(text, "")] for text in self._open), default=0.0)

    def _write(self, line: str) -> None:
        assert self._process is not None
        assert self._process.stdin is not None
        with suppress(OSError):  # it is gone, and everything can be sent later
            self._process.stdin.write(f"{line}\n")
            self._process.stdin.flush()

    def _listen(self) -> None:
        """Shows what the process reports."""
        assert self._process is not None
        assert self._process.stdout is not None
        with suppress(ValueError, OSError):
            for line in self._process.stdout:
                with suppress(json.JSONDecodeError):
                    message = json.loads(line)
                    self._show(message)
                    self._messages.put(message)
        self._messages.put({"kind": "gone"})

    def _show(self, message: dict[str, Any]) -> None:
        text, kind = str(message.get("tracker")), message.get("kind")
        if kind != "done":
            self._states[text] = "failed" if kind == "failed" else "works"
        match kind:
            case "begun":
                self.console.step("track", str(message.get("url") or text))
            case "failed":
                self._warn(text, str(message.get("reason")))
            case "recovered":
                self.console.step("track", f"{text} answers again, and has everything so far")

    def _warn(self, text: str, reason: str) -> None:
        """Warns, once, that a tracker is not available.

        Args:
            text: The tracker.
            reason: Why.
        """
        if text in self._warned or self.folder is None:
            return
        self._warned.add(text)
        report, source = Report(), Source(OPTION, text)
        again = f"kspec track {shlex.quote(str(self.folder))} --to {shlex.quote(text)}"
        report.warning(
            codes.TRACKER_UNAVAILABLE,
            f"the tracker is not available: {reason}",
            Span(source, 1, 1, 1, len(text) + 1),
            help=f"the run goes on, and kspec tries again; `{again}` sends later what is missing",
        )
        self.console.warn(report)
