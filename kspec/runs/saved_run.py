"""Runs that are read from their folders, without TensorFlow until their models are used."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kspec.language import Permissions
from kspec.runs.process import status_of
from kspec.runs.run import Run
from kspec.runs.run_folder import RunFolderError, find_run
from kspec.runs.run_index import past_runs
from kspec.runs.run_record import DamagedFile, MetricsJson, read_part, read_record
from kspec.runs.saved_model import SavedModel
from kspec.syntax.path_policy import PathPolicy

if TYPE_CHECKING:
    import pandas

LONGEST_FILE = 100_000_000
"""Bytes of the largest `history.csv` that is read."""


def open_run(place: str, runs: str = "runs", *, allow_code: bool = False, allow_outside: bool = False) -> Run:
    """Reads a run.

    Args:
        place: A run folder, `latest` of one, or the name of a spec that has been run.
        runs: The folder of the run folders.
        allow_code: Whether its extensions may be imported, when its model is loaded.
        allow_outside: Whether data outside its folder and the working directory may be read.

    Raises:
        RunFolderError: If there is no such run, or its files are damaged.
    """
    folder = find_run(place, runs)
    record = read_record(folder, _opener(folder))
    metrics: dict[str, Any] = {}
    path = folder / "metrics.json"
    try:
        metrics = read_part(path, MetricsJson, _opener(folder))[1]
    except FileNotFoundError:
        pass
    except (OSError, DamagedFile) as error:
        raise RunFolderError(f"{path} is damaged: {error}") from error
    return Run(
        record.get("name", folder.parent.name),
        folder,
        status_of(record),
        metrics.get("evaluate", {}),
        read_history(folder),
        kept_epoch=record.get("kept_epoch"),
        validation=metrics.get("validation", {}),
        baseline=metrics.get("baseline", {}),
        members=[
            open_run(str(each), runs, allow_code=allow_code, allow_outside=allow_outside)
            for each in _member_folders(folder, record)
        ],
        deviation=metrics.get("deviation", {}),
        interval={name: tuple(ends) for name, ends in metrics.get("interval", {}).items()},
        ensemble=metrics.get("ensemble", {}),
        intervals={n: tuple(own) for n, own in metrics.get("intervals", {}).items() if isinstance(own, list)},
        slices=metrics.get("slices", {}),
        sequence_accuracy=metrics.get("sequence_accuracy", {}),
        trained=SavedModel(str(folder), allow_code, allow_outside),
    )


def _member_folders(folder: Path, record: dict[str, Any]) -> list[Path]:
    """The folders of the folds or repeats of a run; none of a run without."""
    known = record.get("members")
    if known is None:
        return []
    found = [folder / f"{known['kind']}-{number}" for number in range(1, known["count"] + 1)]
    return [each for each in found if each.is_dir() and not each.is_symlink()]


def read_history(folder: Path) -> list[dict[str, float]]:
    """The rows of `history.csv`; none without it.

    Raises:
        RunFolderError: If it is damaged.
    """
    path = folder / "history.csv"
    try:
        with _opener(folder)(str(path)) as file:
            text = file.read(LONGEST_FILE).decode("utf-8")
        rows = csv.DictReader(io.StringIO(text))
        return [{name: _number(name, value) for name, value in row.items() if value} for row in rows]
    except FileNotFoundError:
        return []
    except (OSError, ValueError, TypeError, csv.Error) as error:
        raise RunFolderError(f"{path} is damaged: {error}") from error


class Runs(list[Run]):
    """Runs, newest first."""

    def to_dataframe(self) -> pandas.DataFrame:
        """A row for each run: folder, name, status, epochs, and the metrics of its evaluation.

        Raises:
            ModuleNotFoundError: If pandas is not installed.
        """
        import pandas

        return pandas.DataFrame([_row(run) for run in self])

    def _repr_html_(self) -> str:
        """The runs in a notebook, as a table."""
        from kspec.runs.notebook import table_html

        return table_html([_row(run) for run in self])


def list_runs(name: str | None = None, runs: str = "runs") -> Runs:
    """The runs in a folder, newest first; those whose files are damaged are left out.

    Args:
        name: The name of a spec: only its runs; by default all.
        runs: The folder of the run folders.
    """
    found = Runs()
    for past in past_runs(runs, name):
        try:
            found.append(open_run(str(past.path), runs))
        except RunFolderError:
            continue
    return found


def _row(run: Run) -> dict[str, Any]:
    numbers = {name: value for name, value in run.metrics.items() if isinstance(value, float)}
    facts = {"run": str(run.folder), "name": run.name, "status": run.status, "epochs": len(run.history)}
    return {**facts, "split": run.metrics.get("split", ""), **numbers}


def _opener(folder: Path) -> Any:
    """Opens files of a run folder, and none outside."""
    return PathPolicy(folder, Permissions(folders=())).open_file


def _number(name: str, text: str) -> float:
    return int(text) if name in ("epoch", "stage") else float(text)
