"""What each change between two specs brings: trains the steps between them with several seeds, within a budget."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kspec.analysis.program import Analysis
from kspec.backend.tensorflow import import_tensorflow
from kspec.data.shared_table import SharedTable
from kspec.diagnostics import Report, Source, SpecError
from kspec.diff.steps import NoSteps, Step, steps_between
from kspec.language import Permissions, Spec, load_source
from kspec.runs.execute import execute
from kspec.runs.failures import StepFailed
from kspec.runs.part import Part
from kspec.runs.run import Run
from kspec.runs.run_folder import RunFolder
from kspec.runs.spread import Spread
from kspec.runs.trial import Trial
from kspec.summary.resolved_spec import resolved_values
from kspec.training.console import Console

if TYPE_CHECKING:
    from kspec.training.shared_model import SharedModel

SEEDS = 2**32
MOST_MODELS = 8
"""The most networks whose traced functions are kept."""
_NO_METRICS = ("split", "examples")

Announce = Callable[[str], None]


@dataclass(slots=True)
class StepResult:
    """What a step has reached.

    Args:
        changes: What has changed since the step before; none for the first.
        metrics: By seed, losses and metrics.
        seconds: How long its trainings took.
        failure: Why it could not be trained; empty if it could.
    """

    changes: tuple[str, ...]
    metrics: dict[int, dict[str, float]] = field(default_factory=dict)
    seconds: float = 0.0
    failure: str = ""

    def spread(self, metric: str) -> Spread | None:
        """A metric over the seeds; None without one.

        Args:
            metric: The metric.
        """
        values = [own[metric] for own in self.metrics.values() if metric in own]
        return Spread.of(values) if values else None

    def difference(self, before: StepResult, metric: str) -> Spread | None:
        """What the change brought, over the seeds with which both were trained; None if there is none.

        Args:
            before: The step before, or the first.
            metric: The metric.
        """
        both = [
            seed for seed in self.metrics if metric in self.metrics[seed] and metric in before.metrics.get(seed, {})
        ]
        return Spread.of([self.metrics[seed][metric] - before.metrics[seed][metric] for seed in both]) if both else None


@dataclass(slots=True)
class Attribution:
    """What the changes between two specs bring.

    Args:
        steps: The steps, the first of them without a change.
        seeds: The seeds that were to be used.
        metric: The metric that is shown.
        split: What it is computed on.
        left: What was not run, a sentence each.
    """

    steps: list[StepResult]
    seeds: list[int]
    metric: str = ""
    split: str = "validation"
    left: list[str] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        """Plain values for JSON."""
        rows = []
        for at, step in enumerate(self.steps):
            names = next(iter(step.metrics.values()), {})
            rows.append({
                "changes": list(step.changes),
                "seconds": round(step.seconds, 3),
                "seeds": list(step.metrics),
                "metrics": {name: _json(step.spread(name)) for name in names},
                "differences": {name: _json(step.difference(self.steps[at - 1], name)) for name in names} if at else {},
                **({"failure": step.failure} if step.failure else {}),
            })  # fmt: skip
        return {"split": self.split, "metric": self.metric, "seeds": self.seeds, "steps": rows, "left": self.left}


def attribute(
    one: tuple[Spec, Analysis],
    other: tuple[Spec, Analysis],
    *,
    seeds: int = 3,
    budget: float = 600.0,
    announce: Announce = lambda _: None,
) -> Attribution:
    """Trains the steps between two specs, and compares each with the one before.

    Args:
        one: The first spec and its analysis.
        other: The second.
        seeds: With how many seeds each step is trained; the data are split by one seed for all.
        budget: The seconds that it may take; the training that is then running is given up.
        announce: Called with a line for each training.

    Raises:
        NoSteps: If the two have no difference, no data, other examples, or no metric in common.
    """
    metric = common_metric(one[1], other[1])
    granted = one[0].permissions
    folders = (str(one[0].folder), str(other[0].folder), str(Path.cwd()))
    permissions = granted._replace(folders=tuple(dict.fromkeys([*(granted.folders or ()), *folders])))
    values = [_values(*each) for each in (one, other)]
    steps = steps_between(values[0], values[1], permissions)
    first = one[0].document.seed
    found = Attribution(
        [StepResult(step.changes) for step in steps], [(first + n) % SEEDS for n in range(seeds)], metric
    )
    announce(f"why       {len(steps) - 1} step{'s' * (len(steps) != 2)}, each with {seeds} seed{'s' * (seeds != 1)}")
    with tempfile.TemporaryDirectory(prefix="kspec-why-") as folder:
        _Trainer(steps, found, Path(folder), time.monotonic() + budget, permissions, announce).run()
    return found


def common_metric(one: Analysis, other: Analysis) -> str:
    """The metric by which two specs are compared: the first that both have, else the loss if it is the same.

    Args:
        one: The analysis of the first.
        other: That of the second.

    Raises:
        NoSteps: If they have none in common.
    """
    from kspec.analysis.metric_names import logged_metrics

    both = [each.settings.outputs if each.settings is not None else {} for each in (one, other)]
    names = [[name for metric in logged_metrics(outputs) for name in metric.names if name] for outputs in both]
    shared = next((name for name in names[0] if name in names[1]), "")
    losses = [[own.loss for own in outputs.values()] for outputs in both]
    if not shared and (losses[0] != losses[1] or not any(loss is not None for loss in losses[0])):
        raise NoSteps("they have no metric in common, and their losses differ: add one to `compile: {metrics: […]}`")
    return shared or "loss"


@dataclass(slots=True)
class _Trainer:
    """Trains steps, each with the first seed, then each with the next.

    Args:
        steps: The steps.
        found: Receives what they reach.
        folder: An empty folder.
        deadline: When the budget is used up.
        permissions: What the steps may do.
        announce: Called with a line for each training.
    """

    steps: Sequence[Step]
    found: Attribution
    folder: Path
    deadline: float
    permissions: Permissions
    announce: Announce
    table: SharedTable = field(default_factory=SharedTable)
    _models: dict[int, SharedModel] = field(default_factory=dict)

    def run(self) -> None:
        """Trains until all is done, or the budget is used up."""
        jobs = [(at, seed) for seed in self.found.seeds for at in range(len(self.steps))]
        for number, (at, seed) in enumerate(jobs):
            step = self.found.steps[at]
            if step.failure:
                continue
            started = time.monotonic()
            run = None if started >= self.deadline else self._train(at, seed, step)
            step.seconds += time.monotonic() - started
            if step.failure:
                self.found.left.append(f"step {at} cannot be trained: {step.failure}")
            elif run is None:
                self._leave(jobs[number:], "the budget is used up")
                return
            elif run.status == "interrupted":
                self._leave(jobs[number:], "stopped")
                return
            else:
                step.metrics[seed] = self._scores(run)
                value = step.metrics[seed].get(self.found.metric, float("nan"))
                what = "; ".join(step.changes) or "as it is"
                self.announce(
                    f"why       {number + 1} of {len(jobs)}  seed {seed}  {self.found.metric} {value:.4g}  {what}"
                )

    def _leave(self, jobs: Sequence[tuple[int, int]], reason: str) -> None:
        for at, step in enumerate(self.found.steps):
            missing = [str(seed) for other, seed in jobs if other == at]
            if missing and not step.failure:
                self.found.left.append(f"{reason}: step {at} was not trained with seed {', '.join(missing)}")

    def _train(self, at: int, seed: int, step: StepResult) -> Run | None:
        """Trains a step; None if the budget ends first.

        Args:
            at: Its number.
            seed: The seed.
            step: Receives why it fails, if it does.
        """
        spec, folder = self._spec(at, seed), RunFolder(self.folder).part(f"step-{at}-seed-{seed}")
        part = Part(self.table, self._model(at))
        try:
            if self.found.split != "validation":
                return execute(spec, folder=folder, part=part, console=Console(True))
            trial = Trial(spec, folder, part, keeps_model=False)
            run = trial.run_until(lambda _: time.monotonic() >= self.deadline)
        except (SpecError, StepFailed) as error:
            step.failure = (error.errors if isinstance(error, SpecError) else str(error)).splitlines()[0]
            return None
        if run.status != "interrupted" and time.monotonic() >= self.deadline:
            return None
        if run.status == "finished" and not run.validation:
            self.found.split = "test"
            return execute(
                spec, folder=RunFolder(self.folder).part(f"{folder.path.name}-test"), part=part, console=Console(True)
            )
        return run

    def _scores(self, run: Run) -> dict[str, float]:
        if self.found.split == "validation":
            return dict(run.validation)
        self.found.split = str(run.metrics.get("split", "test"))
        return {name: value for name, value in run.metrics.items() if name not in _NO_METRICS}

    def _spec(self, at: int, seed: int) -> Spec:
        own = self.steps[at].spec
        report = Report()
        spec = load_source(Source(own.source.name, own.source.text), report, (f"seed={seed}",), self.permissions)
        report.raise_errors()
        assert spec is not None
        return spec

    def _model(self, at: int) -> SharedModel:
        """The model that a step trains with one seed after another."""
        import_tensorflow()
        from kspec.training.shared_model import SharedModel

        model = self._models.pop(at, None) or SharedModel()
        self._models[at] = model  # the last one is the youngest
        if len(self._models) > MOST_MODELS:
            del self._models[next(iter(self._models))]
        return model


def _values(spec: Spec, analysis: Analysis) -> dict[str, Any]:
    assert analysis.settings is not None
    return resolved_values(spec, analysis.settings, {}, Path.cwd())


def _json(spread: Spread | None) -> dict[str, Any] | None:
    return None if spread is None else spread.to_json()
