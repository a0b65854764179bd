"""Trains the best point of a sweep again, and evaluates it once on the test split."""

from __future__ import annotations

import shutil

from kspec.cluster.connect import Cluster
from kspec.compiler.search.points import overrides_of
from kspec.language import Spec, load_file
from kspec.runs.member_plan import SEEDS
from kspec.runs.members import run_spec
from kspec.runs.run import Run
from kspec.runs.run_folder import BEST, RunFolder
from kspec.sweep.result import SweepResult, point_text
from kspec.training.console import Console


def best_spec(spec: Spec, result: SweepResult) -> Spec:
    """The spec of the best point, whose seeds the search has not seen.

    Args:
        spec: The spec of the sweep.
        result: What it has found; a best trial among it.
    """
    document = spec.document
    assert document.sweep is not None
    assert document.sweep.then is not None
    own = [*overrides_of(result.best_trials[0].point), "sweep=null"]
    if document.data is not None and document.data.split.folds is None:
        own += [f"seed={(document.seed + 1) % SEEDS}", f"data.seed={document.data_seed}"]
        if document.sweep.then.repeat > 1:
            own += [f"fit.repeats={document.sweep.then.repeat}"]
    return load_file(spec.source, (*spec.overrides, *own), spec.permissions)


def train_best(
    spec: Spec, result: SweepResult, folder: RunFolder, console: Console, cluster: Cluster | None = None
) -> Run:
    """Runs the best point, from reading the data to its predictions.

    Args:
        spec: The spec of the sweep.
        result: What it has found.
        folder: The folder of the sweep.
        console: Where to print.
        cluster: Where its repeats run; by default on this machine.
    """
    best = result.best_trials[0]
    console.step("best", f"trial {best.number}: {point_text(best.point)}")
    shutil.rmtree(folder.path / BEST, ignore_errors=True)  # what a sweep that was stopped has left
    return run_spec(best_spec(spec, result), folder=folder.part(BEST), console=console, cluster=cluster)
