"""MLflow: runs, nested runs, dataset inputs, and models that MLflow's own loaders can load."""

from __future__ import annotations

import json
import os
import posixpath
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar

from kspec.syntax.credentials import Address
from kspec.tracking.tracker import Data, Description, Metric, Model, Status, TrackedRun, Tracker

SETTINGS = {
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "10",  # seconds, of 120
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "0",  # of 7; kspec itself tries again later
    "MLFLOW_DISABLE_TELEMETRY": "true",  # no other server is told of a run
    "MLFLOW_DISABLE_AGENT_HINT": "1",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
    "GIT_PYTHON_REFRESH": "quiet",
}
"""Variables of the environment that MLflow reads, unless they are set."""
MAX_KEY, MAX_VALUE, MAX_TAG, MAX_DIGEST = 250, 6000, 5000, 36
MAX_METRICS, MAX_PARAMETERS, MAX_TAGS = 1000, 50, 50
"""What one request takes."""
T = TypeVar("T")
_STRANGE = re.compile(r"[^\w\-. /:]")
_STATUS = {
    "running": "RUNNING",
    "finished": "FINISHED",
    "failed": "FAILED",
    "interrupted": "KILLED",
    "killed": "KILLED",
    "pruned": "KILLED",
}
_KEY = "kspec.key"


