"""Runs one trial of a sweep: a point, trained and validated."""

from __future__ import annotations

import math
import shutil
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from statistics import fmean
from typing import TYPE_CHECKING, Literal

from kspec.analysis.monitor import VALIDATION_PREFIX
from kspec.backend.tensorflow import import_tensorflow
from kspec.compiler.search.points import overrides_of
from kspec.data.shared_table import SharedTable
from kspec.diagnostics import SpecError
from kspec.language import Spec, load_file
from kspec.language.sweep import CONSTRAINT, MEASURES, Sweep, limit_of
from kspec.runs.failures import StepFailed
from kspec.runs.member_plan import member_plan
from kspec.runs.part import Part
from kspec.runs.run import Run
from kspec.runs.run_folder import TRIALS, RunFolder
from kspec.runs.trial import Trial, train_together
from kspec.sweep.study import Pruning
from kspec.training.fit import History

if TYPE_CHECKING:
    from kspec.training.shared_model import SharedModel

MAX_MODELS = 8
"""The most networks whose traced functions are kept."""
Status = Literal["complete", "pruned", "failed", "interrupted"]


@dataclass(frozen=True, slots=True)
class TrialResult:
    """How a trial ended.

    Args:
        status: `pruned` if it was ended as hopeless, or as too long.
        values: A value for each goal; empty if there is none.
        reports: The goal after each epoch, if there is one goal that training logs.
        validation: Losses and metrics of its model on the validation split.
        seconds: How long it took.
        epochs: Epochs trained.
        excess: How far it is beyond the limits on its time; negative within.
        message: Why it failed, or was pruned.
        notes: Lines for the user about the choice of its engine.
    """

    status: Status
    values: tuple[float, ...] = ()
    reports: tuple[float, ...] = ()
    validation: Mapping[str, float] = field(default_factory=dict)
    seconds: float = 0.0
    epochs: int = 0
    excess: Mapping[str, float] = field(default_factory=dict)
    message: str = ""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Task:
    """A trial to run.

    Args:
        pruning: Its point, and what it is compared with.
        measures: What is known of the point before it runs: parameters, FLOPs, memory.
        program: Equal for trials that share what is traced.
        trainings: About how many trainings of the sweep share what XLA compiles.
    """

    pruning: Pruning
    measures: Mapping[str, float]
    program: str = ""
    trainings: float | None = None

    @property
    def number(self) -> int:
        """The number of the trial."""
        return self.pruning.asked.number


@dataclass(slots=True)
class TrialRunner:
    """Runs trials one after another; what they have in common is read once.

    Args:
        spec: The spec of the sweep.
        folder: The folder of the sweep.
        keeps_models: Whether trained models are saved.
        table: The table of the data, once a trial has read it.
    """

    spec: Spec
    folder: Path
    keeps_models: bool = False
    table: SharedTable = field(default_factory=SharedTable)
    _models: dict[str, SharedModel] = field(default_factory=dict)

    def run(self, tasks: Sequence[Task]) -> Iterator[TrialResult]:
        """Runs trials; those of several train together, as far as that pays.

        Args:
            tasks: A trial, or several of one form.
        """
        trials = self._train_together(tasks) if len(tasks) > 1 else {}
        for task in tasks:
            yield self._run(task, trials.pop(task.number, None))

    def _train_together(self, tasks: Sequence[Task]) -> dict[int, Trial]:
        """Trials that are ready to run, by number, with what their training yields."""
        trials = {task.number: self._open(self._spec(task), task) for task in tasks}
        train_together(list(trials.values()), [_Watch(self._sweep, task.pruning.again()).is_hopeless for task in tasks])
        return trials

    def _run(self, task: Task, trial: Trial | None) -> TrialResult:
        """Runs a trial.

        Args:
            task: What is known of it.
            trial: The trial, if it is ready to run.
        """
        watch = _Watch(self._sweep, task.pruning, time.monotonic() - (trial.seconds if trial is not None else 0.0))
        try:
            runs = list(self._runs(task, watch) if trial is None else [watch.run(trial)])
        except (SpecError, StepFailed) as error:
            text = error.errors if isinstance(error, SpecError) else str(error)
            return TrialResult("failed", seconds=watch.seconds, message=text.splitlines()[0])
        return watch.result(runs, task.measures)

    def _runs(self, task: Task, watch: _Watch) -> Iterable[Run]:
        """The run of a point, or those of its folds or repeats."""
        spec = self._spec(task)
        plan = member_plan(spec.document)
        if plan is None:
            yield watch.run(self._open(spec, task))
            return
        folder, part = self._folder(task.number), self._part(task)
        for member in range(1, plan.count + 1):
            own = folder.part(plan.folder(member))
            yield watch.run(Trial(plan.spec_of(spec, member), own, part, keeps_model=self.keeps_models))

    def _open(self, spec: Spec, task: Task) -> Trial:
        """A trial that trains a spec once.

        Args:
            spec: The spec.
            task: What is known of the trial.
        """
        return Trial(spec, self._folder(task.number), self._part(task), keeps_model=self.keeps_models)

    def _part(self, task: Task) -> Part:
        """What a trial has in common with others."""
        return Part(self.table, self._model(task.program), trainings=task.trainings)

    def _spec(self, task: Task) -> Spec:
        """The spec of a trial."""
        own = overrides_of(task.pruning.asked.point)
        return load_file(self.spec.source, (*self.spec.overrides, *own, "sweep=null"), self.spec.permissions)

    def _folder(self, number: int) -> RunFolder:
        """The folder of a trial; it is empty, whatever one that was stopped has left."""
        shutil.rmtree(self.folder / TRIALS / str(number), ignore_errors=True)
        return RunFolder(self.folder / TRIALS).part(str(number))

    @property
    def _sweep(self) -> Sweep:
        assert self.spec.document.sweep is not None
        return self.spec.document.sweep

    def _model(self, program: str) -> SharedModel:
        """The model that trials of a program train one after another."""
        import_tensorflow()
        from kspec.training.shared_model import SharedModel

        model = self._models.pop(program, None) or SharedModel()
        self._models[program] = model  # the last one is the youngest
        if len(self._models) > MAX_MODELS:
            del self._models[next(iter(self._models))]
        return model


