"""A run: its result, whether it has just ended or is read from its folder."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from kspec.runs.run_folder import RunFolderError

if TYPE_CHECKING:
    from kspec.runs.rows import Rows


class TrainedModel(Protocol):
    """The trained model of a run folder, loaded when it is first used."""

    def load(self) -> Any:
        """The Keras model; None without one."""

    def predict_again(self) -> dict[str, Any]:
        """What the run has predicted at its end, by output."""

    def predict(self, rows: Rows | None, *, split: str | None, nodes: str | Iterable[str]) -> dict[str, Any]:
        """See `Run.predict`."""

    def evaluate(self, rows: Rows | None, *, split: str | None) -> dict[str, float]:
        """See `Run.evaluate`."""

    def resume(self, overrides: str | Iterable[str], *, quiet: bool) -> Run:
        """See `Run.resume`."""


@dataclass(slots=True, repr=False)
class Run:
    """One execution of a spec.

    Args:
        name: The spec's name.
        folder: The run folder; None for a smoke run.
        status: `running`, `finished`, `interrupted` or `failed`.
        metrics: The evaluation, `{"split": "test", "examples": …, "loss": …}`; empty without one.
        history: Losses and metrics by epoch.
        kept_epoch: The epoch whose weights the model has, counted from 1; None for averages over epochs, and for a
            part of an epoch.
        validation: Losses and metrics of the model on the validation split; empty without one.
        baseline: What always giving the commonest answer of the training split would score, by metric; and that answer
            by output, under `answers`.
        intervals: By metric of the evaluation, its 95% interval, where the spec asks for it.
        slices: By expression of `evaluate: {slices}`, the metrics for each of its values.
        sequence_accuracy: By output whose loss is CTC, under `outputs`, the share of predictions that equal their whole
            target; and the `split` that was predicted.
        interrupted_by: The signal that ended an interrupted run: `SIGINT` (Ctrl-C), `SIGTERM`, `SIGHUP`.
        members: The runs of the folds or repeats, if the spec has some; metrics are then the means over them.
        deviation: By metric, its standard deviation over the members.
        interval: By metric, the interval in which its mean lies with 95% confidence.
        ensemble: The evaluation of the mean of the members' predictions, where all predict the same examples.
        notes: What the user must know of the data, a sentence each: rows left out, unknown categories.
        trained: The model in the run folder; None for a smoke run.
    """

    name: str
    folder: Path | None
    status: str = "running"
    metrics: dict[str, Any] = field(default_factory=dict)
    history: list[dict[str, float]] = field(default_factory=list)
    kept_epoch: int | None = None
    validation: dict[str, float] = field(default_factory=dict)
    baseline: dict[str, Any] = field(default_factory=dict)
    intervals: dict[str, tuple[float, float]] = field(default_factory=dict)
    slices: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    sequence_accuracy: dict[str, Any] = field(default_factory=dict)
    interrupted_by: str = ""
    members: list[Run] = field(default_factory=list)
    deviation: dict[str, float] = field(default_factory=dict)
    interval: dict[str, tuple[float, float]] = field(default_factory=dict)
    ensemble: dict[str, Any] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    trained: TrainedModel | None = None
    _model: Any = None
    _predictions: dict[str, Any] | None = None

    @property
    def model(self) -> Any:
        """The trained Keras model; None if the run has none, as that of several folds."""
        if self._model is None and self.trained is not None:
            self._model = self.trained.load()
        return self._model

    @model.setter
    def model(self, model: Any) -> None:
        self._model = model

    @property
    def predictions(self) -> dict[str, Any]:
        """By output, shape (n, …); probabilities or scores for classifiers. Also by node of `predict: {nodes}`.

        Those of a run that is read from its folder are computed when they are first used.
        """
        if self._predictions is None:
            self._predictions = {} if self.trained is None else self.trained.predict_again()
        return self._predictions

    @predictions.setter
    def predictions(self, predictions: dict[str, Any]) -> None:
        self._predictions = predictions

    def predict(
        self, rows: Rows | None = None, *, split: str | None = None, nodes: str | Iterable[str] = ()
    ) -> dict[str, Any]:
        """Predicts with the trained model; see `kspec.predict`.

        Args:
            rows: New data: a file, columns, rows or a table; by default the run's own data.
            split: A split of the run's own data; by default the first that it has of test, validation and train.
            nodes: Nodes to predict besides the outputs.

        Returns:
            dict[str, numpy.ndarray]: by output and node, shape (n, …).

        Raises:
            RunFolderError: If the run has no trained model.
        """
        return self._require_model().predict(rows, split=split, nodes=nodes)

    def evaluate(self, rows: Rows | None = None, *, split: str | None = None) -> dict[str, float]:
        """Evaluates the trained model; see `kspec.evaluate`.

        Args:
            rows: New data with targets: a file, columns, rows or a table; by default the run's own data.
            split: A split of the run's own data; by default the first that it has of test, validation and train.

        Returns:
            Losses and metrics by name.

        Raises:
            RunFolderError: If the run has no trained model.
        """
        return self._require_model().evaluate(rows, split=split)

    def resume(self, overrides: str | Iterable[str] = (), *, quiet: bool = True) -> Run:
        """Goes on with the run in its own folder; see `kspec.resume`.

        Args:
            overrides: What changes from here on: `"fit.epochs=100"`, or several.
            quiet: Print nothing.

        Returns:
            The run that it becomes.

        Raises:
            RunFolderError: If the run has no folder, is still running, or has finished and nothing changes.
            SpecError: If its spec or data has changed, or would change in a way that it may not.
        """
        return self._require_model().resume(overrides, quiet=quiet)

    def _require_model(self) -> TrainedModel:
        if self.trained is None:
            raise RunFolderError("a smoke run has no folder to load its model from")
        return self.trained

    def _repr_html_(self) -> str:
        """The run in a notebook: its numbers, and its pictures."""
        from kspec.runs.notebook import pictures_html, table_html

        epochs = f", {len(self.history)} epochs" if self.history else ""
        kept = f", weights of epoch {self.kept_epoch}" if self.kept_epoch not in (None, len(self.history)) else ""
        rows = [
            {
                "": name,
                str(self.metrics.get("split", "evaluated")): value,
                **({"±": self.deviation[name]} if name in self.deviation else {}),
                **({"validation": self.validation[name]} if name in self.validation else {}),
                **({"baseline": self.baseline[name]} if isinstance(self.baseline.get(name), float) else {}),
            }
            for name, value in self.metrics.items()
            if isinstance(value, float)
        ]
        parts = [f"<p><b>{escape(self.name)}</b> {escape(self.status)}{epochs}{kept}</p>", table_html(rows)]
        if self.folder is not None:
            parts += [pictures_html(self.folder), f"<p><code>{escape(str(self.folder))}</code></p>"]
        return "\n".join(parts)

    def __repr__(self) -> str:
        numbers = ", ".join(f"{k}={v:.4g}" for k, v in self.metrics.items() if isinstance(v, float))
        folder = None if self.folder is None else str(self.folder)
        return f"Run({self.name!r}, {self.status}, {numbers}, folder={folder!r})"
