"""The five steps, one after the other: define, compile, fit, evaluate, predict."""

from __future__ import annotations

import functools
import math
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from kspec.analysis.stages import trained_by_stage
from kspec.compiler.compile import CompiledSpec, compile_spec
from kspec.compiler.define import BuiltModel, define
from kspec.data import Dataset
from kspec.data.step_data import StepExamples, choose_examples
from kspec.diagnostics import SpecError
from kspec.language import Spec
from kspec.runs.environment import command_line, environment
from kspec.runs.run import Run
from kspec.runs.run_folder import RunFolder
from kspec.syntax.path_policy import PathPolicy
from kspec.training.console import Console
from kspec.training.engine import Engine, engine_of
from kspec.training.interrupt import Interrupt

HISTORY_SECONDS = 1.0
"""How old `history.csv` may grow while epochs go by; it is rewritten whole."""


def execute(
    spec: Spec,
    *,
    out: str | os.PathLike[str] = "runs",
    smoke: bool = False,
    quiet: bool = True,
    console: Console | None = None,
) -> Run:
    """Runs a spec's life-cycle; see `kspec.run`."""
    console = console or Console(quiet)
    started = time.perf_counter()
    compiled = compile_spec(spec)
    compiled.unwrap()
    console.warn(compiled.report)
    execution = _Execution(compiled, Path(out), smoke, console)
    execution.durations["check"] = round(time.perf_counter() - started, 4)
    return execution.run()


class StepFailed(RuntimeError):
    """A step that Keras or TensorFlow broke off; the message is for the user, the cause is theirs."""


