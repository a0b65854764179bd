"""Explains the model of a run: importance and dependence of columns, slices, residuals, within a budget of time."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from kspec.analysis.metric_names import logged_metrics
from kspec.analysis.monitor import monitor_direction
from kspec.backend.tensorflow import exclusive_keras
from kspec.language import Permissions
from kspec.report.explanation.examples import Examples, examples_of
from kspec.report.explanation.explanation import ColumnImportance, Explanation, data_of, fingerprint_of
from kspec.report.explanation.outputs import dependences_of, residuals_of
from kspec.report.explanation.weak_slices import weak_slices
from kspec.report.numbers.columns import InputColumn, input_columns
from kspec.report.numbers.importance import orders, permuted_scores, worse_by
from kspec.runs.failures import failure_of
from kspec.runs.run_loader import LoadedRun, load_run, read_examples
from kspec.syntax.path_policy import PathPolicy

REPEATS = 10
"""How often a column is permuted."""
QUICK_EXAMPLES = 1_000
"""How many examples the quick pass takes that puts the columns in order."""
MOST_DEPENDENCES = 4
QUICK_SHARE, IMPORTANCE_SHARE = 0.4, 0.7
"""The part of the budget after which the quick pass, and all importance, ends."""

Announce = Callable[[str], None]


def explain_run(
    place: str,
    runs: str = "runs",
    *,
    budget: float = 30.0,
    allow_code: bool = False,
    allow_outside: bool = False,
    announce: Announce = lambda _: None,
) -> Explanation:
    """Explains the model of a run on its validation split, and writes that into the run folder.

    Args:
        place: A run folder, or the name of a spec that has been run.
        runs: The folder of the run folders.
        budget: The seconds that it may take, once the model and its data are loaded.
        allow_code: Import the run's extensions.
        allow_outside: Read data outside the run's folder and the working directory.
        announce: Called with a line for each step.

    Raises:
        RunFolderError: If there is no run, it has no model, or its data is missing or has changed.
        SpecError: If its resolved spec has errors, or its data cannot be read.
    """
    announce(f"explain   loading {place} and its data")
    run = load_run(place, runs=runs, allow_code=allow_code, allow_outside=allow_outside)
    parts = run.record.get("data", {}).get("profile", {}).get("parts", {})
    split, name = read_examples(run, None, "validation" if "validation" in parts else None, need_targets=True)
    with exclusive_keras(), failure_of("explain"):
        explainer = _Explainer(run, examples_of(run, split), budget, announce)
        found = explainer.explain(name, len(split))
    found.write(run.folder)
    return found


@dataclass(slots=True)
class _Explainer:
    run: LoadedRun
    examples: Examples
    budget: float
    announce: Announce
    columns: list[InputColumn] = field(init=False)
    notes: list[str] = field(default_factory=list)
    _started: float = field(default_factory=time.monotonic)

    def __post_init__(self) -> None:
        known = self.run.fitted.get("columns", {})
        lists = [n for n in self.examples.inputs if n in self.examples.split.positions]
        found = input_columns(self.examples.inputs, known.get("inputs", {}), known.get("windows", {}), lists)
        self.columns = [column for column in found if not self._is_picture(column)]
        left_out = [column.name for column in found if self._is_picture(column)]
        if left_out:
            self.notes.append(f"Pictures and arrays have no columns and are left out: {', '.join(left_out)}.")

    def explain(self, split: str, all_examples: int) -> Explanation:
        """All of it.

        Args:
            split: The name of the split.
            all_examples: How many examples it has.
        """
        metrics = self.examples.score(self.examples.inputs)
        importance, left = self._importance(metrics)
        names = [each.column for each in importance]
        chosen = [column for column in self.columns if column.kind != "whole" and column.name in names]
        chosen = sorted(chosen, key=lambda column: names.index(column.name))[:MOST_DEPENDENCES]
        residuals = residuals_of(self.examples, chosen)
        dependence, done = [], 0
        for column in chosen:
            if self._has_time(1.0):
                self.announce(f"explain   dependence on {column.name}")
                dependence += dependences_of(self.examples, column)
                done += 1
        if done < len(chosen):
            late = ", ".join(column.name for column in chosen[done:])
            self.notes.append(f"There was no time for the dependence on {late}; a larger --budget helps.")
        slices, candidates = {}, 0
        if not self.run_has_slices and self._has_time(1.0):
            self.announce("explain   slices")
            divided = [column for column in self.columns if column.kind != "whole"]
            slices, candidates = weak_slices(self.examples, divided), len(divided)
        metric = self._metric(metrics)
        opener = PathPolicy(self.run.folder, Permissions(folders=())).open_file
        return Explanation(
            model=fingerprint_of(self.run.folder / "model.keras", opener),
            data=data_of(self.run.record),
            split=split,
            examples=len(self.examples),
            all_examples=all_examples,
            seconds=round(self._seconds, 3),
            metrics=metrics,
            metric=metric,
            direction=str(monitor_direction(metric, self.run.settings.outputs) or "") if metric else "",
            importance=importance,
            left=left,
            dependence=dependence,
            slices=slices,
            candidates=candidates,
            residuals=residuals,
            notes=self.notes,
        )

    @property
    def run_has_slices(self) -> bool:
        """Whether the spec names slices of its own, which the run has evaluated."""
        return bool(self.run.spec.document.evaluate.slices)

    @property
    def _seconds(self) -> float:
        return time.monotonic() - self._started

    def _has_time(self, share: float) -> bool:
        return self._seconds < self.budget * share

    def _is_picture(self, column: InputColumn) -> bool:
        """Whether a column is an input of pictures, sounds or arrays, but no list and no text."""
        place = column.places[0]
        array = self.examples.inputs[place.input]
        return place.at is None and array.ndim > 2 and place.input not in self.examples.split.positions

    def _metric(self, metrics: dict[str, float]) -> str:
        """The first metric of the spec; empty if it has none."""
        logged = [name for each in logged_metrics(self.run.settings.outputs) for name in each.names]
        return next((name for name in logged if name in metrics and name != "loss"), "")

    def _importance(self, metrics: dict[str, float]) -> tuple[list[ColumnImportance], list[str]]:
        """The columns by importance, and those for which there was no time.

        Args:
            metrics: Losses and metrics of the examples as they are.
        """
        quick = self.examples.some(QUICK_EXAMPLES)
        before = metrics if quick is self.examples else quick.score(quick.inputs)
        first: dict[int, dict[str, float]] = {}
        self.announce(f"explain   importance of {len(self.columns)} columns")
        for at, column in enumerate(self.columns):
            if not self._has_time(QUICK_SHARE) and first:
                break
            first[at] = permuted_scores(quick.score, quick.inputs, column, self._orders(quick, at)[0])
        ranked = sorted(first, key=lambda at: -worse_by(first[at]["loss"], before["loss"], "min"))
        found = []
        for at in ranked:
            column, scores = self.columns[at], []
            for order in self._orders(self.examples, at):
                if self._has_time(IMPORTANCE_SHARE):
                    scores.append(permuted_scores(self.examples.score, self.examples.inputs, column, order))
            is_quick = len(scores) < 2
            if is_quick:  # as it would be on all examples
                shift = {name: metrics[name] - before[name] for name in metrics}
                scores = [{name: value + shift[name] for name, value in first[at].items()}]
            values = {name: [each[name] for each in scores] for name in metrics}
            found.append(ColumnImportance(column=column.name, kind=column.kind, scores=values, is_quick=is_quick))
        found.sort(key=lambda each: -float(np.mean([value for value in each.scores["loss"] if value is not None])))
        return found, [column.name for at, column in enumerate(self.columns) if at not in first]

    def _orders(self, examples: Examples, column: int) -> list[Any]:
        return orders(len(examples), column, REPEATS, self.run.spec.document.seed)
