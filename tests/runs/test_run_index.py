"""The list of runs, from folders in any state. No TensorFlow."""

import json
import os
from pathlib import Path

import pytest

from kspec.analysis.metric_direction import direction
from kspec.cli import main
from kspec.runs.run_folder import spec_names
from kspec.runs.run_index import best_first, metric_names, past_runs


def make(out, name, stamp, metrics=None, **record):
    folder = Path(out) / name / stamp
    folder.mkdir(parents=True)
    started = f"{stamp[:4]}-{stamp[4:6]}-{stamp[6:8]}T{stamp[9:11]}:{stamp[11:13]}:{stamp[13:15]}+0000"
    whole = {"name": name, "status": "finished", "started": started, "seconds": 12.3, "epochs": 4, **record}
    (folder / "run.json").write_text(json.dumps(whole))
    if metrics is not None:
        (folder / "metrics.json").write_text(json.dumps({"evaluate": {"split": "test", "examples": 9, **metrics}}))
    return folder


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.delenv("COLUMNS", raising=False)  # of the terminal that runs the tests
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def three(here):
    make("runs", "mlp", "20260101-120000-1", {"loss": 0.3, "accuracy": 0.91})
    make("runs", "mlp", "20260102-120000-1", {"loss": 0.2, "accuracy": 0.95})
    make("runs", "cnn", "20260103-120000-1", {"loss": 0.25, "mean": 1.0}, seconds=7_400)
    return here


@pytest.mark.usefixtures("three")
def test_runs_are_listed_newest_first():
    runs = past_runs("runs")
    assert [run.path.as_posix() for run in runs] == [
        "runs/cnn/20260103-120000-1", "runs/mlp/20260102-120000-1", "runs/mlp/20260101-120000-1",
    ]  # fmt: skip
    assert runs[1].metrics == {"loss": 0.2, "accuracy": 0.95}
    assert (runs[1].status, runs[1].split, runs[1].seconds, runs[1].epochs) == ("finished", "test", 12.3, 4)
    assert metric_names(runs) == ["loss", "mean", "accuracy"]
    assert spec_names("runs") == ["cnn", "mlp"]


@pytest.mark.usefixtures("here")
def test_runs_of_one_second_are_in_their_order():
    for number in (2, 10, 1):
        make("runs", "mlp", f"20260101-120000-{number}")
    assert [run.path.name[-2:] for run in past_runs("runs")] == ["10", "-2", "-1"]


def test_latest_is_not_listed_as_a_run(three):
    os.symlink("20260102-120000-1", "runs/mlp/latest", target_is_directory=True)
    (three / "runs" / "cnn" / "latest").write_text("20260103-120000-1")
    assert len(past_runs("runs")) == 3


def test_missing_and_broken_files_are_reported(here):
    (here / "runs" / "mlp" / "20260101-120000-1").mkdir(parents=True)
    broken = make("runs", "mlp", "20260101-120001-1", {"loss": 1.0})
    (broken / "run.json").write_text('{"name": "ml')
    (broken / "history.csv").write_text("epoch,loss\n1,0.5\n2,0.4\n")
    listed = make("runs", "mlp", "20260101-120002-1")
    (listed / "run.json").write_text("[1]")
    odd = make("runs", "mlp", "20260101-120003-1")
    (odd / "metrics.json").write_text('{"evaluate": {"loss": NaN, "accuracy": null}}')
    (here / "runs" / "notes").mkdir()
    (here / "runs" / "mlp" / "notes").mkdir()
    runs = past_runs("runs")
    assert [run.status for run in runs] == ["finished", *["unknown"] * 3]
    assert [run.message.partition(" (")[0] for run in runs] == [
        "",
        "its run.json is damaged: it holds no object",
        "its run.json is damaged: it is not JSON: Unterminated string starting at: line 1 column 10",
        "it has no run.json",
    ]
    assert all(run.started is not None for run in runs)
    assert runs[2].epochs == 2
    assert list(runs[0].metrics) == ["loss"]
    assert runs[0].to_json()["metrics"] == {"loss": None}


@pytest.mark.usefixtures("here")
def test_a_running_run_shows_its_epochs():
    folder = make("runs", "mlp", "20260101-120000-1", status="running", epochs=0)
    (folder / "history.csv").write_text("epoch,loss\n1,0.5\n2,0.4\n3,0.3\n")
    assert past_runs("runs")[0].epochs == 3


@pytest.mark.parametrize(
    ("metric", "better"),
    [
        ("loss", "min"), ("val_loss", "min"), ("priority_loss", "min"), ("mean_absolute_error", "min"), ("mae", "min"),
        ("out_rmse", "min"), ("binary_crossentropy", "min"), ("false_positives", "min"), ("kl_divergence", "min"),
        ("accuracy", "max"), ("sparse_categorical_accuracy", "max"), ("auc", "max"), ("auc_1", "max"), ("AUC", "max"),
        ("precision", "max"), ("recall_at_precision", "max"), ("f1_score", "max"), ("out_f1", "max"),
        ("r2_score", "max"),
        ("true_positives", "max"), ("cosine_similarity", "max"), ("mean_io_u", "max"), ("binary_io_u", "max"),
        ("mean", None), ("surface", None),
    ],
)  # fmt: skip
def test_the_direction_of_a_metric(metric, better):
    assert direction(metric) == better


