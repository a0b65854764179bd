"""The process that sends a run to its trackers while the run goes on; it reads the run folder.

The run folder is the queue: it holds everything that is to be sent, a tracker that is down loses nothing, and the run
itself neither waits nor shares its interpreter. This process ends when the command says so, or is gone.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, TextIO

from kspec.runs.run_folder import RunFolderError
from kspec.tracking.facts import RunFacts
from kspec.tracking.failure import reason_of
from kspec.tracking.state import State, sending
from kspec.tracking.sync import Sync
from kspec.tracking.targets import Target

POLL_SECONDS = 1.0
"""How often the run folder is read; `history.csv` is written as often."""
FIRST_RETRY, LAST_RETRY = 5.0, 60.0
"""Seconds before a tracker that has failed is tried again; twice as long each time."""
DEATH_SECONDS = 5.0
"""How long the process of a run may take to be gone, once its end is noticed."""
FINISH = "finish"
"""The line that ends the sending, once everything is sent."""

Say = Callable[[dict[str, Any]], None]


class Follower(threading.Thread):
    """Sends a run to one tracker.

    Args:
        target: The tracker.
        folder: The run folder.
        say: Reports to the command.
        finish: Set once the run has ended.
    """

    def __init__(self, target: Target, folder: Path, say: Say, finish: threading.Event) -> None:
        super().__init__(daemon=True)
        self.target = target
        self.folder = folder
        self.finish = finish
        self.failures = 0
        self._say = say
        self._sync: Sync | None = None
        self._has_url = False

    def run(self) -> None:
        """Sends what is new, again and again."""
        while True:
            is_last = self.finish.is_set()
            self._attempt(is_last)
            if is_last:
                self.say("done", complete=self.failures == 0)
                return
            retry = min(FIRST_RETRY * 2 ** (self.failures - 1), LAST_RETRY)
            self.finish.wait(retry if self.failures else POLL_SECONDS)

    def say(self, kind: str, **values: Any) -> None:
        """Reports something to the command.

        Args:
            kind: What it is.
            values: What belongs to it.
        """
        self._say({"kind": kind, "tracker": self.target.text, **values})

    def _attempt(self, is_last: bool) -> None:
        try:
            if self._sync is None:
                tracker = self.target.open()
                state = State(self.folder, self.target.text)
                self._sync = Sync(self.folder, state, tracker, lambda: self.say("progress"))
            self._sync.send(is_last=is_last)
            if not self._has_url and self._sync.run is not None:
                self.say("begun", url=self.target.mask(self._sync.tracker.url(self._sync.run)))
                self._has_url = True
        except Exception as error:  # whatever a tracker does, the run goes on
            self.failures += 1
            self.say("failed", reason=self.target.mask(reason_of(error)))
            return
        if self.failures:
            self.say("recovered")
        self.failures = 0


def main() -> None:
    """Follows the run that the first line of standard input names."""
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 1)  # what trackers print is nobody's to read
    with suppress(OSError, AttributeError):
        os.nice(10)  # the run comes first
    work = json.loads(sys.stdin.readline())
    folder = Path(work["folder"])
    targets = [Target.from_json(each) for each in work["targets"]]
    try:
        with sending(folder):
            _follow(targets, folder, out)
    except (RunFolderError, OSError) as error:
        for target in targets:
            _say(out, {"kind": "failed", "tracker": target.text, "reason": str(error)})
            _say(out, {"kind": "done", "tracker": target.text, "complete": False})
    os._exit(0)  # a thread may still wait for a tracker


def _follow(targets: list[Target], folder: Path, out: TextIO) -> None:
    """Sends a run to its trackers until its end.

    Args:
        targets: The trackers.
        folder: The run folder.
        out: Where to report.
    """
    finish, lock = threading.Event(), threading.Lock()

    def say(message: dict[str, Any]) -> None:
        with lock:
            _say(out, message)

    followers = [Follower(target, folder, say, finish) for target in targets]
    for follower in followers:
        follower.start()
    if sys.stdin.readline().strip() != FINISH:
        _await_death(folder)
    finish.set()
    for follower in followers:
        follower.join()


def _say(out: TextIO, message: dict[str, Any]) -> None:
    with suppress(OSError, ValueError):  # the command is gone
        print(json.dumps(message), file=out, flush=True)


def _await_death(folder: Path) -> None:
    """Waits until the system knows that the process of a run is gone, so that its status can be told."""
    until = time.monotonic() + DEATH_SECONDS
    while time.monotonic() < until:
        with suppress(RunFolderError, OSError):
            if RunFacts(folder).has_ended:
                return
        time.sleep(0.1)