@dataclass(slots=True)
class _Watch:
    """Watches a trial: collects what its goal is after each epoch, and ends it.

    Args:
        sweep: The sweep.
        pruning: Whether it is hopeless.
        started: When it began, by `time.monotonic`.
    """

    sweep: Sweep
    pruning: Pruning
    started: float = field(default_factory=time.monotonic)
    reports: list[float] = field(default_factory=list)
    message: str = ""
    notes: list[str] = field(default_factory=list)

    def run(self, trial: Trial) -> Run:
        """Runs a trial, or one of its folds or repeats; see `Trial.run_until`."""
        run = trial.run_until(self.is_hopeless)
        self.notes += [note for note in trial.engine_notes if note not in self.notes]
        return run

    @property
    def seconds(self) -> float:
        """How long the trial has taken."""
        return time.monotonic() - self.started

    def is_hopeless(self, history: History) -> bool:
        """Whether the trial ends with this epoch."""
        beyond = next((text for text, value in self.excess().items() if value > 0), None)
        if beyond is not None:
            self.message = f"longer than `{beyond}`"
            return True
        goals = [name for name, _ in self.sweep.goal.directions]
        value = history[-1].get(goals[0])
        if len(goals) > 1 or value is None or not math.isfinite(value):
            return False
        self.reports.append(value)
        if self.pruning.is_hopeless(int(history[-1]["epoch"]), value):
            self.message = f"hopeless after epoch {history[-1]['epoch']:.0f}"
            return True
        return False

    def excess(self) -> dict[str, float]:
        """By constraint on the time, how far the trial is beyond it."""
        found = {}
        for text in self.sweep.constraints:
            match = CONSTRAINT.fullmatch(text)
            assert match is not None
            limit = limit_of(match[1], match[3])
            if match[1] == "seconds" and limit is not None and match[2].startswith("<"):
                found[text] = (self.seconds - limit) / max(limit, 1e-9)
        return found

    def result(self, runs: list[Run], measures: Mapping[str, float]) -> TrialResult:
        """How the trial ended.

        Args:
            runs: Its run, or those of its folds or repeats.
            measures: What is known of the point before it runs.
        """
        excess, seconds = self.excess(), self.seconds
        names = list(runs[0].validation)
        validation = {name: fmean(run.validation.get(name, math.nan) for run in runs) for name in names}
        known = {**measures, "seconds": seconds}
        values = tuple(
            known[name] if name in MEASURES else validation.get(name.removeprefix(VALIDATION_PREFIX), math.nan)
            for name, _ in self.sweep.goal.directions
        )
        epochs = sum(len(run.history) for run in runs)
        found = TrialResult(
            "complete",
            values,
            tuple(self.reports),
            validation,
            seconds,
            epochs,
            excess,
            self.message,
            tuple(self.notes),
        )
        if any(run.status == "interrupted" for run in runs):
            return replace(found, status="interrupted")
        if self.message:
            return replace(found, status="pruned")
        if not all(map(math.isfinite, values)):
            return replace(found, status="failed", message="the goal is no number: the training diverged")
        return found