class MlflowTracker(Tracker):
    """A tracking server, or what else MLflow takes as a tracking URI.

    Args:
        address: The URI, and the user name and password for it.
    """

    def __init__(self, address: Address) -> None:
        for name, value in SETTINGS.items():
            os.environ.setdefault(name, value)
        if address.user:
            os.environ["MLFLOW_TRACKING_USERNAME"] = address.user
            os.environ["MLFLOW_TRACKING_PASSWORD"] = address.password
        import mlflow
        from mlflow.tracking import MlflowClient

        mlflow.set_tracking_uri(address.text)
        self._address = address.text
        self._client = MlflowClient(address.text)
        self._experiments: dict[str, str] = {}
        self._experiments_of_runs: dict[str, str] = {}

    def begin(self, run: TrackedRun) -> str:
        """Creates a run in the experiment of the spec's name, unless it is there."""
        id = self._id(run) if run.id else self._find(run)
        if id:
            self._client.update_run(id, status="RUNNING")
            return id
        tags = {_KEY: run.key, "mlflow.source.type": "LOCAL", "mlflow.source.name": "kspec"}
        if run.parent is not None:
            tags["mlflow.parentRunId"] = run.parent
        created = self._client.create_run(self._experiment(run.project), int(run.started * 1000), tags, run.name)
        return str(created.info.run_id)

    def url(self, run: TrackedRun) -> str:
        """The page of a run."""
        if not self._address.startswith("http"):
            return ""
        return f"{self._address.rstrip('/')}/#/experiments/{self._experiments_of_runs[self._id(run)]}/runs/{run.id}"

    def describe(self, run: TrackedRun, description: Description) -> None:
        """Logs parameters, tags and datasets; a parameter that a run has keeps its value, as MLflow demands."""
        from mlflow.entities import Param, RunTag

        id = self._id(run)
        known = self._client.get_run(id).data.params
        named = {_key(name): _text(value, MAX_VALUE) for name, value in description.parameters.items()}
        new = [Param(name, value) for name, value in named.items() if name not in known and value]
        tags = [RunTag(_key(name), value[:MAX_TAG]) for name, value in description.tags.items()]
        for chunk in _chunks(new, MAX_PARAMETERS):
            self._client.log_batch(id, params=chunk)
        for each in _chunks(tags, MAX_TAGS):
            self._client.log_batch(id, tags=each)
        if description.data:
            self._client.log_inputs(id, [_dataset(data) for data in description.data])

    def log_metrics(self, run: TrackedRun, metrics: Sequence[Metric]) -> None:
        """Logs numbers; the server keeps one of those that agree in name, value, time and epoch."""
        from mlflow.entities import Metric as Point

        points = [Point(_key(each.name), each.value, int(each.time * 1000), each.epoch) for each in metrics]
        for chunk in _chunks(points, MAX_METRICS):
            self._client.log_batch(self._id(run), metrics=chunk)

    def log_artifact(self, run: TrackedRun, name: str, file: Path) -> None:
        """Uploads a file.

        Args:
            run: The run.
            name: Its path in the run folder.
            file: Where it is.
        """
        self._client.log_artifact(self._id(run), str(file), os.path.dirname(name) or None)

    def log_model(self, run: TrackedRun, model: Model) -> None:
        """Uploads a model in MLflow's format, as a logged model that is an output of the run."""
        from kspec.tracking.mlflow_model import upload

        id = self._id(run)
        upload(self._client, id, self._experiments_of_runs[id], model)

    def end(self, run: TrackedRun, status: Status, time: float) -> None:
        """Sets the status of a run.

        Args:
            run: The run.
            status: How it ended.
            time: When, in seconds since 1970.
        """
        self._client.set_terminated(self._id(run), _STATUS[status], int(time * 1000) if time else None)

    def _experiment(self, project: str) -> str:
        """The id of the experiment of a spec, which is created if there is none."""
        from mlflow.exceptions import MlflowException

        name = os.environ.get("MLFLOW_EXPERIMENT_NAME") or project
        if name not in self._experiments:
            found = self._client.get_experiment_by_name(name)
            if found is None:
                try:
                    self._experiments[name] = self._client.create_experiment(name)
                except MlflowException:  # another run has just created it
                    found = self._client.get_experiment_by_name(name)
                    if found is None:
                        raise
            if found is not None:
                if found.lifecycle_stage == "deleted":
                    raise RuntimeError(f"the experiment `{name}` is deleted: restore it, or set MLFLOW_EXPERIMENT_NAME")
                self._experiments[name] = found.experiment_id
        return self._experiments[name]

    def _find(self, run: TrackedRun) -> str:
        """The id of a run that was created before anybody could remember it; empty without one."""
        found = self._client.search_runs([self._experiment(run.project)], f"tags.`{_KEY}` = '{run.key}'", max_results=1)
        return str(found[0].info.run_id) if found else ""

    def _id(self, run: TrackedRun) -> str:
        """The id of a run that has begun.

        Raises:
            RuntimeError: If it is that of another run: anyone may have written the run folder.
        """
        if run.id not in self._experiments_of_runs:
            found = self._client.get_run(run.id)
            if found.data.tags.get(_KEY) != run.key:
                raise RuntimeError(f"the run {run.id} is not that of the folder {run.folder}")
            self._experiments_of_runs[run.id] = str(found.info.experiment_id)
        return run.id


def _key(name: str) -> str:
    """A name as MLflow takes it.

    >>> _key("fit.callbacks.EarlyStopping.patience"), _key("precision@5"), _key("a//b")
    ('fit.callbacks.EarlyStopping.patience', 'precision_5', 'a__b')
    """
    key = _STRANGE.sub("_", name)[:MAX_KEY]
    return key if posixpath.normpath(key) == key and key[0] not in "./" else key.replace("/", "_").replace("..", "__")


def _chunks(items: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    return (items[start : start + size] for start in range(0, len(items), size))


def _text(value: Any, limit: int) -> str:
    text = str(value)
    return text if len(text) <= limit else f"{text[: limit - 1]}…"


def _dataset(data: Data) -> Any:
    """A dataset input of a run.

    Args:
        data: What the run has read.
    """
    from mlflow.entities import Dataset, DatasetInput, InputTag

    source = json.dumps({"uri": data.name, "sha256": data.fingerprint})
    name, digest = _text(data.name, MAX_KEY), data.fingerprint[:MAX_DIGEST]
    dataset = Dataset(name, digest, source_type=data.source or "local", source=source)
    return DatasetInput(dataset, [InputTag("mlflow.data.context", "training")])
