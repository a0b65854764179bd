"""Runs a spec; with folds or repeats, each of them, as a run in the run folder."""

from __future__ import annotations

import os

from kspec.compiler.compile import compile_spec
from kspec.diagnostics import SpecError
from kspec.language import Spec
from kspec.runs.execute import execute
from kspec.runs.member_plan import member_plan
from kspec.runs.member_runs import Members
from kspec.runs.member_summary import finished, metrics_json, numbers_of, summarize, summary_json
from kspec.runs.recorder import Recorder
from kspec.runs.run import Run
from kspec.runs.run_folder import RunFolder
from kspec.runs.side_by_side import run_side_by_side
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
    jobs: int = 1,
) -> Run:
    """Runs a spec; with folds or repeats, each of them, or only the first in a smoke run. See `execute`.

    Args:
        spec: A loaded spec.
        out: Where run folders are made.
        smoke: Run a few batches through every step, and write nothing.
        quiet: Print nothing.
        console: Where to print; standard output by default.
        cache: Store the data for the next run, even if its table is not large.
        jobs: How many members run side by side.

    Returns:
        The run. With folds or repeats, its metrics are the means over them, and it has no model of its own.
    """
    console, plan = console or Console(quiet), member_plan(spec.document)
    if smoke or plan is None:
        return execute(spec, out=out, smoke=smoke, quiet=quiet, console=console, cache=cache)
    compiled = compile_spec(spec)
    compiled.unwrap()
    console.warn(compiled.report)
    folder = RunFolder.create(out, spec.name)
    result = Run(spec.name, folder.path)
    recorder = Recorder(spec, result, folder)
    recorder.facts["members"] = plan.to_json()
    members = Members(spec, plan, folder, console, cache)
    try:
        recorder.begin()
        runs = members.one_by_one() if jobs == 1 else run_side_by_side(members, min(jobs, plan.count))
        for number, run in runs:
            members.add(number, run, result)
        summarize(result, plan)
        names = [plan.folder(number) for number in range(1, plan.count + 1)]
        members.write_predictions(result)
        folder.json("metrics.json", metrics_json(result))
        folder.json("summary.json", summary_json(result, plan.to_json(), names))
        is_whole = len(result.members) == plan.count and not result.interrupted_by
        recorder.finish("finished" if is_whole else "interrupted")
    except SpecError as error:
        if result.members:
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
        console.step(f"{plan.kind}s", line)
    return result


def _lines(result: Run) -> list[str]:
    """Mean ± deviation of each metric."""
    if not result.deviation:
        return []
    values = "  ".join(f"{name} {result.metrics[name]:.4g} ± {result.deviation[name]:.2g}" for name in result.deviation)
    count = len(finished(result))
    lines = [f"{result.metrics['split']}: {values} (mean and standard deviation of {count})"]
    if result.ensemble:
        split = result.ensemble["split"]
        lines.append(f"{split}: {format_metrics(numbers_of(result.ensemble))} (their mean prediction)")
    return lines
