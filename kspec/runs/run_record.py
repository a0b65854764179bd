"""`run.json`: what a run knows of its data, validated, because evaluation and prediction depend on it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from kspec.data.labels import NUMBERS, LabelKind
from kspec.runs.run_folder import RunFolderError


class _Part(BaseModel):
    model_config = ConfigDict(extra="allow", strict=True)


class _Labels(_Part):
    kind: LabelKind
    names: list[str]

    @model_validator(mode="after")
    def _names_fit_kind(self) -> _Labels:
        if self.kind in NUMBERS:
            for name in self.names:
                float(name)
        elif self.kind == "boolean" and not {name.lower() for name in self.names} <= {"true", "false"}:
            raise ValueError("labels other than true and false")
        return self


class _Columns(_Part):
    inputs: dict[str, list[str]]
    targets: dict[str, list[str]]
    weights: dict[str, str]


class _Fitted(_Part):
    fill: dict[str, int | float | str] = Field(default_factory=dict)
    columns: _Columns | None = None


class _Data(_Part):
    fingerprints: dict[str, str] = Field(default_factory=dict)
    labels: dict[str, _Labels] = Field(default_factory=dict)
    fitted: _Fitted = Field(default_factory=_Fitted)


def read_record(folder: Path) -> dict[str, Any]:
    """Reads the `run.json` of a run folder.

    Raises:
        RunFolderError: if it cannot be read, or is damaged.
    """
    path = folder / "run.json"
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise RunFolderError(f"{path} cannot be read: {error}") from error
    if not isinstance(record, dict):
        raise RunFolderError(f"{path} is damaged: it holds no object")
    try:
        _Data.model_validate(record.get("data", {}))
    except ValidationError as error:
        problem = error.errors()[0]
        place = ".".join(map(str, ("data", *problem["loc"])))
        raise RunFolderError(f"{path} is damaged: `{place}`: {problem['msg']}") from None
    return record


def check_names(record: dict[str, Any], folder: Path, inputs: Iterable[str], outputs: Iterable[str]) -> None:
    """Checks that a record describes the inputs and outputs of the run's spec.

    Args:
        record: The record.
        folder: The run folder.
        inputs: The inputs of the spec.
        outputs: Its outputs.

    Raises:
        RunFolderError: if it does not.
    """
    data = record.get("data", {})
    columns = data.get("fitted", {}).get("columns")
    if columns is None:
        return
    missing = [name for name in inputs if not columns["inputs"].get(name)]
    targets, known = columns["targets"], set(outputs)
    strange = [name for name in (*targets, *columns["weights"], *data.get("labels", {})) if name not in known]
    strange += [name for name, own in targets.items() if not own]
    if missing or strange:
        name = (missing or strange)[0]
        raise RunFolderError(f"{folder / 'run.json'} does not describe the spec beside it: `{name}`")
