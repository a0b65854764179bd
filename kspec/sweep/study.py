"""The door to Optuna: a study that is kept in a file, its points, and its pruner."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import optuna
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend
from optuna.trial import FrozenTrial, TrialState, create_trial

from kspec.language.sweep import Sweep
from kspec.language.sweep_methods import Method
from kspec.language.sweep_ranges import Range
from kspec.language.sweep_samplers import FINITE
from kspec.syntax.yaml_flow import to_yaml

JOURNAL = "journal.log"
"""The study's file in the folder of the sweep, which Optuna's dashboard opens."""
FIXED_SEED = (*FINITE, "QMC")
"""Samplers whose points are one sequence, which its seed decides: they are never seeded anew."""

optuna.logging.set_verbosity(optuna.logging.ERROR)


@dataclass(frozen=True, slots=True)
class Asked:
    """A point that the sampler has chosen.

    Args:
        number: The trial's number, from 0, with those that were refused.
        point: A value for each address.
        batch: The number of the first trial that was chosen together with it.
    """

    number: int
    point: Mapping[str, Any]
    batch: int = 0


@dataclass(slots=True)
class Study:
    """The trials of a sweep in its folder.

    Args:
        sweep: The sweep.
        name: The study's name.
        seed: The seed of the sampler, if it does not state one itself.
        folder: The folder of the sweep.
    """

    sweep: Sweep
    name: str
    seed: int
    folder: Path
    _study: optuna.Study = field(init=False)

    def __post_init__(self) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # parts of Optuna that call themselves experimental
            self._study = optuna.create_study(
                storage=JournalStorage(JournalFileBackend(str(self.folder / JOURNAL))),
                study_name=self.name,
                directions=[word for _, word in self.sweep.goal.directions],
                pruner=pruner_of(self.sweep),
                load_if_exists=True,
            )
            names = [name for name, _ in self.sweep.goal.directions]
            if self._study.metric_names is None:
                self._study.set_metric_names(names)

    def ask(self, batch: int) -> Asked:
        """Chooses a point; the seed depends on the trial's number, so that a sweep which was stopped goes on alike.

        Args:
            batch: The number of the first trial of its batch.
        """
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            self._study.sampler = self._sampler(len(self._study.get_trials(deepcopy=False)))
            trial = self._study.ask(distributions_of(self.sweep.search))
        trial.set_user_attr("batch", batch)
        if self.sweep.sampler_name in FINITE:  # which would stop a loop of Optuna's after the last point
            self._study.sampler = optuna.samplers.RandomSampler()
        return Asked(trial.number, self._point(trial.params), batch)

    def unfinished(self) -> list[Asked]:
        """The points that were chosen and have no result, as after a crash."""
        running = self._study.get_trials(deepcopy=False, states=(TrialState.RUNNING, TrialState.WAITING))
        return [
            Asked(trial.number, self._point(trial.params), trial.user_attrs.get("batch", trial.number))
            for trial in running
        ]

    def refuse(self, asked: Asked, excess: Mapping[str, float], reasons: Sequence[str]) -> None:
        """Notes that a point cannot be trained.

        Args:
            asked: The point.
            excess: By constraint, how far the point is beyond it.
            reasons: Why it cannot.
        """
        trial = self._trial(asked.number)
        trial.set_user_attr("refused", True)
        trial.set_user_attr("reasons", list(reasons))
        for name, value in (excess or {"possible": 1.0}).items():
            trial.set_constraint(name, value)
        self._end(trial, TrialState.PRUNED)

    def tell(
        self,
        asked: Asked,
        values: Sequence[float] | None,
        *,
        pruned: bool = False,
        reports: Sequence[float] = (),
        excess: Mapping[str, float] | None = None,
        facts: Mapping[str, Any] | None = None,
    ) -> None:
        """Notes how a trial ended.

        Args:
            asked: The point.
            values: A value for each goal; None if the trial failed.
            pruned: Whether the pruner ended it.
            reports: The value of the goal after each epoch.
            excess: By constraint, how far the point is beyond it; negative within.
            facts: What else is kept with the trial, as plain values.
        """
        trial = self._trial(asked.number)
        for name, value in (excess or {}).items():
            trial.set_constraint(name, value)
        for name, value in (facts or {}).items():
            trial.set_user_attr(name, value)
        if self.sweep.pruner is not None:
            for step, value in enumerate(reports, 1):
                trial.report(value, step)
        if values is None:
            self._end(trial, TrialState.FAIL)
        elif pruned:
            self._end(trial, TrialState.PRUNED)
        else:
            self._end(trial, TrialState.COMPLETE, values)

    def finished(self) -> list[FrozenTrial]:
        """All trials that have ended, by number; among them those that were refused."""
        states = (TrialState.COMPLETE, TrialState.PRUNED, TrialState.FAIL)
        return self._study.get_trials(deepcopy=False, states=states)

    def ended_before(self, batch: int) -> list[FrozenTrial]:
        """The trials that had ended when a batch was chosen."""
        return [trial for trial in self.finished() if trial.number < batch]

    @property
    def size(self) -> int:
        """The number of trials, with those that were refused, and those that have not ended."""
        return len(self._study.get_trials(deepcopy=False))

    def point_of(self, trial: FrozenTrial) -> dict[str, Any]:
        """The point of a trial."""
        return self._point(trial.params)

    def best(self) -> list[int]:
        """The numbers of the best trial, or of those of the Pareto front; empty if none is complete and feasible."""
        with suppress(ValueError), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            if len(self.sweep.goal.directions) == 1:
                return [self._study.best_trial.number]
            return [trial.number for trial in self._study.best_trials]
        return []

    def _end(self, trial: optuna.Trial, state: TrialState, values: Sequence[float] | None = None) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # samplers that make no use of constraints say so
            self._study.tell(trial, None if values is None else list(values), state=state)

    def _trial(self, number: int) -> optuna.Trial:
        return optuna.Trial(self._study, self._study.get_trials(deepcopy=False)[number]._trial_id)

    def _point(self, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """The values of a point; those of choices are kept by their place, since they may be lists and mappings."""
        return {
            address: parameters[address] if range_.choice is None else _chosen(range_, parameters[address])
            for address, range_ in self.sweep.search.items()
        }

    def _sampler(self, number: int) -> optuna.samplers.BaseSampler:
        """The sampler that chooses the point of a trial."""
        name = self.sweep.sampler_name
        arguments = {} if self.sweep.sampler is None else self.sweep.sampler.arguments
        written = arguments.pop("seed", None)
        seed = self.seed if written is None else written
        arguments["seed"] = seed if name in FIXED_SEED else (seed + 1_000_003 * number) % 2**32
        if name == "Grid":
            space = {address: _grid(range_) for address, range_ in self.sweep.search.items()}
            return optuna.samplers.GridSampler(space, **arguments)
        sampler: optuna.samplers.BaseSampler = getattr(optuna.samplers, f"{name}Sampler")(**arguments)
        return sampler


def pruner_of(sweep: Sweep) -> optuna.pruners.BasePruner:
    """The pruner of a sweep; one that ends nothing if it has none."""
    return optuna.pruners.NopPruner() if sweep.pruner is None else _pruner(sweep.pruner)


def _pruner(method: Method) -> optuna.pruners.BasePruner:
    arguments = {key: _pruner(value) if isinstance(value, Method) else value for key, value in method.arguments.items()}
    pruner: optuna.pruners.BasePruner = getattr(optuna.pruners, f"{method.name}Pruner")(**arguments)
    return pruner


def _chosen(range_: Range, text: Any) -> Any:
    assert range_.choice is not None
    return next(value for value in range_.choice if _choice(value) == text)


def _choice(value: Any) -> Any:
    """A value of a choice as Optuna keeps it: numbers and texts as they are, lists and mappings as YAML."""
    return value if value is None or isinstance(value, (bool, int, float, str)) else to_yaml(value)


def _grid(range_: Range) -> list[Any]:
    if range_.choice is not None:
        return [_choice(value) for value in range_.choice]
    low, step = range_.bounds[0], range_.step or 1
    return [low + step * index for index in range(range_.count or 1)]


def parameters_of(space: Mapping[str, Range], point: Mapping[str, Any]) -> dict[str, Any]:
    """A point as Optuna keeps it.

    Args:
        space: The ranges by address.
        point: A value for each address.
    """
    return {
        address: point[address] if own.choice is None else _choice(point[address]) for address, own in space.items()
    }


def distributions_of(space: Mapping[str, Range]) -> dict[str, BaseDistribution]:
    """Optuna's form of a search space."""
    return {address: _distribution(range_) for address, range_ in space.items()}


