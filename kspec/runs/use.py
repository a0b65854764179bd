"""Predicts and evaluates with the model of a run, on rows of any form."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from kspec.runs.loaded_members import evaluate_members, members_at, predict_mean
from kspec.runs.rows import Rows, file_of
from kspec.runs.run_folder import RunFolderError
from kspec.runs.run_loader import evaluate_run, load_run, predictions_of, read_examples


def predict_rows(
    place: str,
    rows: Rows | None,
    *,
    split: str | None,
    nodes: str | Iterable[str],
    allow_code: bool,
    allow_outside: bool,
) -> dict[str, Any]:
    """Predicts; see `kspec.predict`.

    Args:
        place: A run folder, or the name of a spec that has been run.
        rows: New data; None for the run's own.
        split: A split of the run's own data; by default the first that it has of test, validation and train.
        nodes: Nodes to predict besides the outputs.
        allow_code: Import the run's extensions.
        allow_outside: Read data outside the run's folder and the working directory.
    """
    names = [nodes] if isinstance(nodes, str) else list(nodes)
    members = members_at(place, allow_code=allow_code, allow_outside=allow_outside)
    if members is not None and names:
        raise RunFolderError(f"`nodes` needs one model; name that of one run: {members.first}")
    with _file(rows) as file:
        if members is not None:
            return predict_mean(members, file, split)[3].mean
        loaded = load_run(place, nodes=names, allow_code=allow_code, allow_outside=allow_outside)
        examples, _ = read_examples(loaded, file, split, need_targets=False)
        predictions, values = predictions_of(loaded, examples)
    return predictions | values


def evaluate_rows(
    place: str, rows: Rows | None, *, split: str | None, allow_code: bool, allow_outside: bool
) -> dict[str, float]:
    """Evaluates; see `kspec.evaluate`.

    Args:
        place: A run folder, or the name of a spec that has been run.
        rows: New data with targets; None for the run's own.
        split: As for `predict_rows`.
        allow_code: As for `predict_rows`.
        allow_outside: As for `predict_rows`.
    """
    members = members_at(place, allow_code=allow_code, allow_outside=allow_outside)
    with _file(rows) as file:
        if members is not None:
            spreads = evaluate_members(members, file, split).spreads
            return {name: each.mean for name, each in spreads.items()}
        loaded = load_run(place, allow_code=allow_code, allow_outside=allow_outside)
        return evaluate_run(loaded, read_examples(loaded, file, split, need_targets=True)[0])


def _file(rows: Rows | None) -> AbstractContextManager[str | None]:
    """The file of rows, while it is needed; None for no rows."""
    return nullcontext() if rows is None else file_of(rows)
