"""What a checkpoint holds, read as data: anyone may have written it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from kspec.language.engine import EngineName, EnginePlan, check_changes
from kspec.syntax.regular_files import Opener
from kspec.training.checkpoints.archive import DamagedCheckpoint, read_archive, write_archive

Count = Annotated[int, Field(ge=0, lt=2**62)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class EngineFacts(_Part):
    """What the engine has chosen.

    Args:
        setting: The value of `fit.engine`.
        changes: Which engine ran from which step on.
        settled: Whether the last of them stays until the end of the stage.
    """

    setting: EngineName | list[str | dict[str, int]]
    changes: Annotated[list[Annotated[tuple[Count, EngineName], Field(strict=False)]], Field(min_length=1)]
    settled: bool

    @field_validator("setting")
    @classmethod
    def _list_is_a_plan(cls, value: Any) -> Any:
        if isinstance(value, list):
            check_changes(value)
        return value

    @property
    def plan(self) -> EnginePlan:
        """The changes as a plan."""
        return EnginePlan(tuple(self.changes))


class CallbackFacts(_Part):
    """What a callback remembers; see `WatchedCallback`."""

    kind: str
    state: dict[str, Any]
    files: dict[str, Count]


class Facts(_Part):
    """Everything in a checkpoint that is no array.

    Args:
        version: The version of the format.
        spec: The resolved spec, as plain values.
        data: The fingerprints of the data.
        stage: The stage of training, from 1.
        epoch: The epochs that have ended, over all stages.
        step: The steps done of the next epoch.
        stopped: What has ended the stage early; empty if nothing has.
        history: A row for each epoch.
        stages: The stages begun.
        engine: What the engine has chosen.
        variables: The number of variables by group; their arrays come first.
        random: The state of generators of random numbers.
        callbacks: What callbacks remember, in order.
        seconds: How long training has taken.
    """

    version: Literal[1] = 1
    spec: dict[str, Any]
    data: dict[str, str]
    stage: Annotated[int, Field(ge=1)]
    epoch: Count
    step: Count = 0
    stopped: Literal["", "callback", "time"]
    history: list[dict[str, int | float]]
    stages: list[dict[str, Any]]
    engine: EngineFacts
    variables: dict[str, Count]
    random: dict[str, Any]
    callbacks: list[CallbackFacts]
    seconds: Annotated[float, Field(ge=0)]

    @property
    def place(self) -> str:
        """Where it was made: `epoch 12`."""
        return f"epoch {self.epoch}" + (f", step {self.step}" if self.step else "")


@dataclass(slots=True)
class Checkpoint:
    """All that training needs to go on.

    Args:
        facts: Everything that is no array.
        arrays: The arrays.
    """

    facts: Facts
    arrays: list[np.ndarray[Any, Any]]

    def write(self, path: Path) -> None:
        """Writes it to a file, and waits until the disk has it."""
        write_archive(path, json.dumps(self.facts.model_dump()).encode(), self.arrays)

    @classmethod
    def read(cls, path: Path, opener: Opener) -> Checkpoint:
        """Reads one from a file.

        Args:
            path: The file.
            opener: Opens it.

        Raises:
            OSError: If it cannot be read.
            DamagedCheckpoint: If it is damaged, or no checkpoint.
        """
        values, arrays = read_archive(path, opener)
        try:
            facts = Facts.model_validate(values)
        except ValidationError as error:
            problem = error.errors(include_url=False)[0]
            place = ".".join(str(part) for part in problem["loc"])[:80]
            raise DamagedCheckpoint(f"`{place}`: {problem['msg']}") from None
        if sum(facts.variables.values()) > len(arrays) or facts.epoch != len(facts.history):
            raise DamagedCheckpoint("its parts do not fit together")
        return cls(facts, arrays)
