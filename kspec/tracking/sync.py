"""Sends to a tracker what it does not have yet of a run and its parts: while the run goes on, or later."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict, replace
from pathlib import Path

from kspec.runs.run_folder import RunFolderError
from kspec.runs.run_parts import parts_of
from kspec.runs.saved_results import read_history
from kspec.tracking.facts import RunFacts, digest_of, digest_of_file
from kspec.tracking.state import Sent, State
from kspec.tracking.tracker import Metric, TrackedRun, Tracker

WHOLE = "."
"""The path of the whole run in its folder."""
BATCH = 200
"""The most epochs that are sent at once."""


class Sync:
    """Sends a run and its parts to a tracker.

    Args:
        folder: The folder of the whole run.
        state: What the tracker has of it.
        tracker: The tracker.
        progress: Called after each thing that has been sent.
    """

    def __init__(
        self, folder: Path, state: State, tracker: Tracker, progress: Callable[[], None] = lambda: None
    ) -> None:
        self.folder = folder
        self.state = state
        self.tracker = tracker
        self.progress = progress
        self._runs: dict[str, TrackedRun] = {}
        self._complete: set[str] = set()
        """The parts that have ended, and of which everything has been sent by this object."""

    @property
    def run(self) -> TrackedRun | None:
        """The whole run; None before it has begun."""
        return self._runs.get(WHOLE)

    def send(self, *, is_last: bool = False) -> None:
        """Sends what is new.

        Args:
            is_last: Whether nothing more will come, so that also files are sent that came after the end.

        Raises:
            Exception: Whatever the tracker raises.
        """
        if is_last:
            self._complete.clear()
        try:
            whole = RunFacts(self.folder)
        except (RunFolderError, OSError):
            if not self.folder.is_dir():  # a run that ends before anything has run leaves no folder
                self._end_lost()
            return
        if not whole.is_ready:
            return
        self._begin(whole, None)
        for path in sorted(parts_of(self.folder), key=_order):
            part = path.relative_to(self.folder).as_posix()
            outer = path.parent.relative_to(self.folder).as_posix()
            if part not in self._complete and (path / "run.json").is_file():
                self._send(path, part, outer if outer in self.state.runs else WHOLE)
        self._send_contents(whole)
        if whole.has_ended:
            self._end_lost()

    def _send(self, path: Path, part: str, outer: str) -> None:
        """Sends a part of the run.

        Args:
            path: Its folder.
            part: Its path in that of the whole run.
            outer: The path of the run that it is a part of.
        """
        try:
            facts = RunFacts(path, part)
        except RunFolderError:  # it has just been removed
            return
        parent = self.state.of(outer).id
        if facts.is_ready and parent:
            self._begin(facts, parent)
            self._send_contents(facts)

    def _begin(self, facts: RunFacts, parent: str | None) -> None:
        """Begins a run at the tracker, or goes on with it.

        Args:
            facts: The run.
            parent: The tracker's id of the run that it is a part of.
        """
        sent = self.state.of(facts.part)
        resumptions = facts.resumptions
        if len(resumptions) > sent.resumed:
            epoch = resumptions[-1].get("epoch")
            if resumptions[-1].get("overrides") and isinstance(epoch, int):  # what comes after it has other numbers
                self.state.note(facts.part, epochs=min(sent.epochs, epoch), pending=[])
            self.state.note(facts.part, resumed=len(resumptions))
            is_new = True
        else:
            is_new = not sent.id or (sent.ended != "" and not facts.has_ended)
        run = self._run(facts.part, facts.name, facts.started, parent or "", str(facts.record.get("name") or "kspec"))
        if is_new:
            run = replace(run, id=self.tracker.begin(run))
            self._note(facts.part, id=run.id, ended="")
        self._runs[facts.part] = run

    def _run(self, part: str, name: str, started: float, parent: str, project: str) -> TrackedRun:
        """A run as the tracker sees it.

        Args:
            part: Its path in the folder of the whole run.
            name: Its name.
            started: When it began, in seconds since 1970.
            parent: The tracker's id of the run that it is a part of; empty if it stands alone.
            project: The name of the spec.
        """
        sent = self.state.of(part)
        whole = self.folder.resolve()
        path = Path(whole.name, part).as_posix()
        return TrackedRun(name, project, path, sent.key, whole / part, started, parent or None, sent.id)

    def _send_contents(self, facts: RunFacts) -> None:
        """Sends parameters, metrics, and of a run that has ended everything else."""
        sent, part = self.state.of(facts.part), facts.part
        self._send_description(facts, sent)
        self._send_epochs(facts, sent)
        if not facts.has_ended:
            return
        self._send_final_metrics(facts, sent)
        for name, file in facts.artifacts():
            self._send_file(part, sent, name, file)
        self._send_model(facts, sent)
        if sent.ended != facts.status:
            self.tracker.end(self._runs[part], facts.status, facts.ended)
            self._note(part, ended=facts.status)
        self._complete.add(part)

    def _send_description(self, facts: RunFacts, sent: Sent) -> None:
        if sent.described and not facts.has_ended:
            return
        description = facts.describe()
        digest = digest_of(asdict(description))
        if digest != sent.described:
            self.tracker.describe(self._runs[facts.part], description)
            self._note(facts.part, described=digest)

    def _send_epochs(self, facts: RunFacts, sent: Sent) -> None:
        """Sends the metrics of new epochs; a batch of which nobody knows whether it arrived is sent again as it was."""
        try:
            history = read_history(facts.folder)
            now = facts.epochs_time() if history else 0.0
        except (RunFolderError, OSError):
            return
        while rows := [row for row in history if row.get("epoch", 0) > sent.epochs][:BATCH]:
            last, time = (sent.pending[0], sent.pending[1]) if len(sent.pending) == 2 else (rows[-1]["epoch"], now)
            rows = [row for row in rows if row["epoch"] <= last]
            if not rows:
                self.state.note(facts.part, pending=[])
                continue
            if not sent.pending:
                self.state.note(facts.part, pending=[last, time])
            self.tracker.log_metrics(self._runs[facts.part], list(_metrics(rows, sent.time or facts.started, time)))
            self._note(facts.part, epochs=int(rows[-1]["epoch"]), time=time, pending=[])

    def _send_final_metrics(self, facts: RunFacts, sent: Sent) -> None:
        numbers = facts.final_metrics()
        digest = digest_of(numbers)
        if numbers and digest != sent.final:
            epoch = int(facts.record.get("kept_epoch") or facts.record.get("epochs") or 0)
            self.tracker.log_metrics(
                self._runs[facts.part], [Metric(name, value, epoch, facts.ended) for name, value in numbers.items()]
            )
            self._note(facts.part, final=digest)

    def _send_file(self, part: str, sent: Sent, name: str, file: Path) -> None:
        digest = digest_of_file(file)
        if sent.files.get(name) != digest:
            self.tracker.log_artifact(self._runs[part], name, file)
            self._note(part, files={name: digest})

    def _send_model(self, facts: RunFacts, sent: Sent) -> None:
        file = facts.model_file
        if file is None:
            return
        digest = digest_of_file(file)
        if sent.files.get(file.name) != digest:
            self.tracker.log_model(self._runs[facts.part], facts.model(file))
            self._note(facts.part, files={file.name: digest})

    def _end_lost(self) -> None:
        """Ends the runs whose folders are gone, as that of a trial that failed at once."""
        for part, sent in list(self.state.runs.items()):
            if sent.id and not sent.ended and not (self.folder / part / "run.json").is_file():
                run = self._runs.get(part) or self._run(part, part, sent.time, "", self.folder.parent.name)
                self.tracker.end(run, "failed", sent.time)
                if self.folder.is_dir():
                    self._note(part, ended="failed")

    def _note(self, part: str, **values: object) -> None:
        self.state.note(part, **values)
        self.progress()


def _metrics(rows: list[dict[str, float]], begin: float, end: float) -> Iterator[Metric]:
    """The numbers of epochs, which are spread evenly over the time since the epoch before.

    Args:
        rows: The epochs.
        begin: When the epoch before them ended, in seconds since 1970.
        end: When the last of them ended.
    """
    for number, row in enumerate(rows, start=1):
        time = begin + (end - begin) * number / len(rows)
        for name, value in row.items():
            if name not in ("epoch", "stage"):
                yield Metric(name, value, int(row["epoch"]), time)


def _order(path: Path) -> tuple[int, list[tuple[int, str]]]:
    """Runs before their parts, trials and folds by number."""
    parts = [part for name in path.parts for part in name.split("-")]
    return len(path.parts), [(int(part) if part.isdecimal() else -1, part) for part in parts]
