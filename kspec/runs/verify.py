"""`kspec verify`: whether a run folder says the truth: data, model and metrics, and training itself, done again."""

from __future__ import annotations

import math
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, NamedTuple

from kspec.backend.tensorflow import exclusive_keras
from kspec.compiler.compile import CompiledSpec, compile_spec
from kspec.compiler.define import BuiltModel
from kspec.data import Dataset
from kspec.language import Permissions
from kspec.runs.environment import environment
from kspec.runs.execute import Execution
from kspec.runs.member_plan import MemberPlan
from kspec.runs.member_summary import metrics_json, summarize
from kspec.runs.recorder import HistoryWriter
from kspec.runs.resolved_file import resolved_file
from kspec.runs.run import Run
from kspec.runs.run_evaluation import evaluate_run
from kspec.runs.run_folder import RunFolder, find_run, require_inside
from kspec.runs.run_loader import LoadedRun, load_run, read_examples
from kspec.runs.run_record import MetricsJson, read_part, read_record
from kspec.runs.saved_results import read_history, read_results
from kspec.syntax.path_policy import PathPolicy
from kspec.training.console import Console
from kspec.training.engine import Engine, Schedule
from kspec.training.fit import History


class Comparison(NamedTuple):
    """Something that the folder records, and what it is now.

    Args:
        what: `data x.csv`, `keras`, `epoch 1: loss`.
        recorded: What the folder says.
        now: What is found.
        verdict: `same`; `differs`, if the folder does not say the truth; `other`, if it may explain a difference.
    """

    what: str
    recorded: str
    now: str
    verdict: Literal["same", "differs", "other"]


def verify(
    place: str, *, runs: str = "runs", full: bool = False, allow_code: bool = False, allow_outside: bool = False
) -> Iterator[Comparison]:
    """Compares a run with what its folder says of it; of a run of several, each of them, and what they have in common.

    Args:
        place: A run folder, `latest` of one, or the name of a spec that has been run.
        runs: The folder of the run folders.
        full: Train all epochs again, and compare weights and predictions as well; else the first epoch.
        allow_code: Import the run's extensions.
        allow_outside: Read data outside the run's folder and the working directory.

    Yields:
        The comparisons: versions, machine, data, model, metrics, epochs. Without those of training if the data has
        changed.

    Raises:
        RunFolderError: If there is no such run, or its files are damaged.
        SpecError: If its resolved spec has errors.
    """
    folder = find_run(place, runs)
    record = read_record(folder)
    if record.get("members") is None:
        yield from _run(str(folder), full=full, allow_code=allow_code, allow_outside=allow_outside)
        return
    known = set[Comparison]()
    for name in _member_names(record):
        path = folder / name
        if not (path / "model.keras").exists():
            if record.get("status") == "finished":
                yield Comparison(f"{name}: model", "trained", "none", "differs")
            continue
        require_inside(path, folder)
        for each in _run(str(path), full=full, allow_code=allow_code, allow_outside=allow_outside):
            if each.verdict != "other" or each not in known:  # once, where all were made by another version
                yield each._replace(what=f"{name}: {each.what}")
            known.add(each)
    yield from _summary(folder, record)


def _member_names(record: Mapping[str, Any]) -> list[str]:
    """The names of the folders of folds or repeats."""
    members = record["members"]
    return [f"{members['kind']}-{number}" for number in range(1, members["count"] + 1)]


def _summary(folder: Path, record: Mapping[str, Any]) -> Iterator[Comparison]:
    """What the folder says of all members together, against what follows from their own files.

    Args:
        folder: The run folder of all.
        record: Its `run.json`.
    """
    members = record["members"]
    paths = [folder / name for name in _member_names(record)]
    result = Run(folder.parent.name, folder, members=[read_results(path) for path in paths if path.is_dir()])
    plan = MemberPlan(members["kind"], members["count"], data_seed=0 if members["shares_split"] else None)
    summarize(result, plan)
    try:
        plain = read_part(folder / "metrics.json", MetricsJson, PathPolicy(folder, Permissions(folders=())).open_file)[
            1
        ]
    except (OSError, ValueError):
        plain = {}
    now = metrics_json(result)
    for part, what in (("evaluate", "mean"), ("deviation", "deviation"), ("validation", "mean of validation")):
        yield from _numbers(what, plain.get(part) or {}, now[part])


