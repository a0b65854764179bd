"""Runs one trial of a sweep: a point, trained and validated."""

from __future__ import annotations

import math
import shutil
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from statistics import fmean
from typing import TYPE_CHECKING, Literal

from kspec.analysis.monitor import VALIDATION_PREFIX
from kspec.backend.tensorflow import import_tensorflow
from kspec.compiler.search.points import Point, overrides_of
from kspec.data.shared_table import SharedTable
from kspec.diagnostics import SpecError
from kspec.language import Spec, load_file
from kspec.language.sweep import CONSTRAINT, MEASURES, Sweep, limit_of
from kspec.runs.failures import StepFailed
from kspec.runs.member_plan import member_plan
from kspec.runs.part import Part
from kspec.runs.run import Run
from kspec.runs.run_folder import TRIALS, RunFolder
from kspec.runs.trial import run_trial
from kspec.syntax.yaml_flow import to_yaml
from kspec.training.fit import History

if TYPE_CHECKING:
    from kspec.training.shared_model import SharedModel

MAX_MODELS = 8
"""The most networks whose traced functions are kept."""
_NETWORK = ("inputs", "layers", "blocks", "models", "outputs", "dtype_policy")
"""The sections of a spec that say what its network is."""

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
    """

    status: Status
    values: tuple[float, ...] = ()
    reports: tuple[float, ...] = ()
    validation: Mapping[str, float] = field(default_factory=dict)
    seconds: float = 0.0
    epochs: int = 0
    excess: Mapping[str, float] = field(default_factory=dict)
    message: str = ""


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

    def run(
        self,
        number: int,
        point: Point,
        measures: Mapping[str, float],
        prunes: Callable[[int, float], bool],
    ) -> TrialResult:
        """Runs a trial.

        Args:
            number: Its number.
            point: Its point.
            measures: What is known of the point before it runs: parameters, FLOPs, memory.
            prunes: Told the epoch and the goal after it; whether the trial ends there.
        """
        assert self.spec.document.sweep is not None
        watch = _Watch(self.spec.document.sweep, prunes)
        spec = load_file(
            self.spec.source, (*self.spec.overrides, *overrides_of(point), "sweep=null"), self.spec.permissions
        )
        try:
            runs = list(self._runs(spec, number, watch))
        except (SpecError, StepFailed) as error:
            text = error.errors if isinstance(error, SpecError) else str(error)
            return TrialResult("failed", seconds=watch.seconds, message=text.splitlines()[0])
        return watch.result(runs, measures)

    def _runs(self, spec: Spec, number: int, watch: _Watch) -> Iterable[Run]:
        """The run of a point, or those of its folds or repeats."""
        shutil.rmtree(self.folder / TRIALS / str(number), ignore_errors=True)  # what a trial that was stopped has left
        folder, plan = RunFolder(self.folder / TRIALS).part(str(number)), member_plan(spec.document)
        part = Part(self.table, self._model(spec))
        if plan is None:
            yield run_trial(spec, folder, part, watch.is_hopeless, keeps_model=self.keeps_models)
            return
        for member in range(1, plan.count + 1):
            member_spec, own = plan.spec_of(spec, member), folder.part(plan.folder(member))
            yield run_trial(member_spec, own, part, watch.is_hopeless, keeps_model=self.keeps_models)

    def _model(self, spec: Spec) -> SharedModel:
        """The model that trials of this network train one after another."""
        import_tensorflow()
        from kspec.training.shared_model import SharedModel

        key = to_yaml({name: spec.values[name] for name in _NETWORK if name in spec.values})
        model = self._models.pop(key, None) or SharedModel()
        self._models[key] = model  # the last one is the youngest
        if len(self._models) > MAX_MODELS:
            del self._models[next(iter(self._models))]
        return model


@dataclass(slots=True)
class _Watch:
    """Watches a trial: collects what its goal is after each epoch, and ends it.

    Args:
        sweep: The sweep.
        prunes: As in `TrialRunner.run`.
    """

    sweep: Sweep
    prunes: Callable[[int, float], bool]
    reports: list[float] = field(default_factory=list)
    message: str = ""
    _started: float = field(default_factory=time.monotonic)

    @property
    def seconds(self) -> float:
        """How long the trial has taken."""
        return time.monotonic() - self._started

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
        if self.prunes(int(history[-1]["epoch"]), value):
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
        found = TrialResult("complete", values, tuple(self.reports), validation, seconds, epochs, excess, self.message)
        if any(run.status == "interrupted" for run in runs):
            return replace(found, status="interrupted")
        if self.message:
            return replace(found, status="pruned")
        if not all(map(math.isfinite, values)):
            return replace(found, status="failed", message="the goal is no number: the training diverged")
        return found
