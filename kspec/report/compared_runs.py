"""What a report knows of several runs: each of them, and what distinguishes it from the first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from kspec.analysis.metric_direction import direction
from kspec.diff.compare import Difference, compare
from kspec.report.run_facts import RunFacts, read_facts
from kspec.report.run_labels import run_labels
from kspec.runs.run_folder import BEST, SWEEP
from kspec.runs.run_index import RunRecord, metric_names, read_run


@dataclass(frozen=True, slots=True)
class ComparedRun:
    """A run among others.

    Args:
        label: What it is called in the report; no other has that name.
        record: What the list of runs shows of it.
        facts: What a report knows of it.
    """

    label: str
    record: RunRecord
    facts: RunFacts


@dataclass(frozen=True, slots=True)
class ComparedRuns:
    """Several runs, of which the first is what the others are compared with.

    Args:
        runs: The runs, in the order in which they were named.
    """

    runs: Sequence[ComparedRun]

    @property
    def first(self) -> ComparedRun:
        """The run that the others are compared with."""
        return self.runs[0]

    @property
    def others(self) -> Sequence[ComparedRun]:
        """All runs but the first."""
        return self.runs[1:]

    @property
    def metrics(self) -> list[str]:
        """The metrics of all evaluations."""
        return metric_names(run.record for run in self.runs)

    def best_first(self, metric: str) -> list[ComparedRun]:
        """The runs, the best by a metric first; those without it come last.

        Args:
            metric: The metric.
        """
        sign = -1.0 if more_is_better(metric) else 1.0
        known = [run for run in self.runs if metric in run.record.metrics]
        return [
            *sorted(known, key=lambda run: sign * run.record.metrics[metric]),
            *(run for run in self.runs if metric not in run.record.metrics),
        ]


def more_is_better(metric: str) -> bool:
    """Whether the largest values of a metric come first."""
    return direction(metric) == "max"


def read_runs(folders: Sequence[Path], *, allow_code: bool = False) -> ComparedRuns:
    """Reads several runs.

    Args:
        folders: Their run folders; of a sweep, its best point counts.
        allow_code: Whether extensions may be imported, to know their shapes.

    Raises:
        RunFolderError: If the files of one are damaged.
    """
    own = [folder / BEST if (folder / SWEEP).is_file() and (folder / BEST).is_dir() else folder for folder in folders]
    records = [read_run(folder) for folder in own]
    facts = [read_facts(str(folder), allow_code=allow_code, with_text=False) for folder in own]
    labels = run_labels(records, [each.spec for each in facts], folders)
    return ComparedRuns([ComparedRun(*each) for each in zip(labels, records, facts, strict=True)])


def differences(first: RunFacts, other: RunFacts) -> list[Difference] | None:
    """What differs between the resolved specs of two runs; None if one cannot be read."""
    pairs = [(facts.spec, facts.analysis) for facts in (first, other)]
    (one, one_analysis), (two, two_analysis) = pairs
    if one is None or two is None or one_analysis is None or two_analysis is None:
        return None
    if one_analysis.settings is None or two_analysis.settings is None:
        return None
    return compare((one, one_analysis), (two, two_analysis), of_run=True).differences
