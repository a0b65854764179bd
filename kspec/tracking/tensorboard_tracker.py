"""TensorBoard: event files with curves, hyperparameters, the spec and the network's graph."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Sequence
from pathlib import Path

from kspec.syntax.credentials import Address
from kspec.tracking.event_file import EventFile
from kspec.tracking.tracker import Description, Metric, Model, Status, TrackedRun, Tracker

FOLDER = "tensorboard"
"""Where event files are in a run folder, unless an address names another place."""
VALIDATION = "val_"
MAX_TEXT = 1 << 20
MAX_CONFIG = 64 << 20


class TensorBoardTracker(Tracker):
    """Writes event files, as Keras's callback names them: `epoch_loss` in the runs `train` and `validation`.

    Args:
        address: A folder, in which each run has one; empty for the folder `tensorboard` in that of the run.
    """

    def __init__(self, address: Address) -> None:
        self._root = Path(address.text) if address.text else None
        self._files: dict[Path, EventFile] = {}

    def begin(self, run: TrackedRun) -> str:
        """Needs nothing: a run is a folder."""
        return run.path

    def url(self, run: TrackedRun) -> str:
        """The command that shows a run."""
        return f"tensorboard --logdir {self._folder(run)}"

    def describe(self, run: TrackedRun, description: Description) -> None:
        """Writes the hyperparameters."""
        from tensorboard.plugins.hparams.plugin_data_pb2 import HParamsPluginData, SessionStartInfo

        info = SessionStartInfo(group_name=run.key, start_time_secs=run.started)
        for name, value in description.parameters.items():
            if isinstance(value, bool):
                info.hparams[name].bool_value = value
            elif isinstance(value, (int, float)):
                info.hparams[name].number_value = value
            else:
                info.hparams[name].string_value = str(value)
        self._write_hparams(
            run, "_hparams_/session_start_info", HParamsPluginData(session_start_info=info), run.started
        )

    def log_metrics(self, run: TrackedRun, metrics: Sequence[Metric]) -> None:
        """Writes numbers: those of the training, of the validation, and of each split that was evaluated.

        Args:
            run: The run.
            metrics: The numbers.
        """
        for metric in metrics:
            part, name = _place(metric.name)
            self._file(run, part).scalar(f"epoch_{name}", metric.value, metric.epoch, metric.time)

    def log_artifact(self, run: TrackedRun, name: str, file: Path) -> None:
        """Shows the resolved spec and the summary as texts; the rest stays in the run folder.

        Args:
            run: The run.
            name: The name of a file.
            file: Where it is.
        """
        if name in ("resolved.yaml", "summary.txt") and file.stat().st_size <= MAX_TEXT:
            text = file.read_text(encoding="utf-8", errors="replace")
            self._file(run).text(name, "    " + text.replace("\n", "\n    "), file.stat().st_mtime)

    def log_model(self, run: TrackedRun, model: Model) -> None:
        """Shows the layers as a graph, if TensorBoard can draw them."""
        from tensorboard.plugins.graph.keras_util import keras_model_to_graph_def

        with zipfile.ZipFile(model.file) as archive:
            if archive.getinfo("config.json").file_size > MAX_CONFIG:
                return
            config = json.loads(archive.read("config.json"))
        try:
            graph = keras_model_to_graph_def(config)
        except Exception:  # it knows Keras 2's form of a network, and of Keras 3's what is alike
            return
        self._file(run).graph(graph, model.file.stat().st_mtime)

    def end(self, run: TrackedRun, status: Status, time: float) -> None:
        """Ends the session and its files.

        Args:
            run: The run.
            status: How it ended.
            time: When, in seconds since 1970.
        """
        from tensorboard.plugins.hparams.api_pb2 import Status as HParamsStatus
        from tensorboard.plugins.hparams.plugin_data_pb2 import HParamsPluginData, SessionEndInfo

        word = "STATUS_SUCCESS" if status == "finished" else "STATUS_FAILURE"
        info = SessionEndInfo(status=HParamsStatus.Value(word), end_time_secs=time)
        self._write_hparams(run, "_hparams_/session_end_info", HParamsPluginData(session_end_info=info), time)
        folder = self._folder(run)
        for path in [path for path in self._files if path == folder or path.parent == folder]:
            self._files.pop(path).close()

    def _write_hparams(self, run: TrackedRun, tag: str, data: object, at: float) -> None:
        """Writes a message of TensorBoard's plugin for hyperparameters.

        Args:
            run: The run.
            tag: The tag that the plugin looks for.
            data: An `HParamsPluginData`.
            at: Seconds since 1970.
        """
        from tensorboard.compat.proto.summary_pb2 import Summary
        from tensorboard.plugins.hparams import metadata

        value = Summary.Value(tag=tag, metadata=metadata.create_summary_metadata(data), tensor=metadata.NULL_TENSOR)
        self._file(run).summary(Summary(value=[value]), 0, at)

    def _folder(self, run: TrackedRun) -> Path:
        return run.folder / FOLDER if self._root is None else self._root / run.project / run.path

    def _file(self, run: TrackedRun, part: str = "") -> EventFile:
        """The event file of a run, or of a split.

        Args:
            run: The run.
            part: The split; empty for the run itself.
        """
        folder = self._folder(run) / part
        return self._files.setdefault(folder, EventFile(folder))


def _place(name: str) -> tuple[str, str]:
    """The run and the name under which a number is shown.

    >>> _place("loss"), _place("val_loss"), _place("test/encoder/accuracy")
    (('train', 'loss'), ('validation', 'loss'), ('test', 'encoder/accuracy'))
    """
    split, slash, rest = name.partition("/")
    if slash:
        return ("kept" if split == "validation" else split), rest
    return ("validation", name.removeprefix(VALIDATION)) if name.startswith(VALIDATION) else ("train", name)
