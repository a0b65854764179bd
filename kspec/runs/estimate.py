"""What a run takes: memory, disk and time, by measuring some of its steps."""

from __future__ import annotations

import shutil
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kspec.analysis.training_memory import TrainingMemory, training_memory
from kspec.backend.tensorflow import exclusive_keras
from kspec.compiler.compile import CompiledSpec, compile_spec
from kspec.compiler.define import BuiltModel
from kspec.diagnostics import codes
from kspec.language import Spec
from kspec.language.byte_sizes import bytes_text
from kspec.runs.execute import Execution
from kspec.runs.member_plan import member_plan
from kspec.runs.run_folder import RunFolder
from kspec.summary.summary import summarise
from kspec.training.console import Console

if TYPE_CHECKING:
    from kspec.training.engine.measuring import MeasuringEngine

START = ("check", "data", "import", "define", "compile")
"""The steps of a run before training."""


@dataclass(slots=True)
class Estimate:
    """What a run takes.

    Args:
        name: The spec's name.
        parameters: The number of parameters; None if it is unknown.
        flops: Floating-point operations of a forward pass for one example; None if unknown.
        batch_size: Examples in a step.
        training: Bytes of weights, gradients and optimizer; None if unknown.
        activations: Bytes of the outputs of all nodes for a batch, which a step stores; None if unknown.
        epochs: The number of epochs in all stages.
        runs: How many runs the spec is: one for each fold or repeat.
        workers: How many processes train it together; memory and seconds are those of one that trains alone.
        data: Bytes of the examples; None if they have not been read.
        memory: Bytes of the process at its peak; None if not measured.
        disk: Bytes of the run folder; None if not measured.
        seconds: Seconds of `start`, `fit` and `finish` (evaluate, predict, save); empty if not measured.
        epoch: Seconds of an epoch with its validation; None if not measured.
        is_bound: Whether an EarlyStopping may end training sooner: no run takes longer than these seconds.
    """

    name: str
    parameters: int | None
    flops: int | None
    batch_size: int
    training: TrainingMemory | None
    activations: int | None
    epochs: int
    runs: int = 1
    workers: int = 1
    data: int | None = None
    memory: int | None = None
    disk: int | None = None
    seconds: dict[str, float] = field(default_factory=dict)
    epoch: float | None = None
    is_bound: bool = False

    @property
    def total(self) -> float | None:
        """Seconds of all runs; None if not measured."""
        return self.runs * sum(self.seconds.values()) if self.seconds else None

    def to_json(self) -> dict[str, Any]:
        """Plain values for `--format json`: bytes, seconds and counts."""
        parts = (
            {} if self.training is None else {name: getattr(self.training, name) for name in TrainingMemory.__slots__}
        )
        return {
            "name": self.name,
            "parameters": self.parameters,
            "flops": self.flops,
            "batch_size": self.batch_size,
            "epochs": self.epochs,
            "runs": self.runs,
            "workers": self.workers,
            "memory": {**parts, "activations": self.activations, "data": self.data, "peak": self.memory},
            "disk": self.disk,
            "seconds": {**self.seconds, "epoch": self.epoch, "total": self.total, "at_most": self.is_bound},
        }


def estimate(spec: Spec, *, static: bool = False) -> tuple[Estimate, CompiledSpec]:
    """Estimates what a run takes.

    Args:
        spec: A loaded spec.
        static: Only what follows from the spec, without TensorFlow. Else some steps of each part of the run are run
            and measured: at least three of training, and all where they are short.

    Returns:
        The estimate; and the compiled spec, whose report has an error for each budget that is exceeded.

    Raises:
        SpecError: with every error in the spec or its data.
        StepFailed: if Keras or TensorFlow fails in a step.
    """
    started = time.perf_counter()
    plan = member_plan(spec.document)
    if plan is not None:
        spec = plan.spec_of(spec, 1)
    compiled = compile_spec(spec)
    compiled.unwrap()
    if static:
        if compiled.unwrap()[1].needs_data and spec.document.data is not None:
            compiled.read_data()
        result = _of_spec(compiled)
    else:
        result = _measure(compiled, started)
    result.runs = 1 if plan is None else plan.count
    result.workers = spec.document.fit.workers or 1
    _compare(result, compiled)
    return result, compiled


def _of_spec(compiled: CompiledSpec) -> Estimate:
    """What follows from a spec, and from its data if that has been read."""
    spec, analysis = compiled.unwrap()
    document, summary = spec.document, summarise(spec.name, analysis.graph, analysis.types)
    assert analysis.settings is not None
    batch, memory = document.fit.batch_size, summary.memory
    result = Estimate(
        spec.name,
        summary.parameters,
        summary.flops,
        batch,
        training_memory(analysis, document.dtype_policy),
        None if memory is None else batch * memory,
        epochs=sum(stage.epochs for stage in analysis.settings.stages),
    )
    if compiled.dataset is not None:
        parts = compiled.dataset.splits.values()
        arrays = [array for part in parts for group in (part.inputs, part.targets) for array in group.values()]
        result.data = sum(int(getattr(array, "nbytes", 0)) for array in arrays)
    return result


