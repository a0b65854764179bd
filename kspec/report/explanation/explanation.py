"""An explanation of a model, as its run folder keeps it: a later report shows it without TensorFlow."""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from kspec.runs.run_folder import RunFolder
from kspec.runs.run_record import DamagedFile, read_part
from kspec.syntax.regular_files import Opener

FILE = "explanation.json"


class _Record(BaseModel):
    model_config = ConfigDict(strict=True, frozen=True, allow_inf_nan=True)


class ColumnImportance(_Record):
    """What permuting a column does to losses and metrics.

    Args:
        column: The column.
        kind: `number`, `category`, or `whole` for an input as a whole.
        scores: By metric, its value in each repeat.
        is_quick: Whether it was only measured in a quick pass over some of the examples.
    """

    column: str
    kind: str
    scores: Mapping[str, Sequence[float | None]]
    is_quick: bool = False


class Curve(_Record):
    """The dependence of one prediction on a column.

    Args:
        name: What is predicted.
        mean: The mean over the examples, for each value of the column.
        low: What a tenth of the examples lie below.
        high: What a tenth lie above.
    """

    name: str
    mean: list[float | None]
    low: list[float | None]
    high: list[float | None]


class ColumnDependence(_Record):
    """How predictions follow a column.

    Args:
        column: The column.
        grid: Its values, numbers or texts.
        deciles: Of a column of numbers, its deciles.
        curves: One for each prediction.
    """

    column: str
    grid: list[float | int | bool | str]
    deciles: list[float | None] = Field(default_factory=list)
    curves: list[Curve] = Field(default_factory=list)


class Slice(_Record):
    """The metrics of some of the examples.

    Args:
        value: What they have in common.
        examples: How many they are.
        metrics: By name.
        intervals: By metric, its 95% interval.
    """

    value: str
    examples: int
    metrics: Mapping[str, float | None]
    intervals: Mapping[str, Sequence[float | None]] = Field(default_factory=dict)


class Residuals(_Record):
    """The residuals of a regression along a column.

    Args:
        column: The column.
        target: What is predicted.
        parts: The values or ranges of the column.
        counts: The examples of each.
        low: The 5% quantile of each.
        median: The median of each.
        high: The 95% quantile of each.
    """

    column: str
    target: str
    parts: list[str]
    counts: list[int]
    low: list[float]
    median: list[float]
    high: list[float]


class Explanation(_Record):
    """An explanation of a model.

    Args:
        version: The version of the format.
        model: What the model file held.
        data: The fingerprints of the data.
        split: The split that it is about.
        examples: How many of its examples were used.
        all_examples: How many it has.
        seconds: How long it took.
        metrics: The losses and metrics of these examples.
        metric: The metric that is shown beside the loss; empty if there is none.
        direction: Whether less (`min`) or more (`max`) of it is better.
        importance: By importance, the greatest first.
        left: The columns for which there was no time.
        dependence: Of the most important columns.
        slices: By column, where the loss differs most.
        candidates: From how many columns these were chosen.
        residuals: Of regressions, along the most important columns.
        notes: What is to be known, a sentence each.
    """

    version: Literal[1] = 1
    model: str
    data: list[str]
    split: str
    examples: int
    all_examples: int
    seconds: float
    metrics: Mapping[str, float | None]
    metric: str = ""
    direction: str = ""
    importance: list[ColumnImportance] = Field(default_factory=list)
    left: list[str] = Field(default_factory=list)
    dependence: list[ColumnDependence] = Field(default_factory=list)
    slices: dict[str, list[Slice]] = Field(default_factory=dict)
    candidates: int = 0
    residuals: list[Residuals] = Field(default_factory=list)
    notes: list[str] = Field(default_factory=list)

    def write(self, folder: Path) -> None:
        """Writes it into a run folder."""
        RunFolder(folder).json(FILE, self.model_dump())


def read_explanation(folder: Path, record: Mapping[str, Any], opener: Opener) -> tuple[Explanation | None, str]:
    """Reads the explanation of a run's model.

    Args:
        folder: The run folder.
        record: Its `run.json`.
        opener: Opens files of the folder.

    Returns:
        The explanation, or None if there is none of this model and data; and why it is not shown, a sentence, if it is
        there.
    """
    again = "`kspec report RUN --explain` computes it anew"
    try:
        known, _ = read_part(folder / FILE, Explanation, opener)
    except FileNotFoundError:
        return None, ""
    except (OSError, DamagedFile) as error:
        return None, f"{FILE} cannot be shown: {str(error).splitlines()[0]}; {again}."
    if known.model != fingerprint_of(folder / "model.keras", opener):
        return None, f"The explanation is that of another model; {again}."
    if known.data != data_of(record):
        return None, f"The explanation is that of other data; {again}."
    return known, ""


def data_of(record: Mapping[str, Any]) -> list[str]:
    """The fingerprints of a run's data.

    Args:
        record: Its `run.json`.
    """
    return sorted(map(str, record.get("data", {}).get("fingerprints", {}).values()))


def fingerprint_of(model: Path, opener: Opener) -> str:
    """What a model file holds, by the checksums of its parts, without reading them; empty if it is no archive.

    Args:
        model: The file.
        opener: Opens it.
    """
    try:
        with opener(str(model)) as file, zipfile.ZipFile(file) as archive:
            parts = [f"{each.filename}:{each.CRC}:{each.file_size}" for each in archive.infolist()]
    except (OSError, zipfile.BadZipFile, ValueError, NotImplementedError):
        return ""
    return hashlib.sha256("\n".join(parts).encode("utf-8", "surrogatepass")).hexdigest()
