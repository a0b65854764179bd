"""What a report knows of a run: all of it is read from the run folder, without TensorFlow."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kspec.analysis.data_profile import DataProfile
from kspec.analysis.program import Analysis
from kspec.compiler.compile import compile_spec
from kspec.diagnostics import Report, SpecError
from kspec.language import Permissions, Spec
from kspec.report.explanation.explanation import Explanation, read_explanation
from kspec.report.lists import ListPredictions
from kspec.report.prediction_files import Table
from kspec.report.predictions import Found, Masks, Predictions, read_predictions
from kspec.rewrite.render import render
from kspec.runs.recorded_encodings import recorded_encodings
from kspec.runs.resolved_file import resolved_file
from kspec.runs.run import Run
from kspec.runs.run_folder import find_run
from kspec.runs.run_parts import member_folders
from kspec.runs.run_record import read_record
from kspec.runs.saved_results import read_results
from kspec.syntax.path_policy import PathPolicy


@dataclass(frozen=True, slots=True)
class RunFacts:
    """What a report knows of a run.

    Args:
        place: How the user named it.
        run: Its results.
        record: Its `run.json`.
        spec: Its resolved spec; None if it was stopped before, or its extensions may not be imported.
        analysis: The analysis of that; None without a spec.
        text: The spec that was run, with each value that was filled in and its reason; else the resolved spec.
        predictions: The outputs with predictions and actual values.
        lists: Those that predict a list for each example.
        masks: Those that predict a class for each position of a picture.
        table: The table of predictions; None without one.
        notes: What could not be read, a sentence each.
        explanation: Why its model predicts what it does; None if that has not been computed.
    """

    place: str
    run: Run
    record: dict[str, Any]
    spec: Spec | None = None
    analysis: Analysis | None = None
    text: str = ""
    predictions: list[Predictions] = field(default_factory=list)
    lists: list[ListPredictions] = field(default_factory=list)
    masks: list[Masks] = field(default_factory=list)
    table: Table | None = None
    notes: list[str] = field(default_factory=list)
    explanation: Explanation | None = None

    @property
    def folder(self) -> Path:
        """The run folder."""
        assert self.run.folder is not None
        return self.run.folder

    @property
    def title(self) -> str:
        """The name of the spec and of the run folder."""
        return f"{self.run.name} · {self.folder.name}"

    @property
    def profile(self) -> DataProfile | None:
        """The profile of its data; None if it has none."""
        known = self.record.get("data", {}).get("profile")
        try:
            return None if known is None else DataProfile.from_json(known)
        except (KeyError, TypeError, ValueError):
            return None


def read_facts(place: str, runs: str = "runs", *, allow_code: bool = False, with_text: bool = True) -> RunFacts:
    """Reads a run for a report.

    Args:
        place: A run folder, or the name of a spec that has been run.
        runs: The folder of the run folders.
        allow_code: Whether its extensions may be imported, to know their shapes.
        with_text: Whether to render the spec that was run.

    Raises:
        RunFolderError: If there is no such run, or its files are damaged.
    """
    folder = find_run(place, runs)
    opener = PathPolicy(folder, Permissions(folders=())).open_file
    record, run = read_record(folder, opener), read_results(folder)
    run.members = [read_results(path) for path in member_folders(folder)]
    if run.members:  # what its members know of the data holds for it
        record = {"data": read_record(member_folders(folder)[0]).get("data", {})} | record
    notes: list[str] = []
    granted = Permissions(code=allow_code)
    try:
        compiled = compile_spec(resolved_file(folder, record), permissions=granted, is_trained=True)
        spec, analysis = compiled.unwrap()
    except SpecError as error:
        reason = error.errors.splitlines()[0] if error.errors else "it has none"
        return RunFacts(place, run, record, notes=[f"the resolved spec cannot be shown: {reason}"])
    found = Found([], [], [], [])
    try:
        shapes = {name: tuple(analysis.types.calls[name].outputs[0][0] or ()) for name in analysis.graph.outputs}
        _, encodings = recorded_encodings(record, spec, analysis, shapes, Report())
        file = spec.document.predict.to
        if file:
            found = read_predictions(folder, file, encodings, opener)
    except SpecError as error:
        notes.append(f"the predictions cannot be shown: {error.errors.splitlines()[0]}")
    explanation, problem = read_explanation(folder, record, opener)
    notes += [problem] if problem else []
    text = _spec_text(folder, record, granted) if with_text else ""
    return RunFacts(
        place,
        run,
        record,
        spec,
        analysis,
        text,
        found.outputs,
        found.lists,
        found.masks,
        found.table,
        [*notes, *found.notes],
        explanation,
    )


def _spec_text(folder: Path, record: dict[str, Any], granted: Permissions) -> str:
    """The spec that was run, with reasons for what was filled in; the resolved one where it cannot be read alone."""
    overrides = record.get("overrides", ())
    try:
        spec, analysis = compile_spec(folder / "spec.yaml", overrides, permissions=granted).unwrap()
        return render(spec, analysis)
    except SpecError:  # it includes files, or its data lie elsewhere
        spec, analysis = compile_spec(resolved_file(folder, record), permissions=granted, is_trained=True).unwrap()
        return spec.source.text
