"""Runs the trials of a sweep on the machines of a cluster, with the results that they have here."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from kspec.backend.tensorflow import import_tensorflow
from kspec.cluster.connect import Cluster
from kspec.cluster.place import Place
from kspec.cluster.pool import Pool, WorkersLost
from kspec.cluster.pool import Task as ClusterTask
from kspec.compiler.search.points import corners
from kspec.compiler.search.verdict import judge
from kspec.diagnostics import Source
from kspec.language import Permissions, Spec, load_file
from kspec.runs.run_folder import TRIALS, RunFolderError
from kspec.runs.worker_needs import data_bytes, files_of
from kspec.sweep.trial import Task, TrialResult, TrialRunner
from kspec.training.console import Console


@dataclass(frozen=True, slots=True)
class _TrialWork:
    """What a worker needs to run trials.

    Args:
        source: The text of the spec.
        overrides: Its overrides.
        granted: What the user allows it to do.
        folder: The folder of the sweep.
        keeps_models: Whether trained models are saved.
    """

    source: Source
    overrides: tuple[str, ...]
    granted: tuple[bool, bool, bool]
    folder: str
    keeps_models: bool

    def begin(self, place: Place) -> Callable[[Task, int], TrialResult]:
        """Imports TensorFlow, and reads the spec; returns what runs a trial."""
        import_tensorflow()
        spec = load_file(place.source(self.source), self.overrides, Permissions(*self.granted))
        folder = place.path(self.folder)
        runner = TrialRunner(spec, folder, self.keeps_models)

        def run(task: Task, _: int) -> TrialResult:
            (folder / TRIALS).mkdir(exist_ok=True)
            return next(runner.run([task]))

        return run


@dataclass(slots=True)
class ClusterWorkers:
    """The workers on a cluster that run the trials of a sweep; the same face as `Workers`.

    Args:
        spec: The spec of the sweep.
        folder: Its folder.
        cluster: The cluster.
        jobs: How many trials run side by side; None for as many as the cluster has room for.
        keeps_models: Whether trained models are saved.
        console: Where to print.
    """

    spec: Spec
    folder: Path
    cluster: Cluster
    jobs: int | None
    keeps_models: bool
    console: Console
    _pool: Pool | None = field(default=None, init=False)

    def run(self, groups: Sequence[Sequence[Task]]) -> Iterator[tuple[Task, TrialResult]]:
        """Runs trials, each alone.

        Args:
            groups: The trials; those of a group could train together.

        Returns:
            The trials with their results, in order.

        Raises:
            SpecError: If the cluster is too small, or a machine has other packages.
            RunFolderError: If worker after worker is lost.
        """
        if self._pool is None:
            self._pool = self._opened()
        tasks = sorted((task for group in groups for task in group), key=lambda task: task.number)
        of_cluster = [ClusterTask(f"trial {task.number}", f"{TRIALS}/{task.number}", task) for task in tasks]
        try:
            for task, answer in zip(tasks, self._pool.map(of_cluster), strict=True):
                if answer.error is not None:
                    raise answer.error
                yield task, answer.result
        except WorkersLost as error:
            raise RunFolderError(f"{error}; `--resume` goes on") from None

    def close(self) -> None:
        """Ends the workers, and the trials that they still run: these are run again when the sweep goes on."""
        if self._pool is not None:
            self._pool.close()
            self._pool = None

    def _opened(self) -> Pool:
        spec, sweep = self.spec, self.spec.document.sweep
        assert sweep is not None
        granted = (spec.permissions.code, spec.permissions.outside, spec.permissions.network)
        work = _TrialWork(spec.source, spec.overrides, granted, str(self.folder), self.keeps_models)
        files = files_of(spec, self.folder, self.folder.resolve().parents[1])
        known = [judge(spec, point, []).measures.get("memory", 0) for point in corners(sweep.search)]
        memory = max(known, default=0) + data_bytes(spec)
        pool = Pool(self.cluster, work, files, memory, self.jobs, lambda text: self.console.step("ray", text))
        if pool.open(sweep.batch_size) < pool.rooms and self.jobs is None:
            hint = f"the cluster has room for {pool.rooms} trials at once; write `sweep: {{batch: {pool.rooms}}}`"
            self.console.step("sweep", hint)
        return pool
