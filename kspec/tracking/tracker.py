"""What a tracker is: the protocol by which any package can add one.

A package names it in its `pyproject.toml`, and `kspec run --track NAME[:ADDRESS]` finds it there:

    [project.entry-points."kspec.trackers"]
    wandb = "my_package:WandbTracker"

The object is called once for each command, with an `Address`, and gives a `Tracker`. It works in a process of its own,
so that nothing it does slows a run. Any exception of a method means that the tracker is not available now: kspec warns
once, and calls the method again later, with the same arguments. Methods are therefore written to be called twice.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, NamedTuple, Protocol

from kspec.syntax.credentials import Address

__all__ = ["Address", "Data", "Description", "Metric", "Model", "Status", "Tensor", "TrackedRun", "Tracker"]

Status = Literal["running", "finished", "failed", "interrupted", "killed", "pruned"]
"""How a run stands: `interrupted` after Ctrl-C or another signal, `killed` if its process is gone without a word,
`pruned` if it is a trial that a sweep ended as hopeless."""

Value = bool | int | float | str


@dataclass(frozen=True, slots=True)
class TrackedRun:
    """A run that begins, or goes on.

    Args:
        name: Its name: that of its folder, `trial 3` or `fold-2` for a part of another.
        project: The name of the spec; what trackers call a project or an experiment.
        path: The name of the whole run's folder, and of a part its path there: `20260131-120000-1/trials/3`.
        key: Identifies the run whenever it is sent.
        folder: Its folder.
        started: When it began, in seconds since 1970.
        parent: The tracker's id of the run that it is a part of; None if it stands alone.
        id: The tracker's id of the run; empty before it has begun.
    """

    name: str
    project: str
    path: str
    key: str
    folder: Path
    started: float
    parent: str | None = None
    id: str = ""


class Data(NamedTuple):
    """A file, folder or query that a run has read.

    Args:
        name: As the spec names it.
        fingerprint: The SHA-256 of its content, in hexadecimal digits.
        source: The kind of source: `csv`.
    """

    name: str
    fingerprint: str
    source: str


@dataclass(frozen=True, slots=True)
class Description:
    """What is known of a run once its model is built.

    Args:
        parameters: The resolved spec, by the addresses of `--set`: `layers.hidden1.units`.
        tags: Further facts as texts.
        data: What it has read.
    """

    parameters: Mapping[str, Value]
    tags: Mapping[str, str]
    data: Sequence[Data] = ()


class Metric(NamedTuple):
    """A number at a point of the training.

    Args:
        name: `loss`, `val_accuracy`, `learning_rate`; of the final evaluation `test/accuracy`.
        value: It may be NaN or infinite.
        epoch: From 1.
        time: Seconds since 1970; the same whenever the number is sent.
    """

    name: str
    value: float
    epoch: int
    time: float


class Tensor(NamedTuple):
    """An input or output of a model.

    Args:
        name: Its name in the spec.
        dtype: `float32`; `string` for texts.
        shape: With the batch first; -1 for a size that is not fixed.
    """

    name: str
    dtype: str
    shape: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Model:
    """A trained model.

    Args:
        file: The `.keras` file.
        inputs: Its inputs; a model with one takes its tensor, one with several a dict.
        outputs: Its outputs, likewise; empty if they are not known.
        versions: Versions of packages by name, as at the training.
    """

    file: Path
    inputs: Sequence[Tensor]
    outputs: Sequence[Tensor]
    versions: Mapping[str, str] = field(default_factory=dict)


class Tracker(Protocol):
    """Where runs are sent. A subclass must have `begin`, `log_metrics` and `end`; the rest does nothing by default."""

    @abstractmethod
    def begin(self, run: TrackedRun) -> str:
        """Begins a run, or goes on with one that has an id; returns its id, which the others get with the run."""

    def url(self, run: TrackedRun) -> str:  # noqa: ARG002
        """Where people look at a run; empty if there is no such place."""
        return ""

    def describe(self, run: TrackedRun, description: Description) -> None:
        """Receives the parameters, once they are known; again after a run that went on with other values."""

    @abstractmethod
    def log_metrics(self, run: TrackedRun, metrics: Sequence[Metric]) -> None:
        """Receives numbers while the run trains, in the order of the epochs."""

    def log_artifact(self, run: TrackedRun, name: str, file: Path) -> None:
        """Receives a file of the run folder; again if it has changed.

        Args:
            run: The run.
            name: Its path in the run folder.
            file: Where it is.
        """

    def log_model(self, run: TrackedRun, model: Model) -> None:
        """Receives the trained model; by default as an artifact."""
        self.log_artifact(run, model.file.name, model.file)

    @abstractmethod
    def end(self, run: TrackedRun, status: Status, time: float) -> None:
        """Ends a run; it may begin again when it is resumed.

        Args:
            run: The run.
            status: How it ended.
            time: When, in seconds since 1970.
        """
