"""Uses the trained model of a run folder, on rows of any form."""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kspec.language import Permissions, load_file
from kspec.runs.loaded_members import evaluate_members, members_at, predict_mean
from kspec.runs.resume import resume_run
from kspec.runs.rows import Rows, file_of
from kspec.runs.run import Run
from kspec.runs.run_evaluation import evaluate_run
from kspec.runs.run_folder import RunFolderError
from kspec.runs.run_loader import load_run, predictions_of, read_examples
from kspec.training.console import Console


@dataclass(frozen=True, slots=True)
class SavedModel:
    """The model of a run, or the models of its folds or repeats.

    Args:
        place: The run folder, or the name of a spec that has been run.
        allow_code: Import the run's extensions.
        allow_outside: Read data outside the run's folder and the working directory.
    """

    place: str
    allow_code: bool = False
    allow_outside: bool = False

    def load(self) -> Any:
        """The Keras model; None without one."""
        if not os.path.lexists(Path(self.place, "model.keras")):
            return None
        return load_run(self.place, allow_code=self.allow_code, allow_outside=self.allow_outside).model

    def predict(
        self, rows: Rows | None = None, *, split: str | None = None, nodes: str | Iterable[str] = ()
    ) -> dict[str, Any]:
        """Predicts; see `kspec.predict`.

        Args:
            rows: New data; None for the run's own.
            split: A split of the run's own data; by default the first that it has of test, validation and train.
            nodes: Nodes to predict besides the outputs.
        """
        names = [nodes] if isinstance(nodes, str) else list(nodes)
        members = members_at(self.place, allow_code=self.allow_code, allow_outside=self.allow_outside)
        if members is not None and names:
            raise RunFolderError(f"`nodes` needs one model; name that of one run: {members.first}")
        with _file(rows) as file:
            if members is not None:
                return predict_mean(members, file, split)[3].mean
            run = load_run(self.place, nodes=names, allow_code=self.allow_code, allow_outside=self.allow_outside)
            examples, _ = read_examples(run, file, split, need_targets=False)
            predictions, values = predictions_of(run, examples)
        return predictions | values

    def evaluate(self, rows: Rows | None = None, *, split: str | None = None) -> dict[str, float]:
        """Evaluates; see `kspec.evaluate`."""
        members = members_at(self.place, allow_code=self.allow_code, allow_outside=self.allow_outside)
        with _file(rows) as file:
            if members is not None:
                spreads = evaluate_members(members, file, split).spreads
                return {name: each.mean for name, each in spreads.items()}
            run = load_run(self.place, allow_code=self.allow_code, allow_outside=self.allow_outside)
            return evaluate_run(run, read_examples(run, file, split, need_targets=True)[0])

    def resume(self, overrides: str | Iterable[str] = (), *, quiet: bool = True) -> Run:
        """Goes on with the run; see `kspec.resume`."""
        permissions = Permissions(self.allow_code, self.allow_outside)
        changes = [overrides] if isinstance(overrides, str) else overrides
        run = resume_run(self.place, changes, permissions=permissions, console=Console(quiet))
        run.trained = self
        return run

    def predict_again(self) -> dict[str, Any]:
        """What the run has predicted at its end, by output; of several folds or repeats, their means."""
        if not os.path.lexists(Path(self.place, "model.keras")):
            return {}
        step = load_file(Path(self.place, "resolved.yaml")).document.predict
        if step.data is None:
            return self.predict(split=step.split)
        file = step.data if isinstance(step.data, str) else next(iter(step.data.values()))
        return self.predict(os.path.join(self.place, str(file)))


def _file(rows: Rows | None) -> AbstractContextManager[str | None]:
    """The file of rows, while it is needed; None for no rows."""
    return nullcontext() if rows is None else file_of(rows)