def _run(folder: str, *, full: bool, allow_code: bool, allow_outside: bool) -> Iterator[Comparison]:
    """The comparisons of one run; see `verify`.

    Args:
        folder: The run folder.
        full: As for `verify`.
        allow_code: As for `verify`.
        allow_outside: As for `verify`.
    """
    run = load_run(folder, allow_code=allow_code, allow_outside=allow_outside)
    yield from _environments(run.record)
    yield Comparison("parameters", *_pair(run.record.get("parameters"), int(run.model.count_params())))
    if run.spec.document.data is None:
        return
    execution = _Repetition(run, Permissions(allow_code, allow_outside), full=full)
    try:
        yield from execution.compare_data()
        if not execution.has_same_data:
            return
        yield from _metrics(run)
        yield from execution.compare_training()
    finally:
        execution.close()


def _pair(recorded: Any, now: Any) -> tuple[str, str, Literal["same", "differs"]]:
    """What is recorded and what is found, as text, with the verdict."""
    return str(recorded), str(now), "same" if recorded == now else "differs"


def _environments(record: Mapping[str, Any]) -> Iterator[Comparison]:
    """Versions and machine; another may explain a difference in numbers, and is none itself."""
    for group, now in environment().items():
        before = record.get(group)
        for name, value in now.items():
            known = before.get(name) if isinstance(before, dict) else None
            yield Comparison(name, str(known), str(value), "same" if known == value else "other")


