"""The process that sends a run while it goes on; and `kspec track`."""

from __future__ import annotations

import io
import json
import socket
import subprocess
import sys
from pathlib import Path
from unittest import mock

import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from kspec.tracking.state import sending
from kspec.tracking.targets import target_of
from kspec.tracking.tracking import WAIT_SECONDS, Tracking
from kspec.training.console import Console
from tests.tracking.run_folders import write_run

PACKAGE = """\
from kspec.tracking.tracker import Tracker

class Lines(Tracker):
    def __init__(self, address):
        self.file = address.text
    def begin(self, run):
        self._write("begin", run.name)
        return "1"
    def log_metrics(self, run, metrics):
        self._write("metrics", len(metrics))
    def end(self, run, status, time):
        self._write("end", status)
    def _write(self, *words):
        with open(self.file, "a") as file:
            print(*words, file=file)
"""


def read_back(folder: Path) -> EventAccumulator:
    events = EventAccumulator(str(folder), size_guidance={"tensors": 0})
    events.Reload()
    return events


def test_event_files_are_read_back(tmp_path: Path) -> None:
    folder, out = write_run(tmp_path / "runs" / "small" / "1"), io.StringIO()
    tracked = Tracking([target_of("tensorboard")], Console(stream=out))
    tracked.begin(folder)
    tracked.finish()
    assert out.getvalue() == f"track     tensorboard --logdir {folder / 'tensorboard'}\n"
    for part, factor in (("train", 1.0), ("validation", 2.0)):
        points = read_back(folder / "tensorboard" / part).Tensors("epoch_loss")
        assert [point.step for point in points] == [1, 2, 3]
        assert [point.tensor_proto.float_val[0] for point in points] == pytest.approx([factor, factor / 2, factor / 3])
    (point,) = read_back(folder / "tensorboard" / "test").Tensors("epoch_loss")
    assert (point.step, point.tensor_proto.float_val[0]) == (3, 0.5)
    events = read_back(folder / "tensorboard")
    assert {"_hparams_/session_start_info", "_hparams_/session_end_info", "resolved.yaml"} <= set(
        events.Tags()["tensors"]
    )


def test_a_tracker_that_is_down_is_one_warning(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("mlflow")
    folder = write_run(tmp_path / "runs" / "small" / "1")
    tracked = Tracking([target_of("mlflow:http://ann:s3cret@127.0.0.1:9")], Console(stream=io.StringIO()))
    with mock.patch.dict(WAIT_SECONDS, {"": 300.0}):  # a busy machine takes its time to import MLflow
        tracked.begin(folder)
        tracked.finish()
    error = capsys.readouterr().err
    assert error.count("warning[KS715]: the tracker is not available: it refuses the connection") == 1
    assert f"kspec track {folder} --to mlflow:http://127.0.0.1:9" in error
    assert "s3cret" not in error + "".join(file.read_text() for file in folder.iterdir())


def test_a_package_adds_a_tracker(tmp_path: Path) -> None:
    folder, site = write_run(tmp_path / "runs" / "small" / "1"), tmp_path / "site"
    (site / "lines-1.dist-info").mkdir(parents=True)
    (site / "lines.py").write_text(PACKAGE)
    (site / "lines-1.dist-info" / "METADATA").write_text("Metadata-Version: 2.1\nName: lines\nVersion: 1\n")
    (site / "lines-1.dist-info" / "entry_points.txt").write_text("[kspec.trackers]\nlines = lines:Lines\n")
    code = (
        f"import sys; sys.path.append({str(site)!r})\n"
        "from kspec.cli import main\n"
        f"status = main(['track', {str(folder)!r}, '--to', {'lines:' + str(tmp_path / 'sent')!r}])\n"
        "print(status, sorted({'tensorflow', 'keras', 'numpy', 'pandas'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "0 []"
    assert (tmp_path / "sent").read_text().splitlines() == ["begin 1", "metrics 6", "metrics 2", "end finished"]


def test_one_process_at_a_time_sends_a_run(tmp_path: Path) -> None:
    folder, out = write_run(tmp_path / "runs" / "small" / "1"), io.StringIO()
    with sending(folder):
        tracked = Tracking([target_of("tensorboard")], Console(stream=out))
        tracked.begin(folder)
        tracked.finish()
    assert not (folder / "tensorboard").exists()


def test_an_address_in_a_run_folder_is_only_named(tmp_path: Path) -> None:
    folder, out = write_run(tmp_path / "run"), io.StringIO()
    lines = [{"tracker": "mlflow:http://host", "run": "."}, {"tracker": "mlflow:\x1b[2J", "run": "."}]
    (folder / "tracking.jsonl").write_text("\n".join(map(json.dumps, lines)))
    tracked = Tracking([], Console(stream=out))
    tracked.begin(folder)
    tracked.finish()
    assert out.getvalue().splitlines() == [
        "track     mlflow:http://host has this run as far as it went; --track mlflow:http://host goes on there"
    ]


def test_a_tracker_that_never_answers_is_not_waited_for(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("mlflow")
    folder = write_run(tmp_path / "runs" / "small" / "1")
    with socket.create_server(("127.0.0.1", 0)) as silent, mock.patch.dict(WAIT_SECONDS, {"": 0.0}):
        target = target_of(f"mlflow:http://127.0.0.1:{silent.getsockname()[1]}")
        tracked = Tracking([target], Console(stream=io.StringIO()))
        tracked.begin(folder)
        tracked.finish()
    assert "warning[KS715]: the tracker is not available: it takes too long" in capsys.readouterr().err
