"""What a worker does: the chief runs the spec, and the others train with it."""

from __future__ import annotations

import functools
import os
import signal
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from multiprocessing.connection import Connection
from typing import TYPE_CHECKING

from kspec.backend.tensorflow import exclusive_keras, import_tensorflow
from kspec.compiler.compile import CompiledSpec, compile_spec
from kspec.compiler.define import BuiltModel
from kspec.diagnostics import SpecError
from kspec.runs.execute import Execution
from kspec.runs.parent import end_with_parent
from kspec.runs.resumption import Resumption
from kspec.runs.run import Run
from kspec.runs.run_folder import RunFolder
from kspec.runs.run_record import read_record
from kspec.runs.stopped_run import resumption_of
from kspec.runs.workers.task import Task
from kspec.syntax.path_policy import PathPolicy
from kspec.training.console import Console
from kspec.training.interrupt import SIGNALS
from kspec.training.stage_setup import begin_stage

if TYPE_CHECKING:
    from kspec.training.workers.cluster import Cluster
    from kspec.training.workers.engines import ChiefEngine


def work(rank: int, task: Task, threads: int | None = None) -> Run | None:
    """Does a worker's share of a run, in a process where `TF_CONFIG` names all workers.

    Args:
        rank: Which one, from 0; that is the chief.
        task: The run.
        threads: The threads of an operation; those of TensorFlow's choice by default.

    Returns:
        The run of the chief, without its model; None of the others.

    Raises:
        SpecError: If the spec or its data has errors.
        StepFailed: If Keras or TensorFlow fails in a step.
    """
    tensorflow = import_tensorflow()
    if threads is not None:
        tensorflow.config.threading.set_intra_op_parallelism_threads(threads)
    from kspec.training.workers.cluster import Cluster

    cluster = Cluster.join(rank, task.workers)
    if rank:
        _follow(task, cluster)
        return None
    return replace(_lead(task, cluster), _model=None)


def serve(rank: int, task: Task, environment: Mapping[str, str], threads: int, results: Connection) -> None:
    """Works in a process of its own, and sends what it yields: a run, or an error; nothing if it is not the chief.

    Args:
        rank: As for `work`.
        task: As for `work`.
        environment: Variables of the environment, `TF_CONFIG` among them.
        threads: As for `work`.
        results: Receives the result.
    """
    end_with_parent()
    if rank:  # a signal to all processes is the chief's to answer, which ends the others
        for number in SIGNALS:
            signal.signal(number, signal.SIG_IGN)
    os.environ.update(environment)
    sys.path += [folder for folder in task.modules if folder not in sys.path]
    result: Run | BaseException | None
    try:
        result = work(rank, task, threads)
    except KeyboardInterrupt:
        result = None
    except Exception as error:
        result = error
    try:
        results.send(result)
    except Exception:  # an error that cannot be sent as it is
        with suppress(OSError):
            results.send(RuntimeError(str(result)))
    if rank:  # what TensorFlow tidies at the end waits for the other workers
        os._exit(0)


class _Leading(Execution):
    """An execution whose engine trains together with other workers."""

    cluster: Cluster
    leading: ChiefEngine | None = None

    def _engine(self, built: BuiltModel) -> ChiefEngine:
        from kspec.training.workers.engines import ChiefEngine

        announce = functools.partial(self.console.step, "fit")
        self.leading = ChiefEngine(built.model, self.cluster, built.graph, built.network, announce)
        return self.leading


class _Following(Execution):
    """An execution that reads the data and builds the model, and trains as the chief tells it."""

    cluster: Cluster

    def _run_steps(self) -> None:
        from kspec.training.workers.engines import FollowerEngine
        from kspec.training.workers.orders import Kind

        dataset = self._read_data()
        built = self._adopt(self._build(dataset), dataset)
        self._compile(built)
        if dataset is None:
            return
        splits = self._batch_splits(built, dataset)
        engine = FollowerEngine(built.model, self.cluster, built.graph, built.network)
        while (order := engine.orders.receive()).kind != Kind.DISMISS:
            stage = built.settings.stages[order.schedule.stage - 1]
            if stage.name:
                begin_stage(built, stage)
            engine.follow(splits["train"], splits.get("validation"), order.schedule)


def _lead(task: Task, cluster: Cluster) -> Run:
    """Runs the spec as one process does, or goes on with its run."""
    console = Console(task.quiet, sys.stderr if task.to_stderr else sys.stdout)
    resumption = _resumption(task) if task.goes_on else None
    spec = task.spec() if resumption is None else resumption.spec
    with exclusive_keras(), console.own_output():
        started = time.perf_counter()
        compiled = _compiled(compile_spec(spec), console)
        folder = None if task.folder is None else RunFolder(task.folder)
        execution = _Leading(compiled, folder, task.folder is None, console, resumption)
        execution.cluster, execution.keeps_data = cluster, task.cache
        execution.recorder.durations["check"] = round(time.perf_counter() - started, 4)
        run = execution.run()
        if execution.leading is not None:
            execution.leading.dismiss()
        return run


def _follow(task: Task, cluster: Cluster) -> None:
    """Trains as the chief tells it; the chief reports what is wrong with the spec."""
    console = Console(True, warns=False)
    with exclusive_keras(), console.own_output():
        execution = _Following(_compiled(compile_spec(task.spec()), console), None, True, console)
        execution.cluster = cluster
        with suppress(SpecError):
            execution.run()


def _compiled(compiled: CompiledSpec, console: Console) -> CompiledSpec:
    compiled.unwrap()
    console.warn(compiled.report)
    return compiled


def _resumption(task: Task) -> Resumption:
    """How the run of the task goes on."""
    assert task.folder is not None
    opener = PathPolicy(task.folder, task.granted._replace(folders=())).open_file
    return resumption_of(task.folder, read_record(task.folder, opener), task.changes, task.granted, opener)
