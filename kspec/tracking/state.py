"""What a tracker has of a run and its parts, remembered in the run folder: `tracking.jsonl`.

A line is written after each thing that is sent, so that whoever goes on, after a crash too, sends nothing twice. An
address in it is without credentials, and is never contacted on its own: anyone may have written the file.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kspec.runs.run_folder import RunFolderError
from kspec.syntax.bounded_json import InvalidJson, parse_json
from kspec.syntax.regular_files import read_bounded, refuse_link

try:
    import fcntl
except ImportError:  # Windows has no such locks
    fcntl = None  # type: ignore[assignment]

FILE = "tracking.jsonl"
MAX_BYTES = 64 << 20


@dataclass(slots=True)
class Sent:
    """What a tracker has of one run.

    Args:
        key: Identifies the run at the tracker.
        id: The tracker's id; empty before it has begun.
        epochs: The last epoch whose metrics it has.
        time: When that epoch ended, in seconds since 1970.
        pending: The last epoch of the batch that is on its way, and when it ended; a batch that may have arrived.
        resumed: How often the run had been resumed when it was last looked at.
        described: A digest of the description; empty before.
        final: A digest of the final metrics.
        files: A digest by file.
        ended: The status that it was ended with; empty while it runs.
    """

    key: str = field(default_factory=lambda: uuid.uuid4().hex)
    id: str = ""
    epochs: int = 0
    time: float = 0.0
    pending: list[float] = field(default_factory=list)
    resumed: int = 0
    described: str = ""
    final: str = ""
    files: dict[str, str] = field(default_factory=dict)
    ended: str = ""


class State:
    """What one tracker has of a run and its parts.

    Args:
        folder: The run folder.
        target: The tracker, without credentials.
        runs: By path of a part in the folder, what the tracker has of it; `.` is the run itself.
    """

    def __init__(self, folder: Path, target: str) -> None:
        self.folder = folder
        self.target = target
        self.runs: dict[str, Sent] = {}
        for line in _lines(folder / FILE):
            if line.get("tracker") == target and isinstance(name := line.get("run"), str):
                _update(self.runs.setdefault(name, Sent()), line)

    def of(self, part: str) -> Sent:
        """What the tracker has of a part; it is new if nothing is known."""
        if part not in self.runs:
            self.runs[part] = Sent()
            self.note(part, key=self.runs[part].key)
        return self.runs[part]

    def note(self, part: str, **values: Any) -> None:
        """Remembers something of a part.

        Args:
            part: Its path in the run folder.
            values: Attributes of `Sent`.
        """
        _update(self.runs[part], values)
        line = json.dumps({"tracker": self.target, "run": part, **values}) + "\n"
        with (self.folder / FILE).open("a", encoding="utf-8") as file:
            file.write(line)


def known_trackers(folder: Path) -> list[str]:
    """The trackers that have something of a run, without credentials."""
    return list(dict.fromkeys(str(line["tracker"]) for line in _lines(folder / FILE) if line.get("tracker")))


@contextmanager
def sending(folder: Path) -> Iterator[None]:
    """Lets one process at a time send a run; the system lifts the lock when that ends, however it ends.

    Raises:
        RunFolderError: If another process sends it.
    """
    path = folder / FILE
    refuse_link(path)
    with path.open("a", encoding="utf-8") as file:
        if fcntl is not None:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise RunFolderError(
                    f"another process sends the run {folder} to its tracker; wait for its end"
                ) from None
            except OSError:  # no locks, as on some network drives
                pass
        yield


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    """The lines of the file; what a crash has left incomplete is passed over."""
    try:
        data = read_bounded(path, MAX_BYTES)
    except OSError:
        return
    for line in data.splitlines():
        with suppress(InvalidJson):
            value = parse_json(line)
            if isinstance(value, dict):
                yield value


def _update(sent: Sent, values: dict[str, Any]) -> None:
    """Takes values over, if they are of the right type."""
    for name, value in values.items():
        if name == "files" and isinstance(value, dict):
            sent.files |= {str(key): str(each) for key, each in value.items()}
        elif name in Sent.__slots__ and name != "files" and _fits(value, getattr(sent, name)):
            setattr(sent, name, value)


def _fits(value: Any, before: Any) -> bool:
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return is_number if isinstance(before, (int, float)) else type(value) is type(before)
