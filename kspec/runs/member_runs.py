"""Runs the members of a spec, and writes what they have in common."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kspec.backend.tensorflow import exclusive_keras, import_tensorflow
from kspec.data.shared_table import SharedTable
from kspec.diagnostics import Report
from kspec.language import Spec
from kspec.runs.ensemble import combine
from kspec.runs.execute import execute
from kspec.runs.folder_lock import locked
from kspec.runs.kept_member import built_again, predicted_again
from kspec.runs.member_plan import MemberPlan
from kspec.runs.member_predictions import merge_predictions, predict_validation, validation_file
from kspec.runs.member_summary import finished, numbers_of
from kspec.runs.part import Part
from kspec.runs.prediction_files import write_predictions
from kspec.runs.process import status_of
from kspec.runs.recorder import write_shared_spec
from kspec.runs.resumption import Resumption
from kspec.runs.run import Run
from kspec.runs.run_contract import CONTRACT, add_reference, contract_at
from kspec.runs.run_folder import RunFolder
from kspec.runs.run_record import read_record
from kspec.runs.saved_results import read_results
from kspec.runs.stopped_run import NothingLeft, require_stopped, resumption_of
from kspec.runs.trained import Trained
from kspec.syntax.path_policy import PathPolicy
from kspec.training.batching import batches_of, encodings_of
from kspec.training.console import Console
from kspec.training.given_predictions import NO_ENSEMBLE, evaluate_predictions, masked_outputs
from kspec.training.metrics import format_metrics

if TYPE_CHECKING:
    from kspec.data.targets.encoding import TargetEncoding
    from kspec.training.shared_model import SharedModel

SHOWN_ONCE = ("data", "define", "weights", "default", "compile")
"""The steps whose lines are those of the first member, since all members have them in common."""


@dataclass(slots=True)
class Members:
    """Runs the members of a spec.

    Args:
        spec: The spec of all members.
        plan: What they are.
        folder: Their run folder.
        console: Where to print.
        cache: As for `run_spec`.
        table: The table of the data, once a member has read it.
        first: The first member, once it is trained.
        model: The model that they train one after another.
        changes: Of a run that goes on, what changes in its spec from here on; None for one that begins.
        force: Go on with members although another machine may still be running them.
    """

    spec: Spec
    plan: MemberPlan
    folder: RunFolder
    console: Console
    cache: bool = False
    table: SharedTable = field(default_factory=SharedTable)
    first: Trained | None = None
    model: SharedModel | None = None
    changes: tuple[str, ...] | None = None
    force: bool = False

    def one_by_one(self) -> Iterator[tuple[int, Run]]:
        """Runs the members one after another, until one does not finish; returns each with its number."""
        for number in range(1, self.plan.count + 1):
            run = self.run_member(number)
            yield number, run
            if run.status != "finished":
                return

    def run_member(self, number: int) -> Run:
        """Runs one member, or goes on with it; one that has finished stays as it is.

        Args:
            number: Which one, from 1.
        """
        path = self.path(number)
        resumption = self.resumption(number)
        if resumption is None and (path / "run.json").is_file():
            return read_results(path)
        steps = SHOWN_ONCE if self.model is None else ()
        run = partial(
            execute,
            console=self.console.of_part(steps),
            cache=self.cache,
            part=Part(self.table, self._shared_model(), partial(self._finish, number)),
        )
        if resumption is None:
            if path.is_dir() and self.changes is not None:  # the run was stopped before it wrote anything
                shutil.rmtree(path)
            return run(self.plan.spec_of(self.spec, number), folder=self.folder.part(path.name))
        with locked(path):
            self.console.step("resume", f"{path.name} {resumption.describe()}")
            return run(resumption.spec, folder=resumption.folder, resumption=resumption)

    def path(self, number: int) -> Path:
        """The folder of a member, from 1."""
        return self.folder.path / self.plan.folder(number)

    def resumption(self, number: int) -> Resumption | None:
        """How a member goes on that has been stopped, or that changes; None for one that has not begun, or stays.

        Args:
            number: Which one, from 1.

        Raises:
            RunFolderError: If it is still running, or damaged.
            SpecError: If what may not change does.
        """
        path, permissions = self.path(number), self.spec.permissions
        if self.changes is None or not (path / "run.json").is_file():
            return None
        opener = PathPolicy(path, permissions._replace(folders=())).open_file
        record = read_record(path, opener)
        require_stopped(path, record, True, self.force)
        if status_of(record) == "finished" and not self.changes:
            return None
        try:
            return resumption_of(path, record, self.changes, permissions, opener)
        except NothingLeft:
            return None

    def _shared_model(self) -> SharedModel:
        if self.model is None:
            import_tensorflow()
            from kspec.training.shared_model import SharedModel

            self.model = SharedModel()
        return self.model

    def write_predictions(self, result: Run) -> None:
        """Writes the predictions of all members together.

        Args:
            result: The run of all members; gets the evaluation of their mean.
        """
        if not finished(result):
            return
        self._combine(result)
        names = {n: self.plan.folder(n) for n, each in enumerate(result.members, 1) if each.status == "finished"}
        document = self.spec.document.predict
        if self.plan.kind == "fold":
            sources = {n: validation_file(self.folder.path / name, document.to) for n, name in names.items()}
            files = merge_predictions(self.folder.write, document.to, sources, "fold")
            self.console.step("predict", f"each row by the fold that did not train on it → {', '.join(files)}")
        elif not self.plan.shares(result.members[0].metrics["split"]):
            sources = {n: self.folder.path / name / document.to for n, name in names.items()}
            files = merge_predictions(self.folder.write, document.to, sources, "repeat")
            self.console.step("predict", f"each row by the repeats that have it in their split → {', '.join(files)}")

    def _combine(self, result: Run) -> None:
        """Writes the mean of the members' predictions, where all predict the same examples, and evaluates it.

        Args:
            result: The run of all members; gets the evaluation.
        """
        members = finished(result)
        if result.members[0].status == "finished" and self.first is None:  # it had finished before this run goes on
            self.first = built_again(self.plan.spec_of(self.spec, 1), self.path(1), self.table)
        first = self.first
        if first is None or not self.plan.shares(first.predicted.name) or len(members) < 2:
            return
        built, name = first.built, self.spec.document.predict.to
        for number, each in enumerate(result.members, 1):
            if each in members and not each.predictions:
                each.predictions = predicted_again(self.plan.spec_of(self.spec, number), self.path(number), self.table)
        outputs = [{key: each.predictions[key] for key in built.settings.outputs} for each in members]
        combined, encodings = combine(outputs), encodings_of(built, first.dataset)
        target = f"ensemble_{name}" if self.plan.kind == "fold" else name
        files = write_predictions(
            self.folder.write, target, first.predicted.split, combined.mean, encodings, deviations=combined.deviation
        )
        self.console.step("predict", f"{first.predicted.name}: the mean of {len(members)} → {', '.join(files)}")
        self._write_contract(combined.mean, encodings, first.predicted.name)
        if first.evaluated.split is not first.predicted.split:
            return
        if masked_outputs(built.model):
            result.notes.append(NO_ENSEMBLE)
            self.console.step("evaluate", NO_ENSEMBLE)
            return
        size = self.spec.document.evaluate.batch_size
        batches = batches_of(built, first.dataset, first.evaluated.split, Report(), batch_size=size)
        with exclusive_keras():
            values = evaluate_predictions(built.spec, built.settings, combined.mean, batches)
        result.ensemble = {"split": first.evaluated.name, "examples": len(first.evaluated.split), **values}

    def _write_contract(self, mean: Mapping[str, Any], encodings: Mapping[str, TargetEncoding], split: str) -> None:
        """Writes the contract of all: that of the first, with how the mean predictions of a split are distributed.

        Args:
            mean: By output, shape (n, …).
            encodings: By output, the classes and columns of its target.
            split: The name of the split.
        """
        if (self.path(1) / CONTRACT).is_file():
            contract = contract_at(self.path(1))
            add_reference(contract, mean, encodings, split)
            self.folder.json(CONTRACT, contract.to_json())

    def _finish(self, number: int, trained: Trained) -> None:
        """Completes the folder of a member.

        Args:
            number: Which one, from 1.
            trained: The member.
        """
        if number == 1:
            write_shared_spec(self.spec, self.folder, trained.built)
        if self.plan.kind == "fold":
            predict_validation(trained, self.folder.path / self.plan.folder(number), self.spec.document.predict.to)
        if number == 1:
            self.first = trained

    def add(self, number: int, run: Run, result: Run) -> None:
        """Adds a member to the run of all, and prints a line of it.

        Args:
            number: Which one, from 1.
            run: The member.
            result: The run of all.
        """
        result.members.append(run)
        result.interrupted_by = run.interrupted_by or ("SIGINT" if run.status == "interrupted" else "")
        for note in run.notes:
            if note not in result.notes:
                result.notes.append(note)
                self.console.step("data", note)
        if run.status == "finished":
            values = numbers_of(run.metrics)
            split = f"{run.metrics.get('split', '')}: {format_metrics(values)}" if values else "nothing evaluated"
            if run.metrics.get("split") == "test" and self.plan.kind == "fold":
                split += f"; validation: {format_metrics(run.validation)}"
            self.console.step(self.plan.kind, f"{number} of {self.plan.count}  {split}")
