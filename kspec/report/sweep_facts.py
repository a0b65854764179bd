"""What a report knows of a sweep: its trials, and the parameters that it searched."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from kspec.language.sweep_ranges import Range
from kspec.report.numbers.trials import positions
from kspec.runs.run_folder import BEST
from kspec.sweep.result import SweepResult, TrialRecord
from kspec.sweep.saved_sweep import read_sweep, search_space
from kspec.syntax.yaml_flow import to_yaml

Array = np.ndarray[Any, Any]


@dataclass(frozen=True, slots=True)
class Parameter:
    """An address that a sweep searched.

    Args:
        address: The address.
        label: The shortest end of it that no other parameter has.
        is_log: Whether its values are drawn by their orders of magnitude.
        choices: Its values as texts, where it is a choice; else None.
        ends: The lowest and the highest value, of one that is no choice.
    """

    address: str
    label: str
    is_log: bool = False
    choices: tuple[str, ...] | None = None
    ends: tuple[float, float] = (0.0, 1.0)

    def text(self, trial: TrialRecord) -> str:
        """Its value in a trial, as YAML."""
        return _text(trial.point.get(self.address))

    def positions(self, trials: Sequence[TrialRecord]) -> Array:
        """Where the values of trials lie on its axis, from 0 to 1, shape (n,); NaN for what is not on it."""
        if self.choices is not None:
            places = {choice: at for at, choice in enumerate(self.choices)}
            found = [places.get(self.text(trial), math.nan) for trial in trials]
            return positions(np.array(found, "float64"), 0, len(self.choices) - 1, is_log=False)
        return positions(np.array([_number(trial.point.get(self.address)) for trial in trials]), *self.ends,
                         is_log=self.is_log)  # fmt: skip


@dataclass(frozen=True, slots=True)
class SweepFacts:
    """What a report knows of a sweep.

    Args:
        result: What it has found.
        space: The ranges by address; empty if its spec cannot be read.
        parameters: What it searched.
        best: The folder of its best run; None without one.
    """

    result: SweepResult
    space: Mapping[str, Range]
    parameters: Sequence[Parameter]
    best: Path | None

    @property
    def title(self) -> str:
        """The name of the spec and of the folder."""
        return f"{self.result.name} · {self.result.folder.name}"

    def complete(self) -> list[TrialRecord]:
        """The trials with finite values that ran to their end."""
        return [
            trial for trial in self.result.trials
            if trial.status == "complete" and all(map(math.isfinite, trial.values))
        ]  # fmt: skip


def read_sweep_facts(folder: Path) -> SweepFacts:
    """Reads a sweep for a report.

    Args:
        folder: Its folder.

    Raises:
        RunFolderError: If its files are damaged.
    """
    result, space = read_sweep(folder), search_space(folder)
    addresses = list(dict.fromkeys(address for trial in result.trials for address in trial.point)) or list(space)
    labels = _labels(addresses)
    parameters = [_parameter(each, labels[each], space.get(each), result.trials) for each in addresses]
    best = folder / BEST
    return SweepFacts(result, space, parameters, best if (best / "run.json").is_file() else None)


def _parameter(address: str, label: str, own: Range | None, trials: Sequence[TrialRecord]) -> Parameter:
    """A parameter of a sweep.

    Args:
        address: Its address.
        label: What it is called.
        own: Its range; None if unknown.
        trials: The trials.
    """
    if own is not None and own.choice is not None:
        return Parameter(address, label, choices=tuple(map(_text, own.choice)))
    if own is not None:
        return Parameter(address, label, own.is_log, None, own.bounds)
    values = [trial.point.get(address) for trial in trials]
    numbers = [_number(value) for value in values]
    if numbers and all(map(math.isfinite, numbers)):
        return Parameter(address, label, ends=(min(numbers), max(numbers)))
    return Parameter(address, label, choices=tuple(dict.fromkeys(map(_text, values))))


def _labels(addresses: Sequence[str]) -> dict[str, str]:
    """By address, its shortest end that is unique."""
    parts = {address: address.split(".") for address in addresses}
    found = {}
    for address, own in parts.items():
        shortest = 2 if own[0] in ("layers", "models") else 1  # `units` alone names no layer
        for length in range(min(shortest, len(own)), len(own) + 1):
            label = ".".join(own[-length:])
            if Counter(".".join(other[-length:]) for other in parts.values())[label] == 1:
                break
        found[address] = label
    return found


def _number(value: Any) -> float:
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return float(value) if is_number else math.nan


def _text(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else to_yaml(value)
