"""Searches for the best values of a spec: asks for points, refuses those that cannot be, runs the others."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from kspec.cluster.connect import Cluster
from kspec.compiler.check import check_spec
from kspec.compiler.search.forms import measures_time
from kspec.compiler.search.outcome import Outcomes
from kspec.compiler.search.points import space_size
from kspec.compiler.search.trainings import expected_trainings
from kspec.compiler.search.verdict import Verdict, judge
from kspec.diagnostics import Report, SpecError
from kspec.language import Spec
from kspec.language.sweep import Sweep
from kspec.language.sweep_samplers import FINITE
from kspec.runs.folder_lock import locked
from kspec.runs.member_plan import member_plan
from kspec.runs.recorder import Recorder
from kspec.runs.run import Run
from kspec.runs.run_folder import SWEEP, TRIALS, RunFolder
from kspec.sweep.best import train_best
from kspec.sweep.cluster_workers import ClusterWorkers
from kspec.sweep.result import Refusal, SweepResult, TrialRecord, point_text
from kspec.sweep.resume import trials_at_first
from kspec.sweep.study import Asked, Pruning, Study
from kspec.sweep.trial import Task, TrialResult
from kspec.sweep.workers import Workers
from kspec.training.console import Console

MAX_REFUSALS = 1000
"""The most points in a row that are refused before the search ends."""


def run_sweep(
    spec: Spec,
    *,
    out: str | os.PathLike[str] = "runs",
    jobs: int | None = None,
    keep_models: bool = False,
    console: Console | None = None,
    folder: RunFolder | None = None,
    cluster: Cluster | None = None,
    on_folder: Callable[[Path], None] = lambda _: None,
) -> SweepResult:
    """Runs the sweep of a spec.

    Args:
        spec: A loaded spec with a `sweep`.
        out: Where its folder is made.
        jobs: How many trials of a batch run side by side; by default one, or as many as a cluster has room for.
        keep_models: Whether the trials' trained models are saved.
        console: Where to print; nothing is printed by default.
        folder: The folder of a sweep that goes on; None for a new one.
        cluster: Where trials run; by default on this machine.
        on_folder: Called with the folder, before anything is written there.

    Returns:
        What it has found.

    Raises:
        SpecError: with every error in the spec.
        RunFolderError: if its folder cannot be written.
    """
    console = console or Console(True)
    found = check_spec(spec)
    report = Report()
    report.diagnostics.extend(found.diagnostics)
    report.raise_errors()
    console.warn(report)
    sweep = spec.document.sweep
    assert sweep is not None
    is_new = folder is None
    first = sweep.trials if folder is None else trials_at_first(folder.path) or sweep.trials
    folder = folder or RunFolder.create(out, spec.name)
    with locked(folder.path):
        on_folder(folder.path)
        return _Search(spec, sweep, folder, jobs, keep_models, console, first, cluster).run(is_new=is_new)


@dataclass(slots=True)
class _Search:
    spec: Spec
    sweep: Sweep
    folder: RunFolder
    jobs: int | None
    keep_models: bool
    console: Console
    first_trials: int
    cluster: Cluster | None = None
    study: Study = field(init=False)
    result: SweepResult = field(init=False)
    workers: Workers | ClusterWorkers = field(init=False)
    recorder: Recorder = field(init=False)
    _known: dict[str, TrialRecord] = field(default_factory=dict)
    trainings: float = field(init=False)
    notes: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        goals = self.sweep.goal.directions
        self.study = Study(self.sweep, self.spec.name, self.spec.document.seed, self.folder.path)
        self.result = SweepResult(self.spec.name, self.folder.path, goals, self.sweep.trials)
        self.workers = self._workers()
        self.recorder = Recorder(self.spec, Run(self.spec.name, self.folder.path), self.folder)
        facts = {"trials": self.sweep.trials, "began_with": self.first_trials, "keeps_models": self.keep_models}
        self.recorder.facts["sweep"] = facts
        plan = member_plan(self.spec.document)
        trainings = self.first_trials * (1 if plan is None else plan.count)
        self.trainings = expected_trainings(self.sweep.search, Outcomes(self.spec), trainings)

    def _workers(self) -> Workers | ClusterWorkers:
        spec, folder = self.spec, self.folder.path
        if self.cluster is not None:
            return ClusterWorkers(spec, folder, self.cluster, self.jobs, self.keep_models, self.console)
        return Workers(spec, folder, min(self.jobs or 1, self.sweep.batch_size), self.keep_models)

    def run(self, *, is_new: bool) -> SweepResult:
        (self.folder.path / TRIALS).mkdir(exist_ok=True)
        self._recall()
        self.console.step("sweep", self._headline(is_new=is_new))
        if (self.jobs or 1) > self.sweep.batch_size:
            note = f"of {self.jobs} jobs, {self.sweep.batch_size} can run: the sampler chooses so many points at once"
            self.console.step("sweep", f"{note}; write `sweep: {{batch: {self.jobs}}}`")
        try:
            self.recorder.begin()
            while not self.result.ended and (batch := self._next_batch()):
                self._run_batch(batch)
            if self.result.status != "interrupted":
                self._finish()
        except KeyboardInterrupt:
            self.result.status = "interrupted"
        except BaseException as error:
            self.recorder.finish("failed", error.errors if isinstance(error, SpecError) else str(error))
            raise
        finally:
            self.workers.close()
        self._write()
        self.recorder.finish("interrupted" if self.result.status == "interrupted" else "finished")
        return self.result

    def _headline(self, *, is_new: bool) -> str:
        goals = ", ".join(f"{word} {name}" for name, word in self.result.goals)
        pruner = "" if self.sweep.pruner is None else f" with {self.sweep.pruner.name}"
        done = "" if is_new else f", {len(self.result.trials)} of them done"
        count = f"{self.sweep.trials} trial{'s' * (self.sweep.trials != 1)}{done}"
        return f"{count}, {self.sweep.sampler_name}{pruner}: {goals}"

    def _recall(self) -> None:
        """Takes over the trials of a sweep that goes on."""
        for trial in self.study.finished():
            facts, point = trial.user_attrs, self.study.point_of(trial)
            if facts.get("refused"):
                self.result.refusals.append(Refusal(trial.number, point, list(facts.get("reasons", ()))))
                continue
            record = TrialRecord(
                trial.number,
                facts.get("status", "failed"),
                point,
                list(facts.get("values", ())),
                dict(facts.get("validation", {})),
                facts.get("seconds", 0.0),
                facts.get("epochs", 0),
                facts.get("message", ""),
            )
            self.result.trials.append(record)
            self._note(facts.get("digest", ""), record)
        self.result.best = self.study.best()

    def _next_batch(self) -> list[tuple[Asked, Verdict]]:
        """The points that run next: those that were left, or new ones; none when the sweep is over."""
        left = self.study.unfinished()
        batch = [(asked, judge(self.spec, asked.point, self.sweep.constraints)) for asked in left]
        room = min(self.sweep.batch_size, self.sweep.trials - len(self.result.trials)) - len(batch)
        limit = self.sweep.seconds
        if limit is not None and not batch and sum(trial.seconds for trial in self.result.trials) >= limit:
            self.result.ended = f"the time limit of {self.sweep.time_limit} is over"
            return []
        if left and self._has_begun(left[0].batch):
            return batch
        first, refusals = left[0].batch if left else self.study.size, 0
        size = space_size(self.sweep.search) if self.sweep.sampler_name in FINITE else None
        while room > 0:
            if size is not None and self.study.size >= size:
                if not batch:
                    self.result.ended = f"all {size} points are tried"
                break
            asked = self.study.ask(first)
            verdict = judge(self.spec, asked.point, self.sweep.constraints)
            if verdict.is_feasible:
                batch.append((asked, verdict))
                room, refusals = room - 1, 0
                continue
            self.study.refuse(asked, verdict.excess, verdict.reasons)
            self.result.refusals.append(Refusal(asked.number, dict(asked.point), verdict.reasons))
            refusals += 1
            if refusals == MAX_REFUSALS:
                if not batch:
                    self.result.ended = f"{MAX_REFUSALS} points in a row cannot be trained"
                break
        return batch

    def _has_begun(self, batch: int) -> bool:
        """Whether a trial of a batch has ended, so that the batch was complete when the sweep was stopped."""
        return any(trial.number >= batch for trial in self.result.trials)

    def _run_batch(self, batch: list[tuple[Asked, Verdict]]) -> None:
        """Runs the points of a batch; those of one spec once, however often they are chosen."""
        known = dict(self._known)
        before = self.study.ended_before(batch[0][0].batch)
        tasks: dict[str, Task] = {}
        groups: dict[str | int, list[Task]] = {}
        for asked, verdict in batch:
            if verdict.digest not in known and verdict.digest not in tasks:
                pruning = Pruning(self.sweep, self.spec.name, asked, before)
                task = Task(pruning, verdict.measures, verdict.program, self.trainings)
                tasks[verdict.digest] = task
                form = None if measures_time(self.sweep) else verdict.form
                groups.setdefault(asked.number if form is None else form, []).append(task)
        points = {asked.number: (asked, verdict) for asked, verdict in batch}
        for task, result in self.workers.run(list(groups.values())):
            if result.status == "interrupted":
                raise KeyboardInterrupt
            asked, verdict = points.pop(task.number)
            self._explain(result.notes)
            record = _record(asked, result)
            self._tell(asked, verdict, record, result.reports, result.excess)
            known[verdict.digest] = record
        for asked, verdict in points.values():
            self._repeat(asked, verdict, known[verdict.digest])
        self.result.trials.sort(key=lambda trial: trial.number)
        self._write()

    def _explain(self, notes: tuple[str, ...]) -> None:
        """Prints lines about the choice of engines, each once."""
        for note in notes:
            if note not in self.notes:
                self.notes.append(note)
                self.console.step("engine", note)

    def _repeat(self, asked: Asked, verdict: Verdict, earlier: TrialRecord) -> None:
        """Ends a trial whose spec has run before: it would yield the same.

        Args:
            asked: The trial.
            verdict: What is known of its point.
            earlier: The trial that ran.
        """
        point, has_ended = dict(asked.point), earlier.status in ("complete", "repeated")
        same = "point" if point == earlier.point else "spec"
        record = TrialRecord(
            asked.number,
            "repeated" if has_ended else earlier.status,
            point,
            earlier.values,
            earlier.validation,
            message=f"the {same} of trial {earlier.number}",
        )
        self._tell(asked, verdict, record, (), {})

    def _tell(
        self,
        asked: Asked,
        verdict: Verdict,
        record: TrialRecord,
        reports: tuple[float, ...],
        excess: Mapping[str, float],
    ) -> None:
        """Notes how a trial ended, and prints it.

        Args:
            asked: The trial.
            verdict: What was known of its point.
            record: How it ended.
            reports: The goal after each epoch.
            excess: How far it is beyond the limits on its time.
        """
        names = ("status", "values", "validation", "seconds", "epochs", "message")
        self.study.tell(
            asked,
            record.values if record.status != "failed" else None,
            pruned=record.status == "pruned",
            reports=reports,
            excess={**verdict.excess, **excess},
            facts={**{name: getattr(record, name) for name in names}, "digest": verdict.digest},
        )
        self.result.trials.append(record)
        self._note(verdict.digest, record)
        self.result.best = self.study.best()
        self.console.step("trial", self._line(record))

    def _note(self, digest: str, record: TrialRecord) -> None:
        """Notes what a spec yields; a pruned trial might go on at another time.

        Args:
            digest: That of the spec.
            record: The trial.
        """
        if record.status == "complete":
            self._known[digest] = record

    def _line(self, record: TrialRecord) -> str:
        """One line for a trial: `12  (10 of 100)  val_accuracy 0.9310 *  fit.batch_size=16  2.1 s`."""
        width = len(str(self.sweep.trials))
        count = f"{record.number:<{width}}  ({len(self.result.trials):>{width}} of {self.sweep.trials})"
        values = "  ".join(
            f"{name} {value:.4g}" for (name, _), value in zip(self.result.goals, record.values, strict=False)
        )
        star = " *" if record.number in self.result.best else ""
        how = "" if record.status == "complete" else f"{record.status}: {record.message}"
        parts = [count, f"{values}{star}", point_text(record.point), f"{record.seconds:.2f} s", how]
        return "  ".join(part for part in parts if part)

    def _write(self) -> None:
        self.folder.json(SWEEP, self.result.to_json())

    def _finish(self) -> None:
        """Says what was found, and trains the best point again."""
        self.result.status = "finished"
        if self.result.ended:
            self.console.step("sweep", self.result.ended)
        if self.result.refused:
            self.console.step("sweep", f"refused {self.result.refusals_text()}")
        if self.sweep.then is not None and len(self.result.goals) == 1 and self.result.best:
            self._write()
            self.workers.close()  # the runs of the best point may need their room
            run = self.result.run = train_best(self.spec, self.result, self.folder, self.console, self.cluster)
            validation = self.result.best_trials[0].validation
            self.folder.json(
                "metrics.json", {"evaluate": run.metrics, "deviation": run.deviation, "validation": validation}
            )


def _record(asked: Asked, result: TrialResult) -> TrialRecord:
    """What is kept of a trial that has run."""
    return TrialRecord(
        asked.number,
        result.status,
        dict(asked.point),
        list(result.values),
        dict(result.validation),
        round(result.seconds, 4),
        result.epochs,
        result.message,
    )
