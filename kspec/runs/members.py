"""Runs a spec; with folds or repeats, each of them, as a run in the run folder."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from kspec.cluster.connect import Cluster
from kspec.compiler.compile import compile_spec
from kspec.diagnostics import Report, SpecError
from kspec.language import Permissions, Spec, load_file
from kspec.runs.changes_on_resume import report_changes
from kspec.runs.execute import execute
from kspec.runs.folder_lock import locked
from kspec.runs.member_details import detail_lines
from kspec.runs.member_plan import member_plan
from kspec.runs.member_runs import Members
from kspec.runs.member_summary import finished, metrics_json, numbers_of, summarize, summary_json
from kspec.runs.members_on_cluster import run_on_cluster
from kspec.runs.recorder import Recorder
from kspec.runs.resolved_file import RESOLVED, resolved_file
from kspec.runs.resumption import Resumption
from kspec.runs.run import Run
from kspec.runs.run_folder import RunFolder, RunFolderError
from kspec.runs.run_record import read_record
from kspec.runs.side_by_side import run_side_by_side
from kspec.runs.spec_fingerprint import plain_values
from kspec.runs.stopped_run import spec_as_written
from kspec.runs.workers.launch import has_workers, run_with_workers
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
    jobs: int | None = None,
    folder: RunFolder | None = None,
    cluster: Cluster | None = None,
    on_folder: Callable[[Path], None] = lambda _: None,
) -> Run:
    """Runs a spec; with folds or repeats, each of them, or only the first in a smoke run. See `execute`.

    Args:
        spec: A loaded spec.
        out: Where run folders are made.
        smoke: Run a few batches through every step, and write nothing.
        quiet: Print nothing.
        console: Where to print; standard output by default.
        cache: Store the data for the next run, even if its table is not large.
        jobs: How many members run side by side; by default one, or as many as a cluster has room for.
        folder: The run folder; by default a new one in `out`.
        cluster: Where members run, or the workers of one model; by default on this machine.
        on_folder: Called with a new run folder, before anything is written there.

    Returns:
        The run. With folds or repeats, its metrics are the means over them, and it has no model of its own.
    """
    console, plan = console or Console(quiet), member_plan(spec.document)
    if has_workers(spec) and plan is None:
        return run_with_workers(
            spec, folder, console, out=out, smoke=smoke, cache=cache, cluster=cluster, on_folder=on_folder
        )
    if smoke or plan is None:
        return execute(
            spec, out=out, smoke=smoke, quiet=quiet, console=console, cache=cache, folder=folder, on_folder=on_folder
        )
    compiled = compile_spec(spec)
    compiled.unwrap()
    console.warn(compiled.report)
    if folder is None:
        folder = RunFolder.create(out, spec.name)
        on_folder(folder.path)
    with locked(folder.path):
        return _run(Members(spec, plan, folder, console, cache), jobs, cluster=cluster)


def resume_members(
    folder: RunFolder,
    record: dict[str, Any],
    changes: tuple[str, ...],
    permissions: Permissions,
    console: Console,
    jobs: int | None = None,
    force: bool = False,
    cluster: Cluster | None = None,
) -> Run:
    """Goes on with the run of several: those that have finished stay, unless something changes; the rest is run.

    Args:
        folder: Their run folder.
        record: Its `run.json`.
        changes: What changes in the spec from here on.
        permissions: What the user allows the spec to do.
        console: Where to print.
        jobs: As for `run_spec`.
        force: Go on with members although another machine may still be running them.
        cluster: Where members run; by default on this machine.

    Raises:
        RunFolderError: If a member is still running, or the folder is damaged.
        SpecError: If the spec or the data has changed, or would change in a way that it may not.
    """
    if (folder.path / RESOLVED).exists():
        resolved = resolved_file(folder.path, record)
        spec = load_file(resolved, changes, permissions)
        report = Report()
        report_changes(plain_values(load_file(resolved, (), permissions)), spec, 1, report)
        report.raise_errors()
    else:
        spec = spec_as_written(folder.path, record, changes, permissions)
    plan = member_plan(spec.document)
    if plan is None or plan.to_json() != record["members"]:
        raise RunFolderError(f"the run {folder.path} is damaged: its spec and its `run.json` disagree on its parts")
    members = Members(spec, plan, folder, console, changes=changes, force=force)
    stopped = {number: members.resumption(number) for number in range(1, plan.count + 1)}  # all errors come first
    kept = [number for number in stopped if (members.path(number) / "run.json").is_file() and stopped[number] is None]
    resumption = Resumption(folder, record, spec, changes)
    known = [read_record(members.path(number)) for number in kept]
    if known:
        compiled = compile_spec(plan.spec_of(spec, 1))
        compiled.unwrap()
        dataset = compiled.read_data(shared=members.table)
        compiled.report.raise_errors()
        Resumption(folder, known[0], spec).check_data(dataset, compiled.report)
        compiled.report.raise_errors()
    groups = {
        "finished": kept,
        "going on": [number for number, own in stopped.items() if own is not None],
        "to begin": [number for number, own in stopped.items() if own is None and number not in kept],
    }
    counts = ", ".join(f"{len(group)} {word}" for word, group in groups.items() if group)
    console.step("resume", f"{folder.path}: of {plan.count} {plan.kind}s, {counts}")
    return _run(members, jobs, resumption, cluster)


def _run(
    members: Members, jobs: int | None, resumption: Resumption | None = None, cluster: Cluster | None = None
) -> Run:
    """Runs members, and writes what they have in common.

    Args:
        members: The members.
        jobs: As for `run_spec`.
        resumption: How their run goes on; None for one that begins.
        cluster: Where they run; None for this machine.
    """
    folder, plan, console = members.folder, members.plan, members.console
    result = Run(members.spec.name, folder.path)
    recorder = Recorder(members.spec, result, folder, resumption)
    recorder.facts["members"] = plan.to_json()
    try:
        recorder.begin()
        if cluster is not None:
            runs = run_on_cluster(members, cluster, jobs)
        else:
            runs = members.one_by_one() if jobs in (None, 1) else run_side_by_side(members, min(jobs, plan.count))
        for number, run in runs:
            members.add(number, run, result)
        summarize(result, plan)
        names = [plan.folder(number) for number in range(1, plan.count + 1)]
        members.write_predictions(result)
        folder.json("metrics.json", metrics_json(result))
        folder.json("summary.json", summary_json(result, plan, names))
        is_whole = len(result.members) == plan.count and not result.interrupted_by
        recorder.finish("finished" if is_whole else "interrupted")
    except SpecError as error:
        if result.members:
            recorder.finish("failed", error.errors)
        elif resumption is not None:
            resumption.give_back()
        else:
            folder.delete()
        raise
    except KeyboardInterrupt:  # between two members
        result.interrupted_by = result.interrupted_by or "SIGINT"
        recorder.finish("interrupted")
        return result
    except Exception as error:
        recorder.finish("failed", str(error))
        raise
    for line in _lines(result):
        console.step(f"{plan.kind}s", line)
    done = finished(result)
    for step, line in detail_lines(done, shared=bool(done) and plan.shares(done[0].metrics["split"])):
        console.step(step, line)
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
