"""A run: its result, whether it has just ended or is read from its folder."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kspec.runs.rows import Rows


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
        interrupted_by: The signal that ended an interrupted run: `SIGINT` (Ctrl-C), `SIGTERM`, `SIGHUP`.
        members: The runs of the folds or repeats, if the spec has some; metrics are then the means over them.
        deviation: By metric, its standard deviation over the members.
        interval: By metric, the interval in which its mean lies with 95% confidence.
        ensemble: The evaluation of the mean of the members' predictions, where all predict the same examples.
        notes: What the user must know of the data, a sentence each: rows left out, unknown categories.
        allow_code: Whether the run's extensions may be imported, where its model is loaded.
        allow_outside: Whether data outside the run's folder and the working directory may be read.
    """

    name: str
    folder: Path | None
    status: str = "running"
    metrics: dict[str, Any] = field(default_factory=dict)
    history: list[dict[str, float]] = field(default_factory=list)
    kept_epoch: int | None = None
    validation: dict[str, float] = field(default_factory=dict)
    baseline: dict[str, Any] = field(default_factory=dict)
    interrupted_by: str = ""
    members: list[Run] = field(default_factory=list)
    deviation: dict[str, float] = field(default_factory=dict)
    interval: dict[str, tuple[float, float]] = field(default_factory=dict)
    ensemble: dict[str, Any] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    allow_code: bool = False
    allow_outside: bool = False
    _model: Any = None
    _predictions: dict[str, Any] | None = None

    @property
    def model(self) -> Any:
        """The trained Keras model; None if the run has none, as after a smoke run without training."""
        if self._model is None and self.folder is not None and (self.folder / "model.keras").exists():
            from kspec.runs.run_loader import load_run

            place = os.fspath(self.folder)
            self._model = load_run(place, allow_code=self.allow_code, allow_outside=self.allow_outside).model
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
            self._predictions = {} if self.folder is None or self.status == "running" else self._predict_again()
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
        """
        from kspec.runs.use import predict_rows

        own = {"allow_code": self.allow_code, "allow_outside": self.allow_outside}
        return predict_rows(self.place, rows, split=split, nodes=nodes, **own)

    def evaluate(self, rows: Rows | None = None, *, split: str | None = None) -> dict[str, float]:
        """Evaluates the trained model; see `kspec.evaluate`.

        Args:
            rows: New data with targets: a file, columns, rows or a table; by default the run's own data.
            split: A split of the run's own data; by default the first that it has of test, validation and train.

        Returns:
            Losses and metrics by name.
        """
        from kspec.runs.use import evaluate_rows

        own = {"allow_code": self.allow_code, "allow_outside": self.allow_outside}
        return evaluate_rows(self.place, rows, split=split, **own)

    @property
    def place(self) -> str:
        """The run folder.

        Raises:
            RunFolderError: If it has none.
        """
        if self.folder is None:
            from kspec.runs.run_folder import RunFolderError

            raise RunFolderError("a smoke run has no folder to load its model from")
        return os.fspath(self.folder)

    def _predict_again(self) -> dict[str, Any]:
        """What the run has predicted at its end."""
        from kspec.runs.saved_run import predicted_data

        assert self.folder is not None
        return self.predict(**predicted_data(self.folder))

    def _repr_html_(self) -> str:
        """The run in a notebook: its numbers, and its pictures."""
        from kspec.runs.notebook import run_html

        return run_html(self)

    def __repr__(self) -> str:
        numbers = ", ".join(f"{k}={v:.4g}" for k, v in self.metrics.items() if isinstance(v, float))
        folder = None if self.folder is None else str(self.folder)
        return f"Run({self.name!r}, {self.status}, {numbers}, folder={folder!r})"
