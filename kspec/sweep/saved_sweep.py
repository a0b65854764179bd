"""`sweep.json` of a folder, read as data: anyone may have written it. Needs no Optuna."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from kspec.language import Permissions, load_file
from kspec.language.sweep_ranges import Range
from kspec.runs.run_folder import SWEEP, RunFolderError
from kspec.runs.run_record import read_record
from kspec.sweep.result import Refusal, SweepResult, TrialRecord
from kspec.syntax.bounded_json import InvalidJson, read_json
from kspec.syntax.path_policy import PathPolicy

_MOST_GOALS = 16


class _Part(BaseModel):
    model_config = ConfigDict(strict=True, extra="ignore")


class _Goal(_Part):
    name: str
    direction: Literal["maximize", "minimize"]


class _Trial(_Part):
    number: Annotated[int, Field(ge=0)]
    status: Literal["complete", "pruned", "failed", "repeated"]
    point: dict[str, Any]
    values: list[float | None] = Field(default_factory=list)
    validation: dict[str, float | None] = Field(default_factory=dict)
    seconds: Annotated[float, Field(ge=0)] = 0.0
    epochs: Annotated[int, Field(ge=0)] = 0
    message: str = ""


class _Refusal(_Part):
    number: Annotated[int, Field(ge=0)]
    point: dict[str, Any]
    reasons: list[str] = Field(default_factory=list)


class _SweepJson(_Part):
    goals: Annotated[list[_Goal], Field(min_length=1, max_length=_MOST_GOALS)]
    planned: int = 0
    status: str = "running"
    ended: str = ""
    refusals: list[_Refusal] = Field(default_factory=list)
    best: list[int] = Field(default_factory=list)
    trials: list[_Trial] = Field(default_factory=list)


def read_sweep(folder: Path) -> SweepResult:
    """What a sweep has found so far, without the run of its best point.

    Args:
        folder: The folder of the sweep.

    Raises:
        RunFolderError: If its files are damaged.
    """
    path, opener = folder / SWEEP, PathPolicy(folder, Permissions(folders=())).open_file
    record = read_record(folder, opener)
    try:
        known = _SweepJson.model_validate(read_json(path, opener))
    except ValidationError as error:
        problem = error.errors(include_url=False)[0]
        place = ".".join(map(str, problem["loc"]))
        raise RunFolderError(f"{path} is damaged: `{place[:80]}` {problem['msg'].lower()}") from None
    except (OSError, InvalidJson) as error:
        raise RunFolderError(f"{path} is damaged: {error}") from error
    goals = [(goal.name, goal.direction) for goal in known.goals]
    trials = [_trial(trial, len(goals)) for trial in known.trials]
    refusals = [Refusal(each.number, each.point, each.reasons) for each in known.refusals]
    name = record.get("name") or folder.parent.name
    return SweepResult(
        name, folder, goals, known.planned, known.status, trials, refusals, known.best, ended=known.ended
    )


def _trial(trial: _Trial, goals: int) -> TrialRecord:
    """A trial; one that lacks a value has failed."""
    values = [value for value in trial.values if value is not None]
    has_values = len(values) == goals
    status = trial.status if has_values or trial.status in ("failed", "pruned") else "failed"
    validation = {name: value for name, value in trial.validation.items() if value is not None}
    return TrialRecord(
        trial.number, status, trial.point, values if has_values else [], validation, trial.seconds, trial.epochs,
        trial.message,
    )  # fmt: skip


def search_space(folder: Path) -> dict[str, Range]:
    """The ranges of a sweep by address, as its spec has them; empty if that cannot be read from its folder.

    Args:
        folder: The folder of the sweep.
    """
    from kspec.diagnostics import SpecError

    overrides = read_record(folder, PathPolicy(folder, Permissions(folders=())).open_file).get("overrides", ())
    try:
        spec = load_file(folder / "spec.yaml", tuple(overrides))
    except SpecError:  # it includes files that lie elsewhere
        return {}
    return {} if spec.document.sweep is None else dict(spec.document.sweep.search)