class _Execution:
    def __init__(self, compiled: CompiledSpec, out: Path, smoke: bool, console: Console) -> None:
        self.compiled = compiled
        self.spec, self.analysis = spec, _ = compiled.unwrap()
        self.report = compiled.report
        self.smoke = smoke
        self.console = console
        self.durations: dict[str, float] = {}
        self.facts: dict[str, Any] = {}
        self.started = time.time()
        self.folder = None if smoke else RunFolder.create(out, spec.name)
        self.scratch = Path(tempfile.mkdtemp(prefix="kspec-")) if smoke else None
        self.result = Run(spec.name, self.folder.path if self.folder else None)
        self.document = spec.document
        self.engine: Engine | None = None
        self.interrupt = Interrupt()

    def run(self) -> Run:
        try:
            with self.interrupt:
                self._run()
        except BaseException as error:
            self._finish("failed", str(error))
            raise
        finally:
            if self.scratch is not None:
                shutil.rmtree(self.scratch, ignore_errors=True)
        return self.result

    def _run(self) -> None:
        try:
            self._record("running")
            if self.folder:
                self.folder.text("spec.yaml", self.spec.source.text)
            self._steps()
            self._finish("interrupted" if self.result.status == "interrupted" else "finished")
        except KeyboardInterrupt:
            self.interrupt.heeded()
            self._finish("interrupted")

    def _steps(self) -> None:
        with self._timed("data"):
            dataset = self.compiled.read_data()
            self.spec, self.analysis = self.compiled.unwrap()
        self.console.warn(self.report)
        with self._timed("import"):
            from kspec.backend.tensorflow import import_tensorflow

            import_tensorflow()
        with self._timed("define"):
            built = define(self.spec, self.analysis, self.report, dataset, run_folder=self._writes_to())
        self.report.raise_errors()
        assert built is not None
        self.result.model = built.model
        self._announce_definition(built, dataset)
        with self._timed("compile"):
            from kspec.training.compile import compile_model

            first = built.settings.stages[0]
            line = compile_model(built.model, self.spec, built.settings, first.optimizer)
        self.console.step("compile", line)
        self._write_definition(built)
        if dataset is None:
            self.console.step("fit", "nothing to train on: the spec has no `data:`")
            return
        self._train_and_answer(built, dataset)

    def _train_and_answer(self, built: BuiltModel, dataset: Dataset) -> None:
        from kspec.training.batching import batches_of

        graph, report = built.graph, self.report  # both are read before training starts
        examined = choose_examples("evaluate", self.spec, graph, dataset, report, need_targets=True)
        asked = choose_examples("predict", self.spec, graph, dataset, report, need_targets=False)
        train = batches_of(built, dataset, dataset.splits["train"], self.report, training=True)
        validation = None
        if "validation" in dataset.splits:
            validation = batches_of(built, dataset, dataset.splits["validation"], self.report)
        self.report.raise_errors()
        said = self.document.fit.engine
        tell = functools.partial(self.console.step, "fit")
        engine = self.engine = engine_of(built.model, said, built.graph, built.network, tell)
        self._fit(built, engine, train, validation)
        if self.result.status != "interrupted":
            self._evaluate(built, engine, dataset, examined)
            self._predict(built, engine, dataset, asked)

    def _fit(self, built: BuiltModel, engine: Engine, train: Any, validation: Any) -> None:
        from kspec.runs.artifacts import write_history
        from kspec.training.fit import best_epoch, fit

        if not any(output.loss is not None for output in built.settings.outputs.values()):
            self.console.step("fit", "no output has a target: nothing is trained")
            return
        folder = self.folder

        written = time.monotonic()

        def after_epoch(history: list[dict[str, float]]) -> None:
            nonlocal written
            if folder is not None and time.monotonic() - written > HISTORY_SECONDS:
                write_history(folder, history)
                written = time.monotonic()

        with self._timed("fit"):
            fitted = fit(
                built,
                engine,
                train,
                validation,
                self.console,
                write_path=PathPolicy(self.spec.folder, self.spec.permissions, self._writes_to()).locate,
                smoke=self.smoke,
                after_epoch=after_epoch,
                interrupt=self.interrupt,
            )
        self.result.history = fitted.history
        if fitted.stages:
            self.facts["stages"] = fitted.stages
        self._write_resolved(built, engine.plan.to_spec())
        if folder is not None and fitted.history:
            write_history(folder, fitted.history)
        if folder is not None and (fitted.history or not fitted.interrupted):  # of less than an epoch nothing is kept
            if fitted.interrupted:
                self.console.step("fit", "stopped: what was trained is being saved")
            with self._timed("save"):
                folder.write("model.keras", built.model.save)
        if fitted.interrupted:
            self.result.status = "interrupted"
            return
        if fitted.history and not math.isfinite(fitted.history[-1]["loss"]):
            self.console.step("warning", "the loss is no number any more: lower the learning rate, or scale the inputs")
        for note in engine.notes:
            self.console.step("engine", note)
        best = best_epoch(fitted.history)
        count = len(fitted.history)
        note = f", best epoch {best}{self._stage_of(best, built)}" if best not in (None, count) else ""
        self.console.step("fit", f"{count} epoch{'s' if count != 1 else ''} in {self.durations['fit']:.1f} s{note}")

    def _stage_of(self, epoch: int | None, built: BuiltModel) -> str:
        """The stage of an epoch, where the spec has stages."""
        number = next((row["stage"] for row in self.result.history if row["epoch"] == epoch and "stage" in row), None)
        return f" ({built.settings.stages[int(number) - 1].name})" if number is not None else ""

    def _evaluate(self, built: BuiltModel, engine: Engine, dataset: Dataset, chosen: StepExamples) -> None:
        if not any(output.loss is not None for output in built.settings.outputs.values()):
            return
        from kspec.training.batching import batches_of
        from kspec.training.evaluate import evaluate
        from kspec.training.fit import SMOKE_STEPS
        from kspec.training.progress import numbers

        with self._timed("evaluate"):
            size = self.document.evaluate.batch_size
            batches = batches_of(built, dataset, chosen.split, self.report, batch_size=size)
            values = evaluate(engine, batches, steps=SMOKE_STEPS if self.smoke else None)
        self.result.metrics = {"split": chosen.name, "examples": len(chosen.split), **values}
        self.console.step("evaluate", f"{chosen.name}: {numbers(values)}{chosen.note}")
        if self.folder:
            self.folder.json("metrics.json", {"evaluate": self.result.metrics, "fit": self._last_epoch()})

    def _last_epoch(self) -> dict[str, float]:
        return self.result.history[-1] if self.result.history else {}

    def _predict(self, built: BuiltModel, engine: Engine, dataset: Dataset, chosen: StepExamples) -> None:
        from kspec.runs.artifacts import confusion, pictures, write_predictions
        from kspec.training.fit import SMOKE_STEPS, best_epoch
        from kspec.training.predict import probabilities, raw_predictions

        part = chosen.split
        outputs = built.settings.outputs
        with self._timed("predict"):
            from kspec.data.pipeline import Batches

            size = self.document.predict.batch_size or self.document.fit.batch_size
            batches = Batches(part.inputs, {}, {}, batch_size=size, shuffle=False, seed=0)
            steps = min(SMOKE_STEPS, batches.steps) if self.smoke else None
            raw = raw_predictions(engine, batches, list(outputs), steps)
            answers = {name: probabilities(answer, outputs[name]) for name, answer in raw.items()}
        self.result.predictions = answers
        count = len(next(iter(answers.values())))
        if self.folder is None:
            self.console.step("predict", f"{count} examples of {chosen.name}{chosen.note}")
            return
        columns = dataset.fitted["columns"]["targets"]
        name = write_predictions(self.folder, self.document.predict.to, part, answers, outputs, dataset.labels, columns)
        self.console.step("predict", f"{count} examples of {chosen.name} → {name}{chosen.note}{_notes(outputs)}")
        with self._timed("pictures"):
            confusions = {}
            for output, answer in answers.items():
                found = (
                    confusion(part.targets[output], answer, outputs[output], dataset.labels.get(output))
                    if output in part.targets
                    else None
                )
                if found is not None:
                    confusions[output] = found
            pictures(self.folder, built, self.result.history, confusions, best_epoch(self.result.history))

    def _announce_definition(self, built: BuiltModel, dataset: Dataset | None) -> None:
        from kspec.training.stage_setup import trained_parameters

        model = built.model
        if dataset is not None:
            self.console.step("data", dataset.describe())
        trainable = trained_parameters(model)
        total = model.count_params()
        split = f" ({trainable:,} trainable)" if trainable != total else ""
        needed = built.graph.needed_nodes()
        count = sum(node.name in needed for node in built.graph.calls)
        layers = f"{count} layer{'' if count == 1 else 's'}"
        self.console.step("define", f"{self.spec.name}: {layers}, {total:,} parameters{split}")
        for default in built.settings.defaults:
            from kspec.training.compile import format_call

            values = default.value if isinstance(default.value, list) else [default.value]
            value = ", ".join(map(format_call, values))
            self.console.step("default", f"{default.setting}: {value} ({default.reason})")

    def _write_definition(self, built: BuiltModel) -> None:
        if self.folder is None:
            return
        from kspec.analysis.hoisting import hoisted_by_stage
        from kspec.runs.artifacts import dataset_facts
        from kspec.summary.summary import summarise_built

        self._write_resolved(built, None)
        graph, types, training = built.graph, self.analysis.types, built.settings.stages
        engine = self.document.fit.engine if built.dataset is not None else "keras"
        early = hoisted_by_stage(engine, graph, types, training)
        stages = trained_by_stage(graph, types, training)
        summary = summarise_built(self.spec.name, graph, built.network, early, stages)
        self.folder.text("summary.txt", summary.to_text())
        self.facts["parameters"] = int(built.model.count_params())
        self.facts["outputs"] = {
            name: {"task": output.task, "logits": output.logits, "threshold": output.threshold}
            for name, output in built.settings.outputs.items()
        }
        if built.dataset is not None:
            self.facts["data"] = dataset_facts(built.dataset, built.settings.outputs)
        self._record("running")

    def _write_resolved(self, built: BuiltModel, engine: Any) -> None:
        """`resolved.yaml`; again when it is known which engine ran: only with the same are the bits the same."""
        if self.folder is not None:
            from kspec.summary.resolved_spec import resolved_text

            folder = self.folder.path.resolve()
            text = resolved_text(self.spec, built.settings, built.network.sizes, folder, engine)
            self.folder.text("resolved.yaml", text)

    def _writes_to(self) -> Path:
        folder = self.folder.path if self.folder is not None else self.scratch
        assert folder is not None
        return folder

    @contextmanager
    def _timed(self, step: str) -> Iterator[None]:
        """Measures a step, and says in one line what Keras or TensorFlow had against it."""
        start = time.perf_counter()
        try:
            yield
            self.interrupt.check()
        except (SpecError, OSError):
            raise
        except Exception as error:
            from kspec.backend.keras_errors import plain

            raise StepFailed(f"{step} failed: {plain(error)}") from error
        finally:
            self.durations[step] = round(self.durations.get(step, 0.0) + time.perf_counter() - start, 4)

    def _finish(self, status: str, message: str = "") -> None:
        self.result.status = status
        try:
            self._record(status, message)
        except OSError:
            if status == "finished":
                raise

    def _record(self, status: str, message: str = "") -> None:
        """`run.json`: what the run is, was made with, and how it stands."""
        if self.folder is None:
            return
        record: dict[str, Any] = {
            "name": self.spec.name,
            "status": status,
            "started": time.strftime("%Y-%m-%dT%H:%M:%S%z", time.localtime(self.started)),
            "seconds": round(time.time() - self.started, 3),
            "seed": self.document.seed,
            "engine": self.engine.plan.to_spec() if self.engine is not None else self.document.fit.engine,
            "spec": self.spec.source.name,
            "overrides": list(self.spec.overrides),
            "command": command_line(),
            **environment(),
            "epochs": len(self.result.history),
            "durations": self.durations,
            **self.facts,
        }
        if message:
            record["message"] = message.splitlines()[0][:500]
        self.folder.json("run.json", record)


def _notes(outputs: dict[str, Any]) -> str:
    """What one should know of the answers."""
    turned = [name for name, output in outputs.items() if output.logits]
    notes = f" (logits of {', '.join(turned)} turned into probabilities)" if turned else ""
    moved = [f"{output.threshold:g}" for output in outputs.values() if output.threshold != 0.5]
    return notes + (f" (classes at the threshold {', '.join(moved)}; metrics are at their own)" if moved else "")
