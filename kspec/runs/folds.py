"""Runs a spec, all folds of it if it has some: each fold is a run in the run folder."""

from __future__ import annotations

import os
from typing import Any

from kspec.compiler.compile import compile_spec
from kspec.diagnostics import SpecError
from kspec.language import Spec, load_file
from kspec.runs.execute import execute
from kspec.runs.recorder import Recorder
from kspec.runs.run import Run
from kspec.runs.run_folder import RunFolder
from kspec.training.console import Console
from kspec.training.metrics import format_metrics


def run_spec(
    spec: Spec,
    *,
    out: str | os.PathLike[str] = "runs",
    smoke: bool = False,
    quiet: bool = True,
    console: Console | None = None,
    cache: bool = False,
) -> Run:
    """Runs a spec; of a spec with folds, every fold, or only the first in a smoke run. See `execute`.

    Args:
        spec: A loaded spec.
        out: Where run folders are made.
        smoke: Run a few batches through every step, and write nothing.
        quiet: Print nothing.
        console: Where to print; standard output by default.
        cache: Store the data for the next run, even if its table is not large.

    Returns:
        The run. With folds, its metrics are the means over them, and it has no model of its own.
    """
    data, console = spec.document.data, console or Console(quiet)
    folds = None if data is None else data.split.folds
    if smoke or data is None or folds is None or data.split.fold is not None:
        return execute(spec, out=out, smoke=smoke, quiet=quiet, console=console, cache=cache)
    compiled = compile_spec(spec)
    compiled.unwrap()
    console.warn(compiled.report)
    folder = RunFolder.create(out, spec.name)
    result = Run(spec.name, folder.path)
    recorder = Recorder(spec, result, folder)
    recorder.facts["folds"] = folds
    try:
        recorder.begin()
        for number in range(1, folds + 1):
            _run_fold(spec, number, folder, result, console, cache)
            if result.interrupted_by or result.folds[-1].status != "finished":
                break
        _summarize(result)
        folder.json("metrics.json", _metrics(result))
        recorder.finish("finished" if len(result.folds) == folds and not result.interrupted_by else "interrupted")
    except SpecError as error:
        if result.folds:
            recorder.finish("failed", error.errors)
        else:
            folder.delete()
        raise
    except KeyboardInterrupt:
        recorder.finish("interrupted")
        raise
    except Exception as error:
        recorder.finish("failed", str(error))
        raise
    for line in _lines(result):
        console.step("folds", line)
    return result


def _run_fold(spec: Spec, number: int, folder: RunFolder, result: Run, console: Console, cache: bool) -> None:
    """Runs a fold, and prints a line of it.

    Args:
        spec: The spec of all folds.
        number: The fold, from 1.
        folder: The run folder of all folds.
        result: Gets the run.
        console: Where to print.
        cache: As for `run_spec`.
    """
    own = load_file(spec.source, [*spec.overrides, f"data.split.fold={number}"], spec.permissions)
    own_folder = folder.part(f"fold-{number}")
    run = execute(own, console=console.of_part(), cache=cache, folder=own_folder)
    result.folds.append(run)
    result.interrupted_by = run.interrupted_by or ("SIGINT" if run.status == "interrupted" else "")
    for note in run.notes:
        if note not in result.notes:
            result.notes.append(note)
            console.step("data", note)
    if run.status == "finished":
        values = _numbers(run.metrics)
        split = f"{run.metrics.get('split', '')}: {format_metrics(values)}" if values else "nothing evaluated"
        if run.metrics.get("split") == "test":
            split += f"; validation: {format_metrics(run.validation)}"
        console.step("fold", f"{number} of {_count(spec)}  {split}")


def _count(spec: Spec) -> str:
    """The number of folds of a spec, as text."""
    assert spec.document.data is not None
    return str(spec.document.data.split.folds)


def _numbers(metrics: dict[str, Any]) -> dict[str, float]:
    return {name: value for name, value in metrics.items() if isinstance(value, float)}


def _summarize(result: Run) -> None:
    """Means and deviations over the folds that have finished."""
    import numpy

    runs = [run for run in result.folds if run.status == "finished" and run.metrics]
    if not runs:
        return

    def over(values: list[dict[str, float]], function: Any) -> dict[str, float]:
        return {name: float(function([each[name] for each in values])) for name in values[0]}

    evaluated = [_numbers(run.metrics) for run in runs]
    examples = sum(run.metrics["examples"] for run in runs)
    split = runs[0].metrics["split"]
    result.metrics = {"split": split, "examples": examples, **over(evaluated, numpy.mean)}
    result.deviation = over(evaluated, numpy.std)
    result.validation = over([run.validation for run in runs], numpy.mean)


def _metrics(result: Run) -> dict[str, Any]:
    """`metrics.json`: the means over the folds, as those of any run, their deviations, and each fold's own."""
    return {
        "evaluate": result.metrics,
        "deviation": result.deviation,
        "validation": result.validation,
        "folds": [{"evaluate": run.metrics, "validation": run.validation} for run in result.folds],
    }


def _lines(result: Run) -> list[str]:
    """Mean ± deviation of each metric."""
    if not result.deviation:
        return []
    values = "  ".join(f"{name} {result.metrics[name]:.4g} ± {result.deviation[name]:.2g}" for name in result.deviation)
    return [f"{result.metrics['split']}: {values} (mean and standard deviation of {len(result.folds)})"]