def test_every_keras_metric_has_a_direction():
    from kspec.catalog import names

    unsure = {"Mean", "MeanMetricWrapper", "Metric", "Sum", "MeanTensor"}
    assert [name for name in names("metric") if name not in unsure and direction(snake(name)) is None] == []


def snake(name):
    """The name of a metric in Keras's history."""
    import re

    first = re.sub(r"(.)([A-Z][a-z0-9]+)", r"\1_\2", re.sub(r"\W+", "", name))
    return re.sub(r"([a-z])([A-Z])", r"\1_\2", first).lower()


@pytest.mark.usefixtures("three")
def test_runs_without_the_metric_come_last():
    runs = past_runs("runs")
    assert [run.metrics.get("accuracy") for run in best_first(runs, "accuracy", "max")] == [0.95, 0.91, None]
    assert [run.metrics["loss"] for run in best_first(runs, "loss", "min")] == [0.2, 0.25, 0.3]


def test_no_runs(here, capsys):
    assert main(["runs"]) == 0
    assert capsys.readouterr().out == "no runs in runs/ yet; `kspec run SPEC` adds one\n"
    assert main(["runs", "--out", "elsewhere/"]) == 0
    assert capsys.readouterr().out == "no runs in elsewhere/ yet; `kspec run SPEC` adds one\n"
    assert main(["runs", "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"runs": []}


@pytest.mark.usefixtures("three")
def test_the_table(capsys):
    assert main(["runs", "--best", "accuracy"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["run", "started", "status", "time", "epochs", "split", "accuracy", "loss", "mean"]
    assert lines[1].startswith("runs/mlp/20260102-120000-1  2026-01-0")
    assert lines[1].split()[-6:] == ["12", "s", "4", "test", "0.95", "0.2"]
    assert "2 h 03 min" in lines[3]
    assert lines[-1] == "sorted by accuracy, largest first"


@pytest.mark.usefixtures("three")
def test_metric_names_ignore_case_and_the_direction_is_shown(capsys):
    assert main(["runs", "mlp", "--best", "LOSS"]) == 0
    assert capsys.readouterr().out.endswith("\nsorted by loss, smallest first\n")
    assert main(["runs", "--best", "mean"]) == 0
    assert capsys.readouterr().out.endswith(
        "sorted by mean, largest first; whether larger is better is not known for this metric\n"
    )


@pytest.mark.usefixtures("three")
def test_unknown_names_and_metrics_are_usage_errors(capsys):
    assert main(["runs", "--best", "auc"]) == 2
    assert "no run has the metric auc; available: loss, mean, accuracy" in capsys.readouterr().err
    assert main(["runs", "mlpp"]) == 2
    assert "no runs of a spec named mlpp; did you mean `mlp`?" in capsys.readouterr().err


@pytest.mark.usefixtures("three")
def test_json(capsys):
    assert main(["runs", "mlp", "--best", "loss", "--format", "json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["best"] == {"metric": "loss", "order": "min"}
    assert [run["metrics"]["loss"] for run in said["runs"]] == [0.2, 0.3]
    assert said["runs"][0]["run"] == "runs/mlp/20260102-120000-1"


@pytest.mark.usefixtures("here")
def test_many_metrics_share_a_column_and_failures_show_the_reason(capsys):
    make("runs", "big", "20260101-120000-1", {f"metric_{i}": i / 10 for i in range(9)})
    make("runs", "big", "20260102-120000-1", status="failed", message="the loss is no number " * 9, epochs=0)
    assert main(["runs"]) == 0
    header, failed, finished = capsys.readouterr().out.splitlines()
    assert header.split()[-1] == "metrics"
    assert finished.endswith("metric_7 0.7  metric_8 0.8")
    assert failed.endswith("…")


@pytest.mark.usefixtures("here")
def test_a_narrow_table_shows_the_metric_asked_for_and_names_those_left_out(capsys, monkeypatch):
    values = {f"a_metric_with_a_long_name_{i}": i / 10 for i in range(9)}
    make("runs", "big", "20260101-120000-1", values | {"loss": 0.25})
    monkeypatch.setenv("COLUMNS", "80")
    assert main(["runs", "--best", "a_metric_with_a_long_name_3"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= 80
    assert lines[0].split()[-1] == "a_metric_with_a_long_name_3"
    assert lines[1].split()[-1] == "0.3"
    assert set(" ".join(lines[3:]).replace(",", "").split()) >= {"loss", *values} - {"a_metric_with_a_long_name_3"}
