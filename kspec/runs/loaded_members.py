"""Evaluates and predicts with the members of a run: the folds of a split, or repeats with other seeds."""

from __future__ import annotations

import csv
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, NamedTuple, TextIO

import numpy as np

from kspec.data import DataSplit
from kspec.data.shared_table import SharedTable
from kspec.language.source_files import SPLITS
from kspec.runs.ensemble import Combined, combine
from kspec.runs.member_plan import MemberPlan
from kspec.runs.new_rows import NewRows
from kspec.runs.run_evaluation import evaluate_and_compare
from kspec.runs.run_folder import RunFolderError, find_run, require_inside
from kspec.runs.run_loader import LoadedRun, load_run, predictions_of, read_examples
from kspec.runs.run_record import read_record
from kspec.runs.spread import Spread, spreads

Array = np.ndarray[Any, Any]


@dataclass(slots=True)
class MembersAt:
    """The members of a run, in their folders.

    Args:
        folder: The run folder of all.
        plan: What they are.
        folders: Those with a trained model.
        keep: The columns to write beside predictions.
        allow_code: Import the run's extensions.
        allow_outside: Read data outside the run's folder and the working directory.
    """

    folder: Path
    plan: MemberPlan
    folders: list[Path]
    keep: Sequence[str] = ()
    allow_code: bool = False
    allow_outside: bool = False
    _table: SharedTable = field(default_factory=SharedTable)

    @property
    def first(self) -> Path:
        """The folder of the first member, for messages."""
        return self.folders[0]

    def loaded(self) -> Iterator[LoadedRun]:
        """Each member in turn; only one model is in memory."""
        for folder in self.folders:
            yield load_run(str(folder), keep=self.keep, allow_code=self.allow_code, allow_outside=self.allow_outside)

    def examples(
        self,
        run: LoadedRun,
        data: str | None,
        split: str | None,
        *,
        need_targets: bool,
        new_rows: NewRows | None = None,
    ) -> tuple[DataSplit, str]:
        """The examples for a member; the table of the run's own data is read once.

        Args:
            run: The member.
            data: A file with the same columns; None for the run's own data.
            split: The split of the run's own data; by default the best that it has.
            need_targets: Whether the file must have the target columns.
            new_rows: Holds the rows of a file against a contract; by default against that of the member.
        """
        return read_examples(run, data, split, need_targets=need_targets, shared=self._table, new_rows=new_rows)


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What the members score.

    Args:
        name: The split or file.
        examples: The number of examples; of splits that differ, of all together.
        members: The metrics of each member, by the name of its folder.
        spreads: By metric, its spread over the members.
        ensemble: The metrics of their mean prediction; empty where they have no examples in common.
        losses: The settings of the outputs of the first member.
        notes: What the user must know of the examples.
    """

    name: str
    examples: int
    members: dict[str, dict[str, float]]
    spreads: dict[str, Spread]
    ensemble: dict[str, float]
    outputs: Any
    notes: list[str]

    def to_json(self) -> dict[str, Any]:
        """Plain values, with the means as the metrics."""
        return {
            "data": self.name,
            "examples": self.examples,
            "metrics": {name: each.mean for name, each in self.spreads.items()},
            "deviation": {name: each.deviation for name, each in self.spreads.items()},
            "interval": {name: each.interval for name, each in self.spreads.items()},
            "ensemble": self.ensemble,
            "members": self.members,
            "notes": self.notes,
        }


class Predicted(NamedTuple):
    """Predictions that have been written.

    Args:
        files: The files; none for a stream.
        examples: How many there are.
        name: The split or file of the examples.
        notes: What the user must know of them.
        outputs: The settings of the outputs.
        models: The number of models.
        is_mean: Whether each prediction is their mean, or that of one of them.
    """

    files: list[Path]
    examples: int
    name: str
    notes: list[str]
    outputs: Any
    models: int
    is_mean: bool


def members_at(
    place: str,
    runs: str = "runs",
    *,
    keep: Sequence[str] = (),
    allow_code: bool = False,
    allow_outside: bool = False,
) -> MembersAt | None:
    """The members of a run; None of a run without.

    Args:
        place: A run folder, `latest` of one, or the name of a spec that has been run.
        runs: The folder of the run folders.
        keep: The columns to write beside predictions.
        allow_code: Import the run's extensions.
        allow_outside: Read data outside the run's folder and the working directory.

    Raises:
        RunFolderError: If there is no run, or none of its members is trained.
    """
    folder = find_run(place, runs)
    known = read_record(folder).get("members")
    if known is None:
        return None
    kind: Literal["fold", "repeat"] = known["kind"]
    plan = MemberPlan(kind, known["count"], data_seed=0 if known["shares_split"] else None)
    folders = [folder / plan.folder(number) for number in range(1, plan.count + 1)]
    trained = [each for each in folders if (each / "model.keras").is_file()]
    for each in trained:
        require_inside(each, folder)
    if not trained:
        raise RunFolderError(f"the run {folder} has no trained model: none of its {kind}s has finished")
    return MembersAt(folder, plan, trained, keep, allow_code, allow_outside)


def evaluate_members(members: MembersAt, data: str | None, split: str | None) -> Evaluation:
    """Evaluates each member, and their mean prediction where they have examples in common.

    Args:
        members: The members.
        data: A file with the same columns; None for the run's own data.
        split: The split of the run's own data; by default the best that it has.

    Raises:
        RunFolderError: If an evaluation fails.
        SpecError: If the data cannot be read.
    """
    from kspec.training.given_predictions import NO_ENSEMBLE, masked_outputs

    values: dict[str, dict[str, float]] = {}
    predictions, rows, sizes, notes = [], [], [], []
    first: tuple[LoadedRun, DataSplit] | None = None
    name = ""
    for run in members.loaded():
        part, name = members.examples(run, data, split, need_targets=True)
        values[run.folder.name] = evaluate_and_compare(run, part)[0]
        sizes.append(len(part))
        notes += [note for note in part.notes if note not in notes]
        if _is_shared(members, data, name) and masked_outputs(run.model):
            notes += [NO_ENSEMBLE] if NO_ENSEMBLE not in notes else []
        elif _is_shared(members, data, name):
            predictions.append(predictions_of(run, part)[0])
            rows.append(part.rows)
        first = first or (run, part)
    assert first is not None
    ensemble = {}
    if len(predictions) > 1 and _are_same(rows):
        ensemble = _evaluate_mean(*first, combine(predictions))
    count = sizes[0] if _is_shared(members, data, name) else sum(sizes)
    return Evaluation(name, count, values, spreads(list(values.values())), ensemble, first[0].settings.outputs, notes)


def predict_mean(
    members: MembersAt, data: str | None, split: str | None, judge: Callable[[LoadedRun], NewRows] | None = None
) -> tuple[LoadedRun, DataSplit, str, Combined]:
    """Predicts with each member, and combines the predictions.

    Args:
        members: The members.
        data: A file with the same columns; None for the run's own data.
        split: The split of the run's own data; by default the best that it has.
        judge: From a member, what holds the rows of a file against a contract; by default against that of the member.

    Returns:
        The first member, its examples, their name, and the predictions.

    Raises:
        RunFolderError: If the members have no examples in common.
        SpecError: If the data cannot be read.
    """
    predictions, first = [], None
    for run in members.loaded():
        new_rows = None if judge is None else judge(run)
        part, name = members.examples(run, data, split, need_targets=False, new_rows=new_rows)
        if not _is_shared(members, data, name):
            kind = members.plan.kind
            raise RunFolderError(
                f"each {kind} has a {name} split of its own, so that their predictions have no mean; name a file with "
                f"--data, or one {kind}: {members.first}"
            )
        if first is not None and not np.array_equal(first[1].rows, part.rows):
            raise RunFolderError(
                f"the members leave out different rows of {name}, so that their predictions have no mean; predict with "
                f"one: {members.first}"
            )
        predictions.append(predictions_of(run, part)[0])
        first = first or (run, part, name)
    assert first is not None
    return (*first, combine(predictions))


def predict_members(
    members: MembersAt, data: str | None, split: str | None, name_of: Callable[[str], Path | TextIO]
) -> Predicted:
    """Writes the mean of the members' predictions, or, of splits that differ, those of each member.

    Args:
        members: The members.
        data: A file with the same columns; None for the run's own data.
        split: The split of the run's own data; by default the best that it has.
        name_of: From the name of the examples, the file to write, or a stream for the table.

    Returns:
        What has been written.

    Raises:
        RunFolderError: If the members have no such examples in common, or the file cannot be written.
        SpecError: If the data cannot be read.
    """
    if data is None:
        chosen = split or _usual_split(members)
        if chosen is not None and not members.plan.shares(chosen):
            return _predict_each(members, chosen, name_of)
    from kspec.runs.failures import failure_to_write
    from kspec.runs.prediction_files import write_predictions

    run, part, name, combined = predict_mean(members, data, split)
    to = name_of(name)
    count = len(next(iter(combined.mean.values())))
    outputs = run.settings.outputs
    with _folder_of(to) as target:
        with failure_to_write(target):
            target.parent.mkdir(parents=True, exist_ok=True)
            names = write_predictions(
                lambda file, write: write(target.with_name(file)),
                target.name,
                part,
                combined.mean,
                run.encodings,
                deviations=combined.deviation,
            )
        files = _printed(to, target, names)
    return Predicted(files, count, name, part.notes, outputs, len(members.folders), True)


def _predict_each(members: MembersAt, split: str, name_of: Callable[[str], Path | TextIO]) -> Predicted:
    """As `predict_members`, of a split that differs: each row by the members that have it there."""
    from kspec.runs.failures import failure_to_write
    from kspec.runs.member_predictions import merge_predictions
    from kspec.runs.run_loader import predict_run

    kind = members.plan.kind
    if split == "train":
        raise RunFolderError(f"each {kind} has a training split of its own; name one {kind}: {members.first}")
    to, notes, count, outputs = name_of(split), list[str](), 0, None
    with _folder_of(to) as target, tempfile.TemporaryDirectory(prefix="kspec-") as scratch:
        sources = {}
        for run in members.loaded():
            part, _ = members.examples(run, None, split, need_targets=False)
            number = int(run.folder.name.rpartition("-")[2])
            sources[number] = Path(scratch, str(number), target.name)
            count += predict_run(run, part, sources[number])[1]
            notes += [note for note in part.notes if note not in notes]
            outputs = outputs or run.settings.outputs
        with failure_to_write(target):
            target.parent.mkdir(parents=True, exist_ok=True)
            names = merge_predictions(lambda file, write: write(target.with_name(file)), target.name, sources, kind)
        files = _printed(to, target, names)
    return Predicted(files, count, split, notes, outputs, len(members.folders), False)


@contextmanager
def _folder_of(to: Path | TextIO) -> Iterator[Path]:
    """The file to write; for a stream, a temporary one."""
    if isinstance(to, Path):
        yield to
        return
    with tempfile.TemporaryDirectory(prefix="kspec-") as scratch:
        yield Path(scratch, "predictions.csv")


def _printed(to: Path | TextIO, target: Path, names: list[str]) -> list[Path]:
    """The files written; for a stream, none: it gets the table.

    Args:
        to: What the user asked for.
        target: The file of the table.
        names: The names of the files.

    Raises:
        RunFolderError: If the predictions are no table.
    """
    if isinstance(to, Path):
        return [to.with_name(name) for name in names]
    if names != [target.name]:
        raise RunFolderError("the predictions are arrays and cannot be printed; name a file with -o")
    with target.open(newline="", encoding="utf-8") as file:
        csv.writer(to, lineterminator="\n").writerows(csv.reader(file))
    return []


def _usual_split(members: MembersAt) -> str | None:
    """The split that is predicted by default, where the members' evaluations tell it."""
    from kspec.runs.run_record import MetricsJson, read_part

    try:
        name = read_part(members.first / "metrics.json", MetricsJson)[0].evaluate.split
    except (OSError, ValueError):
        return None
    return name if name in SPLITS else None


def _is_shared(members: MembersAt, data: str | None, name: str) -> bool:
    return data is not None or members.plan.shares(name)


def _are_same(rows: Sequence[Array]) -> bool:
    return all(np.array_equal(rows[0], each) for each in rows[1:])


def _evaluate_mean(run: LoadedRun, part: DataSplit, combined: Combined) -> dict[str, float]:
    """The metrics of the mean prediction.

    Args:
        run: One of the members.
        part: The examples.
        combined: Their predictions.
    """
    from kspec.backend.tensorflow import exclusive_keras
    from kspec.runs.run_evaluation import evaluation_batches
    from kspec.training.given_predictions import evaluate_predictions

    with exclusive_keras():
        return evaluate_predictions(run.spec, run.settings, combined.mean, evaluation_batches(run, part))
