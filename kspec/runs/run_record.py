"""`run.json` and `metrics.json` of a run folder, read as data: anyone may have written them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from kspec.data.targets.labels import NUMBERS, LabelKind
from kspec.data.targets.yes_no import yes_no_pair
from kspec.diagnostics.expectation import expectation
from kspec.language.targets import Scale
from kspec.runs.run_folder import RunFolderError
from kspec.syntax.bounded_json import InvalidJson, read_json
from kspec.syntax.regular_files import Opener, open_regular

VERSION = 1
"""The version of the format in which this kspec writes `run.json`."""
_MOST_PROBLEMS = 5
_LONGEST_PLACE = 80
_MOST_ITEMS = 10_000_000
"""The columns of a table without names, and the items of a padded list."""
_MOST_MEMBERS = 100_000
_HIGHEST_RATE = 10_000_000


def _sensible_time(text: str) -> str:
    """Checks a time that the calendar has here.

    Raises:
        ValueError: If there is no such time.
    """
    try:
        datetime.fromisoformat(text).astimezone()
    except (ValueError, OverflowError, OSError):
        raise ValueError("must be a time such as 2026-01-31T12:00:00+0000") from None
    return text


Seconds = Annotated[float, Field(ge=0)]
Time = Annotated[str, AfterValidator(_sensible_time)]


def _step(step: list[Any]) -> list[Any]:
    """Checks the step of a series, a number and its unit.

    Raises:
        ValueError: If it is none.
    """
    size, unit = step if len(step) == 2 else (0, "")
    if type(size) not in (int, float) or not 0 < size < 1e18 or unit not in ("number", "second", "month", "row"):
        raise ValueError("must be a step such as [1.0, second]")
    return step


class _Part(BaseModel):
    model_config = ConfigDict(extra="allow", strict=True, allow_inf_nan=False)


class _Labels(_Part):
    kind: LabelKind
    names: list[str]
    are_numbers: bool = False
    ignored: int | None = None
    columns: list[Annotated[list[str], Field(min_length=2, max_length=2)]] = Field(default_factory=list)

    @model_validator(mode="after")
    def _names_fit_kind(self) -> _Labels:
        if self.kind in NUMBERS:
            for name in self.names:
                try:
                    (int if self.kind == "integer" else float)(name)
                except ValueError:
                    raise ValueError(f"must be labels of the kind {self.kind}") from None
        elif self.kind == "boolean" and self.names and yes_no_pair(self.names) is None:
            raise ValueError("must be the labels true and false")
        return self


class _Columns(_Part):
    inputs: dict[str, list[str]]
    targets: dict[str, list[str]]
    weights: dict[str, str]
    windows: dict[str, Literal["past", "future"]] = Field(default_factory=dict)
    lists: dict[str, _Lists] = Field(default_factory=dict)


class _Lists(_Part):
    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)
    length: Annotated[int, Field(ge=1, le=_MOST_ITEMS)] | None = None
    pad: int | float | str | None = None
    sep: str | None = None
    padding: Literal["post", "pre"] = "post"
    truncating: Literal["post", "pre"] = "post"
    through: str | dict[str, Any] | None = None
    shift: Annotated[int, Field(ge=0, le=_MOST_ITEMS)] = 0
    shorten: Annotated[int, Field(ge=0, le=_MOST_ITEMS)] = 0
    gap: Annotated[int, Field(ge=0, le=_MOST_ITEMS)] = 0
    whole: bool = False
    is_text: bool = False


class _Window(_Part):
    step: Annotated[list[Any], AfterValidator(_step)] | None = None


class _Scaling(_Part):
    scale: Scale
    centers: list[float] = Field(default_factory=list)
    spreads: list[Annotated[float, Field(gt=0)]] = Field(default_factory=list)

    @model_validator(mode="after")
    def _has_numbers(self) -> _Scaling:
        if len(self.centers) != len(self.spreads) or bool(self.centers) == (self.scale == "log"):
            raise ValueError("must have a center and a spread for each column, or be a logarithm")
        return self


class _Fitted(_Part):
    types: dict[str, Literal["BOOLEAN", "BIGINT", "DOUBLE", "DATE", "TIMESTAMP", "VARCHAR"]] = Field(
        default_factory=dict
    )  # they become a part of SQL
    rates: dict[str, Annotated[int, Field(ge=1, le=_HIGHEST_RATE)]] = Field(default_factory=dict)
    width: Annotated[int, Field(ge=1, le=_MOST_ITEMS)] | None = None
    window: _Window = Field(default_factory=_Window)
    fill: dict[str, bool | int | float | str] = Field(default_factory=dict)
    usual: dict[str, dict[Literal["median", "most_frequent"], bool | int | float | str]] = Field(default_factory=dict)
    columns: _Columns | None = None
    scales: dict[str, _Scaling] = Field(default_factory=dict)


class _Data(_Part):
    fingerprints: dict[str, str] = Field(default_factory=dict)
    labels: dict[str, _Labels] = Field(default_factory=dict)
    fitted: _Fitted = Field(default_factory=_Fitted)


class _Sweep(_Part):
    trials: Annotated[int, Field(ge=1)]
    began_with: Annotated[int, Field(ge=1)] | None = None
    keeps_models: bool = False


class _Members(_Part):
    kind: Literal["fold", "repeat"]
    count: Annotated[int, Field(ge=2, le=_MOST_MEMBERS)]
    shares_split: bool


class RunJson(_Part):
    """`run.json`: what a run is, and what it knows of its data.

    Args:
        version: The version of the format.
        name: The name of the spec.
        status: `running`, `finished`, `interrupted` or `failed`; `unknown` if nothing states it.
        started: When it began, in ISO format.
        seconds: How long it took, or until it last wrote.
        epochs: The epochs trained.
        kept_epoch: The epoch whose weights the model has.
        overrides: Overrides of values of the spec.
        folder: Where the run folder was; the paths of its resolved spec are relative to it.
        message: Why it failed.
        process: What identifies its process.
        data: What evaluation and prediction need to know of the data.
        members: The runs in its folder, of a run with folds or repeats.
        sweep: How many trials were planned, of a sweep.
        vars: The values of the spec's variables.
    """

    version: Annotated[int, Field(ge=1)] = VERSION
    name: str = ""
    status: Literal["running", "finished", "interrupted", "failed", "unknown"] = "unknown"
    started: Time | None = None
    seconds: Seconds | None = None
    epochs: Annotated[int, Field(ge=0)] | None = None
    kept_epoch: Annotated[int, Field(ge=1)] | None = None
    overrides: list[str] = Field(default_factory=list)
    folder: str = ""
    message: str = ""
    process: dict[str, Any] | None = None
    data: _Data = Field(default_factory=_Data)
    members: _Members | None = None
    sweep: _Sweep | None = None
    vars: dict[str, Any] = Field(default_factory=dict)


class _Evaluation(_Part):
    model_config = ConfigDict(extra="allow", strict=True, allow_inf_nan=True)
    split: str = ""
    examples: int = 0
    __pydantic_extra__: dict[str, float | None] = Field(init=False)


class MetricsJson(_Part):
    """`metrics.json`: losses and metrics of the evaluation and of the validation, null where they are not finite."""

    model_config = ConfigDict(extra="allow", strict=True, allow_inf_nan=True)
    evaluate: _Evaluation = Field(default_factory=_Evaluation)
    validation: dict[str, float | None] = Field(default_factory=dict)
    deviation: dict[str, float | None] = Field(default_factory=dict)
    ensemble: _Evaluation | None = None


Part = TypeVar("Part", bound=BaseModel)


class DamagedFile(ValueError):
    """A file of a run folder that is no such file; each line of the message says what is wrong."""


def read_part(path: Path, model: type[Part], opener: Opener = open_regular) -> tuple[Part, dict[str, Any]]:
    """Reads a JSON file of a run folder.

    Args:
        path: The file.
        model: What it must hold.
        opener: Opens it.

    Returns:
        The content, typed and plain.

    Raises:
        OSError: If the file cannot be read.
        DamagedFile: If it holds something else.
    """
    try:
        value = read_json(path, opener)
    except InvalidJson as error:
        raise DamagedFile(str(error)) from None
    if not isinstance(value, dict):
        raise DamagedFile("it holds no object")
    version = value.get("version")
    if type(version) is int and version > VERSION:
        raise DamagedFile(f"a later version of kspec wrote it, in version {version} of the format")
    try:
        return model.model_validate(value), value
    except ValidationError as error:
        raise DamagedFile("\n".join(_problems(error))) from None


def _problems(error: ValidationError) -> list[str]:
    """A line for each of the first problems."""
    problems = error.errors(include_url=False)
    lines = []
    for problem in problems[:_MOST_PROBLEMS]:
        place = ".".join(str(part) for part in problem["loc"])
        place = place if len(place) <= _LONGEST_PLACE else f"{place[: _LONGEST_PLACE - 1]}…"
        own = (problem.get("ctx") or {}).get("error")
        if problem["type"] == "missing":
            what = "is missing"
        else:
            what = str(own) if own is not None else f"must be {expectation(problem)}"
        lines.append(f"`{place}` {what}")
    rest = len(problems) - len(lines)
    return [*lines, f"and {rest} more"] if rest else lines


def read_record(folder: Path, opener: Opener = open_regular) -> dict[str, Any]:
    """Reads the `run.json` of a run folder.

    Args:
        folder: The run folder.
        opener: Opens files.

    Raises:
        RunFolderError: If it cannot be read, or is damaged.
    """
    path = folder / "run.json"
    try:
        return read_part(path, RunJson, opener)[1]
    except OSError as error:
        raise RunFolderError(f"{path} cannot be read: {error.strerror or error}") from error
    except DamagedFile as error:
        lines = [f"{path} is damaged: {line}" for line in str(error).splitlines()]
        raise RunFolderError("\n".join(lines)) from error


def check_names(record: dict[str, Any], folder: Path, inputs: Iterable[str], outputs: Iterable[str]) -> None:
    """Checks that a record describes the inputs and outputs of the run's spec.

    Args:
        record: The record.
        folder: The run folder.
        inputs: The inputs of the spec.
        outputs: Its outputs.

    Raises:
        RunFolderError: If it does not.
    """
    data, known = record.get("data", {}), set(outputs)
    columns = data.get("fitted", {}).get("columns")
    missing = [] if columns is None else [name for name in inputs if not columns["inputs"].get(name)]
    targets, weights = ({}, {}) if columns is None else (columns["targets"], columns["weights"])
    strange = [name for name in (*targets, *weights, *data.get("labels", {})) if name not in known]
    strange += [name for name, own in targets.items() if not own]
    spelled = {name: labels.get("columns") for name, labels in data.get("labels", {}).items()}
    strange += [name for name, own in spelled.items() if own and len(own) != len(targets.get(name, ()))]
    scales = data.get("fitted", {}).get("scales", {})
    strange += [n for n, own in scales.items() if own.get("centers") and len(own["centers"]) != len(targets.get(n, ()))]
    if missing or strange:
        name = (missing or strange)[0]
        raise RunFolderError(f"{folder / 'run.json'} does not describe the spec beside it: `{name}`")