def _distribution(range_: Range) -> BaseDistribution:
    if range_.choice is not None:
        return CategoricalDistribution([_choice(value) for value in range_.choice])
    low, high = range_.bounds
    if range_.integers is not None:
        return IntDistribution(int(low), int(high), log=range_.is_log, step=int(range_.step or 1))
    return FloatDistribution(low, high, log=range_.is_log, step=range_.step)


@dataclass(slots=True)
class Pruning:
    """Whether a trial is hopeless, compared with those that had ended when its batch was chosen.

    Trials that run beside it are left out: what a trial yields must not depend on how fast others are.

    Args:
        sweep: The sweep.
        name: The study's name.
        asked: The point of the trial.
        before: The trials that had ended.
    """

    sweep: Sweep
    name: str
    asked: Asked
    before: Sequence[FrozenTrial]
    _trial: optuna.Trial | None = None

    def again(self) -> Pruning:
        """The same, before the first epoch."""
        return replace(self, _trial=None)

    def is_hopeless(self, step: int, value: float) -> bool:
        """Whether the pruner ends the trial.

        Args:
            step: The number of epochs so far.
            value: The goal's value after the last of them.
        """
        if self.sweep.pruner is None:
            return False
        if self._trial is None:
            self._trial = self._begin()
        self._trial.report(value, step)
        return self._trial.should_prune()

    def _begin(self) -> optuna.Trial:
        """The trial within a study that has what is known, in memory."""
        study = optuna.create_study(
            study_name=self.name,
            direction=self.sweep.goal.directions[0][1],
            pruner=pruner_of(self.sweep),
            sampler=optuna.samplers.RandomSampler(seed=0),
        )
        ended = {trial.number: trial for trial in self.before}
        unknown = create_trial(state=TrialState.FAIL)
        study.add_trials([ended.get(number, unknown) for number in range(self.asked.number)])
        return study.ask()
