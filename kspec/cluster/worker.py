"""A worker on a machine of a cluster: it keeps what tasks have in common, and runs one task after another."""

from __future__ import annotations

import os
import pickle
import shutil
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol

from kspec.cluster.files import Piece, files_in, pieces, write
from kspec.cluster.place import Place

_TEXTS = (".json", ".yaml", ".txt", ".csv", ".jsonl")
"""The files that may name folders."""
_LONGEST_TEXT = 16 << 20


class Work(Protocol):
    """What a worker does, as it travels there."""

    def begin(self, place: Place) -> Callable[[Any, int], Any]:
        """Prepares a worker.

        Args:
            place: Where it finds its files.

        Returns:
            Runs a task; it is also passed how often the task has lost its worker.
        """


@dataclass(frozen=True, slots=True)
class Answer:
    """What a worker sends back.

    Args:
        result: The result of a task.
        error: What it raised instead.
        files: The first files that it has written, where its folder is not shared.
        has_more: Whether there are more of them.
    """

    result: Any = None
    error: BaseException | None = None
    files: Sequence[Piece] = ()
    has_more: bool = False


@dataclass(slots=True)
class Worker:
    """An actor of Ray.

    Args:
        work: What it does.
        place: Where it works.
        folder: The folder that its tasks write to, as the process that starts the work names it.
        copies: Whether it works in a copy, with a folder of its own that comes back file by file.
    """

    work: Work
    place: Place
    folder: str
    copies: bool
    _run: Callable[[Any, int], Any] | None = None
    _files: Iterator[list[Piece]] = field(default_factory=lambda: iter(()))

    def start(self) -> tuple[str, int]:
        """Enters its place; returns the id of its machine, and that of its process."""
        from ray import get_runtime_context

        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGTERM, signal.SIG_DFL)  # a run handles it, and Ray would not let it
        if self.copies and not self.place.root:
            self.place = self.place.copied()
        self.place.enter()
        return get_runtime_context().get_node_id(), os.getpid()

    def receive(self, batch: Sequence[Piece]) -> None:
        """Writes files of the spec to where it works."""
        write(batch, Path(self.place.root))

    def prepare(self) -> Answer:
        """Prepares what tasks have in common."""
        answer = self._caught(lambda: self.work.begin(self.place))
        self._run = answer.result
        return Answer(error=answer.error)

    def run(self, task: Any, losses: int, part: str, carried: Sequence[Piece] = ()) -> Answer:
        """Runs a task.

        Args:
            task: The task.
            losses: How often it has lost its worker.
            part: The folder that comes back as a whole, relative to that of all tasks.
            carried: Files in the folder that it goes on with, where that is not shared.
        """
        assert self._run is not None
        run, own = self._run, self.place.path(self.folder)
        if self.copies:
            shutil.rmtree(own, ignore_errors=True)
            own.mkdir(parents=True)
            write(carried, own)
        before = {file: _state(file) for _, file in files_in(own)} if carried else {}
        answer = self._caught(lambda: run(task, losses))
        if not self.copies:
            return answer
        inside = f"{part}/"
        files = [each for each in files_in(own) if each[0].startswith(inside) or before.get(each[1]) != _state(each[1])]
        self._files = pieces(files)
        first = self.take()
        return replace(answer, files=first, has_more=bool(first))

    def take(self) -> Sequence[Piece]:
        """The next files that the last task has written; none after the last."""
        return [self._as_there(piece) for piece in next(self._files, [])]

    def end(self) -> None:
        """Deletes its copies."""
        if self.place.root:
            os.chdir("/")
            shutil.rmtree(self.place.root, ignore_errors=True)

    def _as_there(self, piece: Piece) -> Piece:
        """A file whose absolute paths are those of the machine that starts the work."""
        if not piece.path.endswith(_TEXTS) or len(piece.data) > _LONGEST_TEXT:
            return piece
        return Piece(piece.path, piece.offset, piece.data.replace(os.fsencode(self.place.root), b""))

    def _caught(self, call: Callable[[], Any]) -> Answer:
        """Calls something; an error is part of the answer, since Ray would wrap it."""
        try:
            return Answer(call())
        except KeyboardInterrupt:
            return Answer(error=KeyboardInterrupt())
        except Exception as error:
            return Answer(error=portable(error))


def portable(error: BaseException) -> BaseException:
    """An error that can travel: itself, or its message."""
    with suppress(Exception):
        pickle.loads(pickle.dumps(error))
        return error
    return RuntimeError(str(error))


def _state(file: Path) -> tuple[int, int]:
    """What changes when a file is written."""
    facts = file.stat()
    return facts.st_mtime_ns, facts.st_ino