class _Measurement(Execution):
    """An execution whose engine runs as much of each step as tells how long the whole takes."""

    measuring: MeasuringEngine | None = None

    def _engine(self, built: BuiltModel) -> MeasuringEngine:
        from kspec.training.engine.measuring import MeasuringEngine

        self.measuring = MeasuringEngine(super()._engine(built))
        return self.measuring


@exclusive_keras()
def _measure(compiled: CompiledSpec, started: float) -> Estimate:
    """Runs some of a spec in a folder of its own.

    Args:
        compiled: The spec, without errors.
        started: When the check began.
    """
    folder = Path(tempfile.mkdtemp(prefix="kspec-estimate-"))
    try:
        execution = _Measurement(compiled, RunFolder(folder, is_part=True), False, Console(quiet=True))
        durations = execution.recorder.durations
        durations["check"] = time.perf_counter() - started
        with execution.console.own_output():
            execution.run()
        took = time.perf_counter() - started
        result = _of_spec(compiled)
        result.disk = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
        if execution.checkpoints is not None and not execution.checkpoints.store.files():
            result.disk += _checkpoint_bytes(execution)  # a part of the training has not come to its end
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    result.memory = _peak_memory()
    start = sum(durations.get(step, 0.0) for step in START)
    fit, missing = durations.get("fit", 0.0), 0.0
    if execution.measuring is not None:
        result.epoch, limit = execution.measuring.epoch, execution.spec.document.fit.seconds
        missing = execution.measuring.missing["fit"]
        callbacks = execution.spec.document.fit.callbacks
        heads = {next(iter(callback)) if isinstance(callback, dict) else callback for callback in callbacks}
        result.is_bound = missing > 0 and "EarlyStopping" in heads
        if limit is not None:
            missing = max(0.0, min(missing, limit - fit))
        took += execution.measuring.missing["evaluate"] + execution.measuring.missing["predict"]
    result.seconds = {"start": start, "fit": fit + missing, "finish": took - start - fit}
    return result


def _checkpoint_bytes(execution: Execution) -> int:
    """Bytes of the checkpoint that a run keeps: weights, those of the best epoch, and the optimizer.

    Args:
        execution: The execution, after training.
    """
    model, document = execution.result.model, execution.spec.document
    arguments = [next(iter(each.values())) or {} for each in document.fit.callbacks if isinstance(each, dict)]
    has_best = document.fit.keep == "best" or any(each.get("restore_best_weights") for each in arguments)
    variables = [*model.variables, *model.optimizer.variables, *(model.weights if has_best else [])]
    return sum(int(variable.numpy().nbytes) for variable in variables)


def _peak_memory() -> int | None:
    """The most memory that this process has had, in bytes; None where the system does not tell."""
    try:
        import resource
    except ImportError:
        return None
    return int(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss) * (1 if sys.platform == "darwin" else 1024)


def _compare(result: Estimate, compiled: CompiledSpec) -> None:
    """Reports where an estimate exceeds the budget of the spec."""
    spec, _ = compiled.unwrap()
    budget = spec.document.budget
    if budget.bytes is not None and result.memory is not None and result.memory > budget.bytes:
        compiled.report.error(
            codes.OVER_BUDGET,
            f"a run takes {bytes_text(result.memory)} of memory, more than the budget",
            spec.positions.value(("budget", "memory")),
            help="use smaller batches or fewer parameters, or raise the budget",
        )
    if budget.seconds is not None and result.total is not None and result.total > budget.seconds:
        compiled.report.error(
            codes.OVER_BUDGET,
            f"{_takes(result)} {seconds_text(result.total)}, more than the budget",
            spec.positions.value(("budget", "time")),
            help="train fewer epochs, set `fit: {time_limit: ...}`, or raise the budget",
        )


def _takes(result: Estimate) -> str:
    """The begin of a sentence on the time of a run: `a run takes`."""
    subject = "the runs" if result.runs > 1 else "a run"
    return f"{subject} can take" if result.is_bound else f"{subject} take{'' if result.runs > 1 else 's'}"


def seconds_text(seconds: float) -> str:
    """A length of time, as in `4.2 s`, `12 min`, `3 h 20 min`.

    >>> [seconds_text(value) for value in (0.0042, 4.21, 75.0, 12000.0)]
    ['4.2 ms', '4.2 s', '1 min 15 s', '3 h 20 min']
    """
    if seconds < 1:
        return f"{seconds * 1000:.{1 if seconds < 0.00995 else 0}f} ms"
    if seconds < 59.95:
        return f"{seconds:.1f} s" if seconds < 9.95 else f"{seconds:.0f} s"
    minutes, left = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {left} s" if left and minutes < 10 else f"{minutes} min"
    return f"{minutes // 60} h {minutes % 60} min" if minutes % 60 else f"{minutes // 60} h"