def _numbers(what: str, recorded: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[Comparison]:
    """Numbers by name, compared to the last bit; those that only one side has differ, too.

    Args:
        what: What they are of.
        recorded: Those of the folder; None for a number that is not finite.
        now: Those found.
    """
    for name in dict.fromkeys([*recorded, *now]):
        before, value = recorded.get(name), now.get(name)
        same = before == value or (_is_not_finite(before) and _is_not_finite(value) and name in recorded)
        yield Comparison(f"{what}: {name}", _text(before), _text(value), "same" if same else "differs")


def _is_not_finite(value: Any) -> bool:
    """Whether a number is infinite or NaN; JSON holds null for one."""
    return value is None or (isinstance(value, float) and not math.isfinite(value))


def _text(value: Any) -> str:
    return "none" if value is None else f"{value:.9g}" if isinstance(value, float) else str(value)


def _metrics(run: LoadedRun) -> Iterator[Comparison]:
    """The metrics of the saved model, where it was evaluated on a split of its own data."""
    path = run.folder / "metrics.json"
    try:
        known, plain = read_part(path, MetricsJson, _policy(run).open_file)
    except (OSError, ValueError):
        return
    split = known.evaluate.split
    if split not in ("train", "validation", "test"):
        return
    examples, _ = read_examples(run, None, split, need_targets=True)
    values = {
        name: value
        for name, value in plain["evaluate"].items()
        if name not in ("split", "examples", "intervals", "slices")
    }
    yield Comparison(f"{split}: examples", *_pair(known.evaluate.examples, len(examples)))
    yield from _numbers(split, values, evaluate_run(run, examples))


def _policy(run: LoadedRun) -> PathPolicy:
    """What may be read of a run folder: what lies in it."""
    return PathPolicy(run.folder, Permissions(folders=()))


class _Enough(BaseException):
    """The epochs to compare have been trained; no handler of errors takes it for one."""


class _LimitedEngine:
    """Trains as another engine, up to an epoch.

    Args:
        engine: The other engine.
        epochs: How many epochs to train in all stages.
    """

    def __init__(self, engine: Engine, epochs: int) -> None:
        self.engine = engine
        self.epochs = epochs

    def __getattr__(self, name: str) -> Any:
        return getattr(self.engine, name)

    def fit(self, train: Any, validation: Any, schedule: Schedule, callbacks: list[Any]) -> None:
        """Trains. See `Engine.fit`."""
        from keras.callbacks import LambdaCallback

        def stop(epoch: int, logs: Any) -> None:  # noqa: ARG001
            if epoch + 1 >= self.epochs:
                raise _Enough

        self.engine.fit(train, validation, schedule, [*callbacks, LambdaCallback(on_epoch_end=stop)])


class _Rows(HistoryWriter):
    """Keeps the history, and writes nothing."""

    def __init__(self) -> None:
        super().__init__(None)
        self.rows: History = []

    def __call__(self, history: History) -> None:
        self.rows = list(history)


class _Repeated(Execution):
    """An execution on data that has been read, up to an epoch.

    Args:
        compiled: The spec, without errors.
        folder: Where to write.
        epochs: How many epochs to train; None for all.
    """

    def __init__(self, compiled: CompiledSpec, folder: Path, epochs: int | None) -> None:
        super().__init__(compiled, RunFolder(folder, is_part=True), False, Console(quiet=True))
        self.epochs = epochs

    def _read_data(self) -> Dataset | None:
        self.spec, self.analysis = self.compiled.unwrap()
        return self.compiled.dataset

    def _engine(self, built: BuiltModel) -> Any:
        engine = super()._engine(built)
        return engine if self.epochs is None else _LimitedEngine(engine, self.epochs)


class _Repetition:
    """Training, done again in a folder of its own.

    Args:
        run: The run.
        permissions: What its spec may do.
        full: Whether to train all epochs; else the first.
    """

    def __init__(self, run: LoadedRun, permissions: Permissions, *, full: bool) -> None:
        self.run = run
        self.full = full
        self.recorded = read_history(run.folder)
        # what ended early by a signal or by its time cannot end there again by itself
        self.is_whole = full and run.record.get("status") == "finished" and run.spec.document.fit.time_limit is None
        self.folder = Path(tempfile.mkdtemp(prefix="kspec-verify-"))
        overrides = ["fit.time_limit=null"] if run.spec.document.fit.time_limit is not None else []
        compiled = compile_spec(resolved_file(run.folder, run.record), overrides, permissions=permissions)
        compiled.unwrap()
        self.compiled = compiled
        limit = None if self.is_whole else len(self.recorded) if full else 1

        self.execution = _Repeated(compiled, self.folder, limit)
        self.execution.recorder.history = self.history = _Rows()

    @property
    def has_same_data(self) -> bool:
        """Whether the data is that of the run."""
        assert self.compiled.dataset is not None
        known = self.run.record.get("data", {}).get("fingerprints", {})
        return sorted(known.values()) == sorted(self.compiled.dataset.fingerprint.values())

    def compare_data(self) -> Iterator[Comparison]:
        """Reads the data, and compares the fingerprint of each file."""
        dataset = self.compiled.read_data()
        self.compiled.report.raise_errors()
        assert dataset is not None
        known = self.run.record.get("data", {}).get("fingerprints", {})
        names = dict.fromkeys([*known, *dataset.fingerprint])
        if self.has_same_data:  # under other names where the folder has moved
            names = dict.fromkeys(known)
            yield from (Comparison(f"data: {name}", known[name][:12], known[name][:12], "same") for name in names)
            return
        for name in names:
            before, now = known.get(name), dataset.fingerprint.get(name)
            verdict: Literal["same", "differs"] = "same" if before == now else "differs"
            yield Comparison(f"data: {name}", (before or "none")[:12], (now or "none")[:12], verdict)

    @exclusive_keras()
    def compare_training(self) -> Sequence[Comparison]:
        """Trains, and compares the history; of all epochs, also weights and predictions."""
        if not self.recorded:
            return []
        try:
            with self.execution.console.own_output():
                result = self.execution.run()
        except _Enough:
            result = None
        epochs = len(self.recorded) if self.full else 1
        found: list[Comparison] = []
        for number in range(epochs):
            now = self.history.rows[number] if number < len(self.history.rows) else {}
            own = list(_numbers(f"epoch {number + 1}", self.recorded[number], now))
            differing = [each for each in own if each.verdict != "same"]
            found += own if number == 0 else differing
            if differing:
                break
        if self.full and all(each.verdict == "same" for each in found):
            found.append(Comparison(f"epochs 1 to {epochs}", "history.csv", "trained again", "same"))
        if result is not None and result.model is not None:
            found += self._compare_results(result.model)
        return found

    def _compare_results(self, model: Any) -> Iterator[Comparison]:
        """Compares weights and predictions.

        Args:
            model: The model trained again.
        """
        import numpy

        pairs = list(zip(self.run.model.get_weights(), model.get_weights(), strict=True))
        unequal = sum(not numpy.array_equal(before, now, equal_nan=before.dtype.kind == "f") for before, now in pairs)
        now = "the same bits" if not unequal else f"{unequal} of {len(pairs)} arrays differ"
        yield Comparison("weights", f"{len(pairs)} arrays", now, "differs" if unequal else "same")
        for path in sorted(self.folder.glob("predictions*")):
            try:
                with _policy(self.run).open_file(str(self.run.folder / path.name)) as file:
                    same = file.read(path.stat().st_size + 1) == path.read_bytes()
            except OSError:
                same = False
            yield Comparison(
                path.name, "as written", "the same bytes" if same else "other bytes", "same" if same else "differs"
            )

    def close(self) -> None:
        """Deletes the folder."""
        shutil.rmtree(self.folder, ignore_errors=True)
