"""The contract in a run folder: written by a run, and read by what meets new data."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kspec.contract.build import Facts, build_contract
from kspec.contract.document import Contract, InvalidContract, contract_from_json
from kspec.contract.parts import OutputContract
from kspec.language import Permissions
from kspec.runs.run_folder import RunFolderError, find_run, require_inside
from kspec.runs.run_record import read_record
from kspec.runs.spec_fingerprint import fingerprint_of
from kspec.syntax.bounded_json import InvalidJson, read_json
from kspec.syntax.path_policy import PathPolicy
from kspec.syntax.regular_files import Opener

if TYPE_CHECKING:
    from kspec.analysis.settings import OutputSettings
    from kspec.compiler.define import BuiltModel
    from kspec.data.targets.encoding import TargetEncoding

CONTRACT = "contract.json"
"""The file of a run folder that holds its contract."""


def contract_of(built: BuiltModel, encodings: Mapping[str, TargetEncoding]) -> Contract | None:
    """The contract of a model that has data.

    Args:
        built: The model.
        encodings: By output, the encoding of its target.
    """
    dataset = built.dataset
    if dataset is None or "columns" not in dataset.fitted:
        return None
    outputs = {name: _output(settings, encodings[name]) for name, settings in built.settings.outputs.items()}
    return build_contract(
        Facts(
            built.spec,
            built.graph,
            dataset.fitted,
            dataset.training,
            outputs,
            len(dataset.splits["train"]),
            dataset.vocabularies,
            fingerprint_of(built.spec),
        )
    )


def _output(settings: OutputSettings, encoding: TargetEncoding) -> OutputContract:
    labels = [] if encoding.labels is None else list(encoding.labels.names)
    is_class = bool(settings.task and settings.task != "regression")
    return OutputContract(
        task=settings.task,
        value=settings.kind_of_value if is_class else "value",
        shape=list(encoding.shape),
        labels=labels,
        threshold=settings.threshold if settings.has_threshold else None,
    )


def add_reference(
    contract: Contract, predictions: Mapping[str, Any], encodings: Mapping[str, TargetEncoding], split: str
) -> None:
    """Adds how the predictions of a split are distributed.

    Args:
        contract: Gets it.
        predictions: By output, shape (n, …).
        encodings: By output, the classes and columns of its target.
        split: The name of the split.
    """
    from kspec.runs.prediction_values import prediction_values, seen_in

    for name, output in contract.outputs.items():
        values = prediction_values({name: predictions[name]}, encodings)
        output.predictions, output.reference = {part: seen_in(column) for part, column in values.items()}, split


def load_contract(run: Any, *, runs: str | os.PathLike[str] = "runs") -> Contract:
    """The contract of a run; of a sweep, of its best point; of folds or repeats, of the first.

    Args:
        run: A run, its folder, or the name of a spec that has been run.
        runs: The folder of the run folders.

    Raises:
        RunFolderError: If there is no such run, or it has no contract and none can be made.
    """
    return contract_at(contract_folder(getattr(run, "folder", run), runs))


def recorded_contract(place: str | os.PathLike[str], runs: str | os.PathLike[str] = "runs") -> Contract | None:
    """The contract that a run has written; None if it has written none.

    Args:
        place: A run folder, `latest` of one, or the name of a spec that has been run.
        runs: The folder of the run folders.

    Raises:
        RunFolderError: If there is no such run, or its contract is damaged.
    """
    folder = contract_folder(place, runs)
    return contract_at(folder) if os.path.lexists(folder / CONTRACT) else None


def contract_folder(place: str | os.PathLike[str], runs: str | os.PathLike[str] = "runs") -> Path:
    """The folder that holds the contract of a run, or the record from which one can be made.

    Args:
        place: A run folder, `latest` of one, or the name of a spec that has been run.
        runs: The folder of the run folders.

    Raises:
        RunFolderError: If there is no such run.
    """
    folder = find_run(place, runs)
    if os.path.lexists(folder / CONTRACT):
        return folder
    members = read_record(folder, _opener(folder)).get("members") or {"kind": "", "count": 0}
    for number in range(1, members["count"] + 1):
        member = folder / f"{members['kind']}-{number}"
        if (member / "run.json").is_file():
            require_inside(member / "run.json", folder)
            return member
    return folder


def contract_at(folder: Path) -> Contract:
    """The contract of a run folder.

    Raises:
        RunFolderError: If it has none and none can be made, or it is damaged.
    """
    path = folder / CONTRACT
    if os.path.lexists(path):
        return _read(path, _opener(folder))
    return _made(folder, read_record(folder, _opener(folder)))


def _opener(folder: Path) -> Opener:
    return PathPolicy(folder, Permissions(folders=())).open_file


def _read(path: Path, opener: Opener) -> Contract:
    try:
        return contract_from_json(read_json(path, opener))
    except OSError as error:
        raise RunFolderError(f"{path} cannot be read: {error.strerror or error}") from error
    except (InvalidJson, InvalidContract) as error:
        raise RunFolderError(f"{path} is damaged: {error}") from error


def _made(folder: Path, record: Mapping[str, Any]) -> Contract:
    """The contract of a run of an older kspec, from its record: it has seen all rows, not only those of training.

    Raises:
        RunFolderError: If the record does not tell enough.
    """
    from kspec.compiler.compile import compile_spec
    from kspec.runs.resolved_file import resolved_file

    data = record.get("data", {})
    if "columns" not in data.get("fitted", {}):
        raise RunFolderError(f"the run {folder} has no {CONTRACT}, and its run.json does not describe its data")
    spec, analysis = compile_spec(resolved_file(folder, dict(record)), is_trained=True).unwrap()
    training = {column["name"]: _profiled(column) for column in data.get("profile", {}).get("columns", ())}
    labels = data.get("labels", {})
    outputs = {
        name: OutputContract(
            task=value.get("task"),
            labels=labels.get(name, {}).get("names", []),
            threshold=value.get("threshold"),
            value="value" if value.get("task") in (None, "regression") else "probability",
        )
        for name, value in record.get("outputs", {}).items()
    }
    parts = data.get("profile", {}).get("parts", {})
    return build_contract(
        Facts(
            spec,
            analysis.graph,
            data["fitted"],
            training,
            outputs,
            parts.get("train", 0),
            {},
            str(record.get("source", "")),
            "all",
        )
    )


def _profiled(column: Mapping[str, Any]) -> dict[str, Any]:
    """The facts of a column as `training_columns` gives them, from its profile."""
    from kspec.analysis.data_profile import QUANTILES

    facts = {key: column[key] for key in ("rows", "missing", "minimum", "maximum", "distinct") if key in column}
    facts["kind"] = column.get("type", "float")
    facts["shape"] = list(column.get("shape", ()))
    facts["quantiles"] = {f"{at:g}": value for at, value in zip(QUANTILES, column.get("quantiles", ()), strict=False)}
    if facts["kind"] in ("text", "boolean"):
        facts["categories"] = dict(column.get("classes", {}))
    return {key: value for key, value in facts.items() if value is not None}
