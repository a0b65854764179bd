"""Compares new data with what a run was trained on: inputs, predictions, metrics."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from kspec.contract.drift import Drift, category_counts, drift_of, number_counts
from kspec.contract.judgement import Judgement
from kspec.contract.parts import Seen
from kspec.diagnostics import SpecError
from kspec.runs.loaded_members import MembersAt, evaluate_members, members_at, predict_mean
from kspec.runs.new_rows import NewRows
from kspec.runs.prediction_values import prediction_values
from kspec.runs.rows import Rows, file_of
from kspec.runs.run_contract import contract_at, contract_folder
from kspec.runs.run_evaluation import evaluate_run
from kspec.runs.run_folder import RunFolderError
from kspec.runs.run_loader import LoadedRun, load_run, predictions_of, read_examples
from kspec.runs.run_record import DamagedFile, MetricsJson, read_part


@dataclass(slots=True)
class Watched:
    """New data beside what a run was trained on.

    Args:
        run: The name of the run's spec.
        data: The name of the data.
        rows: The number of its rows.
        inputs: The drift of each column that has a distribution.
        predictions: That of predictions, against those of the run's end.
        reference: Which examples those are of; empty if there are none.
        metrics: By metric, that of the run's evaluation, if it is known, and that of the new data.
        split: The examples of the run's evaluation.
        judgement: What is wrong with rows, and what is unusual.
        notes: What else is to be known, a sentence each.
    """

    run: str
    data: str
    rows: int
    inputs: list[Drift] = field(default_factory=list)
    predictions: list[Drift] = field(default_factory=list)
    reference: str = ""
    metrics: dict[str, tuple[float | None, float]] = field(default_factory=dict)
    split: str = ""
    judgement: Judgement = field(default_factory=lambda: Judgement(0))
    notes: list[str] = field(default_factory=list)

    @property
    def drifted(self) -> list[Drift]:
        """The columns and predictions that have drifted."""
        return [each for each in (*self.inputs, *self.predictions) if each.has_drifted]

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "run": self.run,
            "data": self.data,
            "rows": self.rows,
            "refused": int(self.judgement.refused.sum()),
            "unusual": len(self.judgement.warnings),
            "drifted": [each.column for each in self.drifted],
            "inputs": [each.to_json() for each in self.inputs],
            "predictions": [each.to_json() for each in self.predictions],
            "reference": self.reference,
            "metrics": {name: {"run": old, "new": new} for name, (old, new) in self.metrics.items()},
            "split": self.split,
            "notes": self.notes,
        }


def watch(
    place: str | os.PathLike[str],
    rows: Rows,
    *,
    runs: str | os.PathLike[str] = "runs",
    threshold: float | None = None,
    allow_code: bool = False,
    allow_outside: bool = False,
) -> Watched:
    """Compares new data with what a run was trained on; of folds or repeats, predictions are the mean of all.

    Args:
        place: A run folder, `latest` of one, or the name of a spec that has been run.
        rows: A file; columns by name; rows, each a mapping; or a table of pandas, Polars or Arrow.
        runs: The folder of the run folders.
        threshold: The PSI from which a column has drifted; by default 0.2, or more of few rows.
        allow_code: Allow the run's extensions to be imported.
        allow_outside: Read data outside the run's folder and the working directory.

    Raises:
        RunFolderError: If there is no such run, or it has no model or no contract.
        SpecError: If the data cannot be read.
    """
    folder = contract_folder(place, runs)
    contract = contract_at(folder)
    members = members_at(str(place), str(runs), allow_code=allow_code, allow_outside=allow_outside)
    judges: list[NewRows] = []

    def judge(run: LoadedRun) -> NewRows:
        judges.append(NewRows(folder, run.analysis.graph, contract))
        return judges[-1]

    with file_of(rows) as file:
        if members is None:
            run = load_run(str(folder), allow_code=allow_code, allow_outside=allow_outside)
            examples, _ = read_examples(run, file, None, need_targets=False, new_rows=judge(run))
            predictions = predictions_of(run, examples)[0]
        else:
            run, examples, _, combined = predict_mean(members, file, None, judge)
            predictions = combined.mean
        judgement = judges[0].judgement or Judgement(0)
        watched = Watched(contract.name, file if rows is file else "rows", judgement.count, judgement=judgement)
        watched.inputs = judgement.drift
        watched.reference = next((each.reference for each in contract.outputs.values() if each.reference), "")
        references = {name: seen for each in contract.outputs.values() for name, seen in each.predictions.items()}
        values = prediction_values({name: predictions[name] for name in run.settings.outputs}, run.encodings)
        for name, column in values.items():
            if name in references and (drift := _drift(name, references[name], column)) is not None:
                watched.predictions.append(drift)
        _add_metrics(watched, members or run, run.fitted, file, set(examples.targets))
    if threshold is not None:
        watched.inputs = [each._replace(threshold=threshold) for each in watched.inputs]
        watched.predictions = [each._replace(threshold=threshold) for each in watched.predictions]
        judgement.drift = watched.inputs
    return watched


def _drift(name: str, seen: Seen, column: Any) -> Drift | None:
    """The drift of predictions; None if there are few.

    Args:
        name: Of which.
        seen: What they were at the end of the run.
        column: What they are now.
    """
    counted = category_counts(seen, column) if isinstance(column, list) else number_counts(seen, column)
    return None if counted is None else drift_of(name, *counted)


def _add_metrics(
    watched: Watched, models: LoadedRun | MembersAt, fitted: Mapping[str, Any], file: str, known: set[str]
) -> None:
    """Adds the metrics of new data that has all targets.

    Args:
        watched: Gets them.
        models: The run, or its members.
        fitted: What was learned from the training data.
        file: The data.
        known: The outputs whose targets it has.
    """
    trained = fitted.get("columns", {}).get("targets", {})
    if not trained or not set(trained) <= known:
        watched.notes.append("without metrics: the data has no targets")
        return
    try:
        metrics, mean = _metrics_of(models, file)
    except (SpecError, RunFolderError) as error:
        watched.notes.append(f"without metrics: {str(error).splitlines()[0]}")
        return
    try:
        recorded = read_part(models.folder / "metrics.json", MetricsJson)[0]
    except (OSError, DamagedFile):
        watched.notes.append("the run has no metrics to compare with")
        watched.metrics = {name: (None, value) for name, value in (mean or metrics).items()}
        return
    before = recorded.ensemble if mean and recorded.ensemble is not None else recorded.evaluate
    watched.split = before.split
    if isinstance(models, MembersAt):
        is_mean = before is recorded.ensemble
        metrics = mean if is_mean else metrics
        watched.notes.append(f"metrics are {'of the mean prediction' if is_mean else 'means'} of {_count(models)}")
    own = before.model_extra or {}
    watched.metrics = {name: (own.get(name), value) for name, value in metrics.items()}


def _metrics_of(models: LoadedRun | MembersAt, file: str) -> tuple[dict[str, float], dict[str, float]]:
    """The metrics of a run, or their means over its members; and those of the members' mean prediction.

    Args:
        models: The run, or its members.
        file: The data.
    """
    if isinstance(models, MembersAt):
        evaluation = evaluate_members(models, file, None)
        return {name: each.mean for name, each in evaluation.spreads.items()}, evaluation.ensemble
    return evaluate_run(models, read_examples(models, file, None, need_targets=True)[0]), {}


def _count(members: MembersAt) -> str:
    """How many members there are, in words."""
    count = len(members.folders)
    return f"{count} {members.plan.kind}{'' if count == 1 else 's'}"
