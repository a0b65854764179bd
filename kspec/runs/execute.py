"""The whole life cycle of a spec: define, compile, fit, evaluate, predict."""

from __future__ import annotations

import functools
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

from kspec.backend.tensorflow import exclusive_keras, import_tensorflow
from kspec.compiler.compile import CompiledSpec, compile_spec
from kspec.compiler.define import BuiltModel, define
from kspec.data import Dataset
from kspec.data.pipeline import Batches
from kspec.data.step_data import StepExamples, choose_examples
from kspec.diagnostics import SpecError
from kspec.language import Spec
from kspec.runs import announcements
from kspec.runs.artifacts import confusion_matrices, draw_pictures, regression_pairs
from kspec.runs.baseline import baseline_of
from kspec.runs.checkpoints import checkpoints_of
from kspec.runs.failures import FileFailed, StepFailed, failure_of, with_way_on
from kspec.runs.folder_lock import locked
from kspec.runs.list_predictions import describe_whole_lists, whole_lists
from kspec.runs.part import Part
from kspec.runs.prediction_files import write_predictions
from kspec.runs.recorder import Recorder
from kspec.runs.run import Run
from kspec.runs.run_folder import RunFolder, RunFolderError
from kspec.runs.trained import Trained
from kspec.runs.window_table import by_step
from kspec.syntax.path_policy import PathPolicy
from kspec.training.batching import batches_of, encodings_of
from kspec.training.console import Console
from kspec.training.engine import Engine, engine_of
from kspec.training.evaluate import evaluate
from kspec.training.evaluation_details import evaluate_in_detail
from kspec.training.fit import SMOKE_STEPS, FitResult, History, fit
from kspec.training.interrupt import Interrupt
from kspec.training.metrics import format_metrics
from kspec.training.predict import beside_outputs, predict, predict_nodes
from kspec.training.stage_setup import compile_alone

if TYPE_CHECKING:
    from kspec.runs.resumption import Resumption
    from kspec.training.checkpoints.recording import Checkpoints


def execute(
    spec: Spec,
    *,
    out: str | os.PathLike[str] = "runs",
    smoke: bool = False,
    quiet: bool = True,
    console: Console | None = None,
    cache: bool = False,
    folder: RunFolder | None = None,
    part: Part | None = None,
    resumption: Resumption | None = None,
    on_folder: Callable[[Path], None] = lambda _: None,
) -> Run:
    """Runs a spec; see `kspec.run`.

    Args:
        spec: A loaded spec.
        out: Where run folders are made.
        smoke: Run a few batches through every step, and write nothing.
        quiet: Print nothing.
        console: Where to print; standard output by default.
        cache: Store the data for the next run, even if its table is not large.
        folder: The run folder; by default a new one in `out`.
        part: What it has in common with the others, if it is one of several.
        resumption: How the run of that folder goes on; None for one that begins.
        on_folder: Called with the run folder, before anything is written there.

    Returns:
        The finished run, or an interrupted one after a signal: Ctrl-C, SIGTERM, SIGHUP.

    Raises:
        SpecError: with every error in the spec or its data.
        StepFailed: if Keras or TensorFlow fails in a step.
        RunFolderError: if the run folder cannot be written.
    """
    console = console or Console(quiet)
    with exclusive_keras(), console.own_output():
        started = time.perf_counter()
        spec, _ = (compiled := compile_spec(spec)).unwrap()
        console.warn(compiled.report)
        if folder is None and not smoke:
            folder = RunFolder.create(out, spec.name)
            on_folder(folder.path)
        execution = Execution(compiled, folder, smoke, console, resumption)
        execution.keeps_data, execution.part = cache, part
        execution.recorder.durations["check"] = round(time.perf_counter() - started, 4)
        with nullcontext() if folder is None or resumption is not None else locked(folder.path):
            return execution.run()


