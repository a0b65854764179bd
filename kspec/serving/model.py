"""The model of a run as a server holds it: rows in memory → predictions, as `kspec predict` gives them."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from kspec.data import DataSplit, load_for_prediction
from kspec.data.columns import ColumnMapping
from kspec.data.given_rows import GivenRows
from kspec.data.index_check import ValueCheck
from kspec.data.missing.imputation import Policies
from kspec.data.network_specs import InputSpec, input_specs
from kspec.data.pipeline import Batches
from kspec.diagnostics import Report
from kspec.language.missing import NEIGHBORS
from kspec.runs.ensemble import Combined, combine
from kspec.runs.loaded_members import members_at
from kspec.runs.run_folder import RunFolderError, find_run
from kspec.runs.run_loader import LoadedRun, load_run
from kspec.serving.fields import Field, fields_of
from kspec.serving.forward_pass import ForwardPass
from kspec.training.predict import predict

PIECE = 1 << 20
SHOWN = 16
"""How many digits of a fingerprint are shown."""


class Predictions:
    """What a model predicts for rows.

    Args:
        split: The examples.
        values: Of all outputs, shape (n, …).
    """

    __slots__ = ("split", "values")

    def __init__(self, split: DataSplit, values: Combined) -> None:
        self.split = split
        self.values = values


@dataclass(frozen=True, slots=True)
class _Member:
    """One trained model of a run, ready to predict."""

    run: LoadedRun
    forward: ForwardPass
    check: ValueCheck


class ServedModel:
    """The model of a run, or the mean of those of its folds or repeats.

    Args:
        folder: The run folder.
        runs: The loaded run, or its members.
    """

    def __init__(self, folder: Path, runs: Sequence[LoadedRun]) -> None:
        for run in runs:
            _check_servable(run)
        self.folder, self.run = folder, runs[0]
        self.name = self.run.spec.name
        self.version = folder.name
        self.fingerprint = _fingerprint([each.folder / "model.keras" for each in runs])
        self.inputs: dict[str, InputSpec] = input_specs(self.run.spec)
        self.mapping = ColumnMapping.from_json(self.run.fitted["columns"])
        self.fields: dict[str, Field] = fields_of(self.run)
        self._members = [
            _Member(run, _forward_pass(run), ValueCheck(run.analysis.graph, run.vocabularies())) for run in runs
        ]

    @property
    def window(self) -> Any:
        """How examples are made of several rows; None if each row is one."""
        data = self.run.spec.document.data
        return None if data is None else data.window

    @property
    def is_row_wise(self) -> bool:
        """Whether the prediction for a row does not depend on the other rows of its table."""
        data = self.run.spec.document.data
        policies = Policies(None if data is None else data.missing)
        takes_others = any(policies.fill_of(column) in NEIGHBORS for column in self.mapping.input_columns)
        return self.window is None and not takes_others and not any(p.whole for p in self.mapping.lists.values())

    @property
    def joins_series(self) -> bool:
        """Whether examples are windows that depend on no row of another table that is predicted with theirs."""
        window = self.window
        if window is None or any(each.whole for each in self.mapping.lists.values()):
            return False
        return window.time is None or bool(window.every or self.run.fitted.get("window", {}).get("step"))

    def predict(self, rows: GivenRows) -> Predictions:
        """Predicts for rows.

        Raises:
            SpecError: If no row can be used; its diagnostics say why.
            RunFolderError: If the members of the run leave out different rows.
        """
        found, first = [], None
        for member in self._members:
            split = _examples(member, self.inputs, rows)
            if first is not None and not np.array_equal(first.rows, split.rows):
                raise RunFolderError("the models of this run leave out different rows, so that they have no mean")
            first = first or split
            batches = Batches(split.inputs, {}, {}, batch_size=1, shuffle=False, seed=0)
            found.append(predict(member.forward, batches, member.run.settings.outputs))  # type: ignore[arg-type]
        assert first is not None
        return Predictions(first, Combined(found[0], {}) if len(found) == 1 else combine(found))


def load_model(place: str, runs: str, *, allow_code: bool = False) -> ServedModel:
    """Loads the model of a run, or all of its members.

    Args:
        place: A run folder, `latest` of one, or the name of a spec that has been run; of a sweep, its best point.
        runs: The folder of the run folders.
        allow_code: Import the run's extensions.

    Raises:
        RunFolderError: If there is no run, or none that can be served.
        SpecError: If its resolved spec has errors.
    """
    folder = find_run(place, runs)
    members = members_at(str(folder), runs, allow_code=allow_code)
    if members is not None:
        return ServedModel(folder, list(members.loaded()))
    return ServedModel(folder, [load_run(str(folder), runs=runs, allow_code=allow_code)])


def _check_servable(run: LoadedRun) -> None:
    """Checks that a run's model can answer rows that do not come in a file.

    Raises:
        RunFolderError: If it cannot.
    """
    from kspec.training.engine.stateful_engine import stateful_layers

    if "columns" not in run.fitted:
        raise RunFolderError(f"the run {run.folder} cannot be served: it was trained on data without columns")
    stateful = stateful_layers(run.model)
    if stateful:
        raise RunFolderError(
            f"the run {run.folder} cannot be served: `{stateful[0].name}` is stateful, so that each prediction "
            "depends on those before it"
        )


def _forward_pass(run: LoadedRun) -> ForwardPass:
    """The forward pass of a run; its spec keeps no columns and predicts no inner nodes beside the outputs."""
    document = run.spec.document
    document.predict = document.predict.model_copy(update={"keep": [], "nodes": []})
    return ForwardPass(run.model, document.fixed_batch)


def _examples(member: _Member, inputs: dict[str, InputSpec], rows: GivenRows) -> DataSplit:
    """The examples that rows make.

    Args:
        member: The model.
        inputs: What its inputs take.
        rows: The rows.

    Raises:
        SpecError: If none can be used.
    """
    run, report = member.run, Report()
    split = load_for_prediction(
        rows,
        run.spec,
        inputs,
        list(run.analysis.graph.outputs),
        run.encodings,
        run.fitted,
        report,
        values=member.check,
    )
    report.raise_errors()
    assert split is not None
    return split


def _fingerprint(files: Sequence[Path]) -> str:
    """A hash of trained models, so that an answer tells which have given it."""
    digest = hashlib.sha256()
    for file in files:
        with file.open("rb") as stream:
            while piece := stream.read(PIECE):
                digest.update(piece)
    return digest.hexdigest()[:SHOWN]
