"""Runs that are read from their folders, without TensorFlow until their models are used."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from kspec.language import Permissions
from kspec.runs.run import Run
from kspec.runs.run_facts import RunFacts
from kspec.runs.run_filter import matching_runs
from kspec.runs.run_folder import RunFolderError, find_run
from kspec.runs.run_index import past_runs
from kspec.runs.run_record import read_record
from kspec.runs.saved_model import SavedModel
from kspec.runs.saved_results import read_results
from kspec.runs.tags import InvalidTags, read_tags
from kspec.syntax.path_policy import PathPolicy

if TYPE_CHECKING:
    import pandas


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
    record = read_record(folder, PathPolicy(folder, Permissions(folders=())).open_file)
    run = read_results(folder)
    run.members = [
        open_run(str(each), runs, allow_code=allow_code, allow_outside=allow_outside)
        for each in _member_folders(folder, record)
    ]
    run.trained = SavedModel(str(folder), allow_code, allow_outside)
    return run


def _member_folders(folder: Path, record: dict[str, Any]) -> list[Path]:
    """The folders of the folds or repeats of a run; none of a run without."""
    known = record.get("members")
    if known is None:
        return []
    found = [folder / f"{known['kind']}-{number}" for number in range(1, known["count"] + 1)]
    return [each for each in found if each.is_dir() and not each.is_symlink()]


class Runs(list[Run]):
    """Runs, newest first."""

    def to_dataframe(self) -> pandas.DataFrame:
        """A row for each run: folder, name, status, epochs, tags, and the metrics of its evaluation.

        Raises:
            ModuleNotFoundError: If pandas is not installed.
        """
        import pandas

        return pandas.DataFrame([_row(run) for run in self])

    def _repr_html_(self) -> str:
        """The runs in a notebook, as a table."""
        from kspec.runs.notebook import table_html

        return table_html([_row(run) for run in self])


def list_runs(name: str | None = None, runs: str = "runs", where: str = "") -> Runs:
    """The runs in a folder, newest first; those whose files are damaged are left out.

    Args:
        name: The name of a spec: only its runs; by default all.
        runs: The folder of the run folders.
        where: A condition that holds for them; empty for none.

    Raises:
        ConditionError: If it is no condition, or names a fact that no run has.
    """
    with RunFacts(past_runs(runs, name), runs) as facts:
        selected = matching_runs(where, facts) if where else facts.runs
    found = Runs()
    for past in selected:
        try:
            found.append(open_run(str(past.path), runs))
        except RunFolderError:
            continue
    return found


def _row(run: Run) -> dict[str, Any]:
    numbers = {name: value for name, value in run.metrics.items() if isinstance(value, float)}
    facts = {"run": str(run.folder), "name": run.name, "status": run.status, "epochs": len(run.history)}
    return {**facts, "split": run.metrics.get("split", ""), **_marks(run), **numbers}


def _marks(run: Run) -> dict[str, str]:
    """The tags of a run; none if it has none, or its file is damaged."""
    if run.folder is None:
        return {}
    try:
        tags = read_tags(run.folder).tags
    except (OSError, InvalidTags):
        return {}
    return {"tags": " ".join(tags)} if tags else {}
