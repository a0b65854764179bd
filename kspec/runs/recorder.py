"""Writes the files of a run folder while the run goes on; a smoke run writes none."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kspec.analysis.hoisting import hoisted_by_stage
from kspec.analysis.program import Analysis
from kspec.analysis.stages import trained_by_stage
from kspec.compiler.define import BuiltModel
from kspec.language import Spec
from kspec.language.files import definition_files
from kspec.runs.artifacts import dataset_facts, write_history
from kspec.runs.environment import command_line, environment
from kspec.runs.process import this_process
from kspec.runs.run import Run
from kspec.runs.run_contract import CONTRACT, add_reference, contract_of
from kspec.runs.run_folder import RunFolder, RunFolderError
from kspec.runs.run_record import VERSION
from kspec.runs.spec_fingerprint import fingerprint_of
from kspec.training.fit import History
from kspec.training.intervals import intervals_json

if TYPE_CHECKING:
    from kspec.contract.document import Contract
    from kspec.data import Dataset, DataSplit
    from kspec.data.targets.encoding import TargetEncoding
    from kspec.runs.resumption import Resumption
    from kspec.training.engine import Engine

HISTORY_SECONDS = 1.0
"""The time after which `history.csv` is rewritten while epochs go by."""


class HistoryWriter:
    """Keeps `history.csv` up to date: called after each epoch, it rewrites the file at most once a second."""

    def __init__(self, folder: RunFolder | None) -> None:
        self.folder = folder
        self._written = time.monotonic()

    def __call__(self, history: History) -> None:
        if time.monotonic() - self._written > HISTORY_SECONDS:
            with suppress(OSError):  # a full disk ends no training; at its end, it is written again
                self.write(history)

    def write(self, history: History) -> None:
        """Rewrites the file now."""
        if self.folder is not None and history:
            self._written = time.monotonic()
            write_history(self.folder, history)


def write_shared_spec(spec: Spec, folder: RunFolder, built: BuiltModel) -> None:
    """Writes the `resolved.yaml` of a spec that is trained several times.

    Sizes that the training data decides stay names: each fold has its own.

    Args:
        spec: The spec.
        folder: Its run folder.
        built: The model of one of its runs, whose settings are those of all.
    """
    from kspec.summary.resolved_spec import resolved_text

    copies = folder.copy("files", definition_files(spec), spec.paths.open_file)
    folder.text("resolved.yaml", resolved_text(spec, built.settings, {}, folder.path.resolve(), None, copies))


class Recorder:
    """Writes what a run is, and how it stands.

    Args:
        spec: The spec that runs.
        run: Its result so far.
        folder: None for a smoke run.
        resumption: How the run goes on; None for one that begins.

    Attributes:
        durations: Seconds by step.
        facts: Further entries of `run.json`.
        engine: The engine, once training begins.
    """

    def __init__(self, spec: Spec, run: Run, folder: RunFolder | None, resumption: Resumption | None = None) -> None:
        self.spec = spec
        self.run = run
        self.folder = folder
        self.durations: dict[str, float] = {}
        self.facts: dict[str, Any] = {}
        self.engine: Engine | None = None
        self.history = HistoryWriter(folder)
        self._resumption = resumption
        if resumption is not None:
            self.facts |= resumption.facts()
            if resumption.checkpoint is not None:
                self.durations["fit"] = round(resumption.checkpoint.facts.seconds, 4)
        self._started, self._clock = time.time(), time.monotonic()
        self._has_model = False
        self._copies: dict[Path, str] | None = None
        self._contract: Contract | None = None

    def set_clock(self, seconds: float) -> None:
        """Lets the run begin so many seconds ago."""
        self._started, self._clock = time.time() - seconds, time.monotonic() - seconds

    def begin(self) -> None:
        """Writes the spec, and that it is running."""
        if self.folder is not None:
            self.write_state("running")
            if self._resumption is None:
                self.folder.text("spec.yaml", self.spec.source.text)

    def finish(self, status: str, message: str = "") -> None:
        """Writes how the run ended; `latest` is the last run that ended with a model."""
        self.run.status = status
        try:
            self.write_state(status, message)
            if self.folder is not None and (status == "finished" or (status == "interrupted" and self._has_model)):
                self.folder.make_latest()
        except OSError:
            if status == "finished":
                raise

    def write_state(self, status: str, message: str = "") -> None:
        """Writes `run.json`: what the run is, what it was made with, and its status."""
        if self.folder is None:
            return
        record: dict[str, Any] = {
            "version": VERSION,
            "name": self.spec.name,
            "status": status,
            "folder": str(self.folder.path.resolve()),
            "started": time.strftime("%Y-%m-%dT%H:%M:%S%z", time.localtime(self._started)),
            "seconds": round(time.monotonic() - self._clock, 3),
            "seed": self.spec.document.seed,
            "engine": self.engine.plan.to_spec() if self.engine is not None else self.spec.document.fit.engine,
            **self._origin(),
            "command": command_line(),
            **environment(),
            "process": this_process(),
            "epochs": len(self.run.history),
            "kept_epoch": self.run.kept_epoch,
            "durations": self.durations,
            **({"engine_notes": self.engine.notes} if self.engine is not None and self.engine.notes else {}),
            **self.facts,
        }
        if message:
            record["message"] = message.splitlines()[0][:500]
        self.folder.json("run.json", record)

    def _origin(self) -> dict[str, Any]:
        """Which spec was run, and when; of a run that goes on, as it began."""
        if self._resumption is None:
            return {
                "spec": self.spec.source.name,
                "overrides": list(self.spec.overrides),
                "vars": self.spec.document.vars,
                "source": fingerprint_of(self.spec),
            }
        before = self._resumption.record
        seconds = before.get("seconds") or 0.0
        own: dict[str, Any] = {
            key: before[key] for key in ("spec", "overrides", "vars", "source", "started") if key in before
        }
        return {**own, "seconds": round(seconds + time.monotonic() - self._clock, 3)}

    def write_model_definition(self, built: BuiltModel, analysis: Analysis) -> None:
        """Writes the resolved spec, the summary, and what is known before training."""
        if self.folder is None:
            return
        from kspec.summary.summary import summarise_built

        self.write_resolved(built)
        graph, types, stages = built.graph, analysis.types, built.settings.stages
        engine = self.spec.document.fit.engine if built.dataset is not None else "keras"
        hoisted = hoisted_by_stage(engine, graph, types, stages)
        trained = trained_by_stage(graph, types, stages)
        self.folder.text(
            "summary.txt",
            summarise_built(self.spec.name, built.graph_with_numbers(), built.network, hoisted, trained).to_text(),
        )
        outputs = built.settings.outputs
        self.facts["parameters"] = int(built.model.count_params())
        self.facts["outputs"] = {
            name: {
                "task": output.task,
                "logits": output.logits,
                "threshold": output.threshold if output.has_threshold else None,
            }
            for name, output in outputs.items()
        }
        if built.dataset is not None:
            self.facts["data"] = dataset_facts(built.dataset, outputs)
        self.write_state("running")

    def write_contract(self, built: BuiltModel, encodings: Mapping[str, TargetEncoding], *, keep: bool) -> None:
        """Writes `contract.json`: what new rows must have.

        Args:
            built: The model.
            encodings: By output, the encoding of its target.
            keep: Whether the model is kept, so that it can meet new rows.
        """
        self._contract = contract_of(built, encodings) if self.folder is not None and keep else None
        if self.folder is not None and self._contract is not None:
            self.folder.json(CONTRACT, self._contract.to_json())

    def add_predictions(
        self,
        predictions: Mapping[str, Any],
        encodings: Mapping[str, TargetEncoding],
        examples: DataSplit,
        dataset: Dataset,
    ) -> None:
        """Adds to `contract.json` how the predictions of a split are distributed.

        Args:
            predictions: By output, shape (n, …).
            encodings: By output, the classes and columns of its target.
            examples: What was predicted; nothing is added for other data than that of the run.
            dataset: The data of the run.
        """
        split = next((name for name, own in dataset.splits.items() if own is examples), "")
        if self.folder is not None and self._contract is not None and split:
            add_reference(self._contract, predictions, encodings, split)
            self.folder.json(CONTRACT, self._contract.to_json())

    def write_resolved(self, built: BuiltModel) -> None:
        """Writes `resolved.yaml`; again after training, since only the same engine gives the same bits."""
        if self.folder is None:
            return
        from kspec.summary.resolved_spec import resolved_text

        plan = self.engine.plan.to_spec() if self.engine is not None else None
        if self._copies is None:
            self._copies = self.folder.copy("files", definition_files(self.spec), self.spec.paths.open_file)
        here = self.folder.path.resolve()
        text = resolved_text(self.spec, built.settings, built.network.sizes, here, plan, self._copies)
        self.folder.text("resolved.yaml", text)

    def save_model(self, built: BuiltModel) -> None:
        """Writes `model.keras`."""
        if self.folder is not None:
            self.folder.write("model.keras", built.model.save)
            self._has_model = True

    @contextmanager
    def rescuing(self, built: BuiltModel) -> Iterator[None]:
        """Saves the trained model elsewhere where the run folder cannot be written.

        Raises:
            RunFolderError: If it cannot be, with the place of the model.
        """
        try:
            yield
        except OSError as error:
            if self.folder is None or self._has_model:
                raise
            try:
                file = Path(tempfile.mkdtemp(prefix=f"kspec-{self.folder.path.name}-"), "model.keras")
                built.model.save(file)
            except OSError:
                raise error from None
            raise RunFolderError(f"{error}; the trained model is in {file}") from error

    def write_metrics(self) -> None:
        """Writes `metrics.json`: evaluation, baseline, validation of the kept weights, and which weights those are."""
        if self.folder is not None:
            rows = self.run.history
            kept = next((row for row in rows if row["epoch"] == self.run.kept_epoch), rows[-1] if rows else {})
            compared = {"baseline": self.run.baseline} if self.run.baseline else {}
            values: dict[str, Any] = {
                "evaluate": self.run.metrics,
                **compared,
                "validation": self.run.validation,
                "fit": kept,
            }
            if self.run.intervals:
                values["intervals"] = intervals_json(self.run.intervals)
            if self.run.slices:
                values["slices"] = self.run.slices
            if self.run.sequence_accuracy:
                values["sequence_accuracy"] = self.run.sequence_accuracy
            if self.facts.get("averaged_weights"):
                values["averaged_weights"] = True
            self.folder.json("metrics.json", values)