class Execution:
    """One execution of a spec, step by step.

    Args:
        compiled: The spec, without errors.
        folder: The run folder; None for a smoke run.
        smoke: Whether to run a few batches through every step.
        console: Where to print.
        resumption: How the run goes on; None for one that begins.
    """

    def __init__(
        self,
        compiled: CompiledSpec,
        folder: RunFolder | None,
        smoke: bool,
        console: Console,
        resumption: Resumption | None = None,
    ) -> None:
        self.compiled = compiled
        self.spec, self.analysis = compiled.unwrap()
        self.report, self.smoke = compiled.report, smoke
        self.keeps_data, self.keeps_model = False, True
        self.is_hopeless: Callable[[History], bool] = lambda _: False
        self.part: Part | None = None
        self.console = console
        self.folder = folder
        self.scratch = Path(tempfile.mkdtemp(prefix="kspec-")) if folder is None else folder.path
        self.result = Run(self.spec.name, folder.path if folder else None)
        self.resumption = resumption
        self.checkpoints: Checkpoints | None = None
        self.recorder = Recorder(self.spec, self.result, folder, resumption)
        self.interrupt = Interrupt()
        self.fitted = FitResult()

    def run(self) -> Run:
        try:
            with self.interrupt:
                self._run()
        except BaseException as error:
            is_early = self.recorder.engine is None and isinstance(error, RunFolderError)
            if (is_early or isinstance(error, SpecError)) and not self.fitted.history and self.folder is not None:
                undo = self.folder.delete if self.resumption is None else self.resumption.give_back
                undo()  # as after errors that are found without the data: nothing has run
            elif isinstance(error, KeyboardInterrupt):
                self._stop()
            else:
                self.recorder.finish("failed", error.errors if isinstance(error, SpecError) else str(error))
                if isinstance(error, (OSError, FileFailed)) and self.folder is not None and not self.folder.is_part:
                    raise with_way_on(error, self.folder.path) from error
            raise
        finally:
            if self.smoke:
                shutil.rmtree(self.scratch, ignore_errors=True)
        return self.result

    def _run(self) -> None:
        try:
            self.recorder.begin()
            self._run_steps()
            if self.result.status == "interrupted":
                self._stop()
            else:
                self.recorder.finish("finished")
                if self.checkpoints is not None:
                    self.checkpoints.store.prune(1)  # from which one can train on
        except KeyboardInterrupt:
            self.interrupt.clear()
            self._stop()

    def _stop(self) -> None:
        """Writes that a signal ended the run."""
        if self.interrupt.signal is not None:
            self.result.interrupted_by = self.interrupt.signal.name
        other = self.result.interrupted_by not in ("", "SIGINT")
        self.recorder.finish("interrupted", f"stopped by {self.result.interrupted_by}" if other else "")

    def _run_steps(self) -> None:
        dataset = self._read_data()
        built = self._adopt(self._build(dataset), dataset)
        self._compile(built)
        if dataset is None:
            self.console.step("fit", "nothing to train on: the spec has no `data:`")
            return
        # reads other data of these steps before training starts
        of_step = functools.partial(choose_examples, spec=self.spec, graph=built.graph, dataset=dataset)
        of_step = functools.partial(of_step, encodings=encodings_of(built, dataset), report=self.report)
        evaluation = of_step("evaluate", need_targets=True)
        prediction = of_step("predict", need_targets=False)
        self.console.warn(self.report)
        splits = self._batch_splits(built, dataset)
        self.recorder.write_contract(built, encodings_of(built, dataset), keep=self.keeps_model)
        if self.folder is not None:
            self.checkpoints = checkpoints_of(self.spec, self.folder, dataset, self.console, self.resumption)
        engine = self.recorder.engine = self._engine(built)
        has_targets = any(output.loss is not None for output in built.settings.outputs.values())
        if has_targets:
            self._fit(built, engine, splits)
        else:
            self.console.step("fit", "no output has a loss: nothing is trained")
        if self.result.status == "interrupted":
            return
        if has_targets:
            self.result.validation = self._validation(engine, splits.get("validation"))
            self._evaluate(built, engine, dataset, evaluation, splits["train"])
        self._predict(built, engine, dataset, prediction)
        if self.part is not None:
            with self._timed("predict"):
                self.part.finish(Trained(built, engine, dataset, evaluation, prediction))
            self.part.model.finish()

    def _engine(self, built: BuiltModel) -> Engine:
        announce = functools.partial(self.console.step, "fit")
        setting = self.spec.document.fit.engine if self.checkpoints is None else self.checkpoints.engine
        traces, trainings = (None, None) if self.part is None else (self.part.model.traces, self.part.trainings)
        return engine_of(built.model, setting, built.graph, built.network, announce, traces, trainings)

    def _read_data(self) -> Dataset | None:
        with self._timed("data"):
            table = None if self.part is None else self.part.table
            dataset = self.compiled.read_data(keep=self.keeps_data, shared=table)
            self.spec, self.analysis = self.compiled.unwrap()
            if self.resumption is not None:
                self.resumption.check_data(dataset, self.report)
                self.report.raise_errors()
        self.console.warn(self.report)
        return dataset

    def _build(self, dataset: Dataset | None) -> BuiltModel:
        with self._timed("import"):
            import_tensorflow()
        with self._timed("define"):
            built = define(self.spec, self.analysis, self.report, dataset, run_folder=self.scratch)
        self.report.raise_errors()
        assert built is not None
        return built

    def _adopt(self, built: BuiltModel, dataset: Dataset | None) -> BuiltModel:
        """The model to train: that of this run, or one that several share; announces it."""
        if self.part is not None:
            built = self.part.model.adopt(built)
        else:
            self.result.model = built.model
        if dataset is not None:
            self.console.step("data", announcements.describe_data(self.spec, dataset))
            self._note("data", dataset.notes)
        for step, line in announcements.describe_definition(built):
            self.console.step(step, line)
        return built

    def _compile(self, built: BuiltModel) -> None:
        with self._timed("compile"):
            optimizer = built.settings.stages[0].optimizer
            line = (self.part.model.compile if self.part else compile_alone)(built, optimizer)
        self.console.step("compile", line)
        self.recorder.write_model_definition(built, self.analysis)

    def _batch_splits(self, built: BuiltModel, dataset: Dataset) -> dict[str, Batches]:
        """The splits used in training, as batches; reports every target that does not fit its output."""
        splits: dict[str, Batches] = {
            name: batches_of(built, dataset, dataset.splits[name], self.report, training=name == "train")
            for name in ("train", "validation")
            if name in dataset.splits
        }
        self.report.raise_errors()
        return splits

    def _fit(self, built: BuiltModel, engine: Engine, splits: dict[str, Batches]) -> None:
        recorder = self.recorder
        with self._timed("fit"), recorder.rescuing(built):
            fitted = self.fitted = fit(
                built,
                engine,
                splits["train"],
                splits.get("validation"),
                self.console,
                locate=PathPolicy(self.spec.folder, self.spec.permissions, self.scratch).locate,
                smoke=self.smoke,
                after_epoch=recorder.history,
                interrupt=self.interrupt,
                checkpoints=self.checkpoints,
                shared=None if self.part is None else self.part.model,
                is_hopeless=self.is_hopeless,
            )
        self.result.history, self.result.kept_epoch = fitted.history, fitted.kept
        if fitted.stages:
            recorder.facts["stages"] = fitted.stages
        if fitted.pruned:
            recorder.facts["pruned"] = True
        if fitted.averaged and fitted.kept is None:
            recorder.facts["averaged_weights"] = True
        is_trained = bool(fitted.history) or not fitted.interrupted  # a partial first epoch is discarded
        with recorder.rescuing(built) if is_trained else nullcontext():
            recorder.write_resolved(built)
            recorder.history.write(fitted.history)
            if self.folder is not None and is_trained and self.keeps_model:
                if fitted.interrupted:
                    self.console.step("fit", "interrupted: saving the trained model")
                with self._timed("save"):
                    recorder.save_model(built)
        if fitted.interrupted:
            self.result.status = "interrupted"
            return
        self.interrupt.resume()
        if fitted.diverged:
            self.console.step("warning", "the loss is NaN or infinite: lower the learning rate, or scale the inputs")
        for note in engine.notes:
            self.console.step("engine", note)
        self.console.step("fit", announcements.describe_training(built, fitted, recorder.durations["fit"]))

    def _validation(self, engine: Engine, validation: Batches | None) -> dict[str, float]:
        """The losses and metrics of the kept weights on the validation split; the history has them in most cases."""
        if validation is None:
            return {}
        fitted = self.fitted
        row = next((row for row in fitted.history if row["epoch"] == fitted.kept), {})
        known = {name.removeprefix("val_"): value for name, value in row.items() if name.startswith("val_")}
        if "loss" in known and not fitted.averaged:
            return known
        with self._timed("validate"):
            return evaluate(engine, validation, SMOKE_STEPS if self.smoke else None)

    def _evaluate(
        self, built: BuiltModel, engine: Engine, dataset: Dataset, examples: StepExamples, train: Batches
    ) -> None:
        with self._timed("evaluate"):
            size = self.spec.document.evaluate.batch_size
            batches = batches_of(built, dataset, examples.split, self.report, batch_size=size)
            metrics = evaluate(engine, batches, SMOKE_STEPS if self.smoke else None)
        self.result.metrics = {"split": examples.name, "examples": len(examples.split), **metrics}
        losses = announcements.describe_losses(built.settings.outputs)
        self.console.step("evaluate", f"{examples.name}: {format_metrics(metrics)}{losses}{examples.note}")
        if not self.smoke:
            with self._timed("evaluate"):
                details = evaluate_in_detail(self.spec, built.model, engine, batches, examples.split.slices, metrics)
            self.result.intervals, self.result.slices = details.intervals, details.slices
            for step, line in details.lines(metrics):
                self.console.step(step, f"{examples.name}{line}" if step == "evaluate" else line)
        self._note("evaluate", examples.split.notes)
        if not self.smoke:
            reference = baseline_of(built, dataset, train, batches, examples.split)
            self.result.baseline = reference.to_json()
            for line in reference.lines():
                self.console.step("baseline", f"{examples.name}: {line}")
        self.recorder.write_metrics()

    def _predict(self, built: BuiltModel, engine: Engine, dataset: Dataset, examples: StepExamples) -> None:
        outputs, document = built.settings.outputs, self.spec.document
        with self._timed("predict"):
            size = document.predict.batch_size or document.fit.batch_size
            batches = Batches(examples.split.inputs, {}, {}, batch_size=size, shuffle=False, seed=0)
            steps = min(SMOKE_STEPS, batches.steps) if self.smoke else None
            predictions = predict(engine, batches, outputs, steps)
            tensors = built.network.tensors(built.graph.predicted_nodes)
            inputs = [node.name for node in built.graph.inputs]
            nodes = beside_outputs(predict_nodes(built.model, inputs, tensors, batches, steps), outputs)
        self.result.predictions = predictions | nodes
        line = f"{len(next(iter(predictions.values())))} examples of {examples.name}"
        if self.folder is None:
            self.console.step("predict", f"{line}{examples.note}")
            self._note("predict", examples.split.notes)
            return
        encodings = encodings_of(built, dataset)
        self.recorder.add_predictions(predictions, encodings, examples.split, dataset)
        names = write_predictions(self.folder.write, document.predict.to, examples.split, predictions, encodings, nodes)
        self.console.step(
            "predict", f"{line} → {', '.join(names)}{examples.note}{announcements.describe_outputs(outputs)}"
        )
        whole = whole_lists(examples.split, predictions, encodings)
        self._note("predict", [*examples.split.notes, *describe_whole_lists(whole)])
        if whole:
            accuracies = {output: each.accuracy for output, each in whole.items()}
            self.result.sequence_accuracy = {"split": examples.name, "outputs": accuracies}
            self.recorder.write_metrics()
        with self._timed("pictures"):
            flat, rows, _ = by_step(examples.split, predictions, encodings)
            matrices = confusion_matrices(flat, rows, encodings)
            pairs = regression_pairs(flat, rows, outputs)
            best = self.fitted.kept if self.fitted.chosen_by else None
            draw_pictures(self.folder, built, self.result.history, matrices, pairs, examples.name, best, encodings)

    def _note(self, step: str, notes: list[str]) -> None:
        """Prints what the user must know of a step's data, and keeps it with the result."""
        for note in notes:
            self.console.step(step, note)
        self.result.notes += notes

    @contextmanager
    def _timed(self, step: str) -> Iterator[None]:
        """Measures a step, and reports an error of Keras or TensorFlow in one line."""
        durations, start = self.recorder.durations, time.perf_counter()
        try:
            with failure_of(step, StepFailed):
                yield
                self.interrupt.check()
        finally:
            durations[step] = round(durations.get(step, 0.0) + time.perf_counter() - start, 4)
