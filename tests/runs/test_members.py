"""Runs of folds and of repeats: a run for each, their means and deviations, their predictions together."""

from __future__ import annotations

import csv
import json

import numpy as np
import pytest
from scipy.stats import t as student

import kspec
from kspec.data import sources
from kspec.runs.loaded_members import evaluate_members, members_at, predict_mean
from kspec.runs.run_evaluation import evaluate_run
from kspec.runs.run_folder import RunFolderError
from kspec.runs.run_index import past_runs
from kspec.runs.run_loader import load_run, read_examples
from kspec.runs.spread import Spread, student_quantile
from tests.cli.run_cli import run_cli

SPEC = """\
kspec: 1
data: {csv: t.csv, inputs: [a, b], targets: y, split: {folds: 3}}
inputs: {x: {shape: [2]}}
layers: [{Dense: {units: 1}}]
fit: {epochs: 1, engine: fused}
"""
CLASSES = """\
kspec: 1
data: {csv: t.csv, inputs: [a, b], targets: c}
inputs: {x: {shape: [2]}}
layers: [{Dropout: {rate: 0.2}}, {Dense: {units: 3, activation: softmax}, name: c}]
compile: {optimizer: {Adam: {learning_rate: 0.1}}}
fit: {epochs: 1, engine: fused, repeats: 3}
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    rows = [f"{i / 9},{i % 7},{i % 5 + i / 30},{'pqr'[i % 3]}" for i in range(40)]
    (tmp_path / "t.csv").write_text("a,b,y,c\n" + "\n".join(rows))
    return tmp_path


def table(path):
    with open(path, newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture
def command(capsys):
    return lambda *words: run_cli(list(words), capsys)


def test_each_fold_is_a_run(folder, monkeypatch, capsys, command):
    (folder / "spec.yaml").write_text(SPEC)
    reads = []
    read = sources.read
    monkeypatch.setattr("kspec.data.reading.read", lambda *a, **k: reads.append(a) or read(*a, **k))
    from kspec.training.engine.loops import Loops

    traces, trace = [], Loops._trace
    monkeypatch.setattr(Loops, "_trace", lambda *a: traces.append(a) or trace(*a))
    run = kspec.run("spec.yaml", quiet=False)
    assert len(reads) == 1
    assert len(traces) == 3  # training, validation, prediction: for all folds together
    folders = [run.folder / f"fold-{number}" for number in (1, 2, 3)]
    losses = [json.loads((folder / "metrics.json").read_text())["evaluate"]["loss"] for folder in folders]
    assert len(set(losses)) == 3
    np.testing.assert_allclose([run.metrics["loss"], run.deviation["loss"]], [np.mean(losses), np.std(losses, ddof=1)])
    interval = student.interval(0.95, 2, np.mean(losses), np.std(losses, ddof=1) / np.sqrt(3))
    np.testing.assert_allclose(run.interval["loss"], interval)
    assert (run.metrics["split"], run.metrics["examples"]) == ("validation", 40)
    printed = capsys.readouterr().out
    assert [line.split()[1:4] for line in printed.splitlines() if line.startswith("fold ")] == [
        [number, "of", "3"] for number in "123"
    ]
    assert sum(line.startswith("data ") for line in printed.splitlines()) == 1
    assert f"loss {np.mean(losses):.4g} ± {np.std(losses, ddof=1):.2g}" in printed

    summary = json.loads((run.folder / "summary.json").read_text())
    assert summary["metrics"]["loss"]["values"] == losses
    assert [row["member"] for row in summary["table"]] == ["fold-1", "fold-2", "fold-3"]
    (record,) = past_runs("runs")
    assert (record.status, record.split) == ("finished", "validation")
    assert record.metrics["loss"] == pytest.approx(np.mean(losses))
    assert f"± {np.std(losses, ddof=1):.2g}" in command("runs")

    merged, own = table(run.folder / "predictions.csv"), [table(each / "predictions.csv") for each in folders]
    assert [int(line["row"]) for line in merged] == list(range(1, 41))
    for line in merged:
        fold = int(line.pop("fold"))
        assert line in own[fold - 1]
    loaded = load_run(str(folders[1]))
    part, name = read_examples(loaded, None, None, need_targets=True)
    assert name == "validation"
    assert evaluate_run(loaded, part)["loss"] == pytest.approx(losses[1])
    with pytest.raises(RunFolderError, match=r"has 3 folds, each with a model of its own; name one: .*fold-1"):
        load_run(str(run.folder))

    document = json.loads(command("evaluate", "spec", "--format", "json"))
    assert document["metrics"]["loss"] == pytest.approx(np.mean(losses))
    assert document["examples"] == 40
    members = [kspec.predict(each, "t.csv")["dense"] for each in folders]
    np.testing.assert_array_equal(
        kspec.predict(run, "t.csv")["dense"], np.mean(np.float64(members), axis=0).astype("float32")
    )
    command("predict", "spec", "-o", "again.csv")
    assert table("again.csv") == table(run.folder / "predictions.csv")
    command("predict", "spec", "--data", "t.csv", "-o", "mean.csv")
    deviations = [float(line["dense_deviation"]) for line in table("mean.csv")]
    np.testing.assert_allclose(deviations, np.std(np.float64(members), axis=0, ddof=1).ravel(), rtol=1e-4, atol=1e-7)
    with pytest.raises(RunFolderError, match="each fold has a train split of its own"):
        kspec.predict(run, split="train")
    assert "folds: 3" in (run.folder / "resolved.yaml").read_text()
    assert "3 parameters" in command("summary", str(run.folder))


@pytest.mark.slow
def test_the_table_of_a_member_is_its_own(folder):
    (folder / "t.csv").write_text((folder / "t.csv").read_text().replace("\n1.0,", "\n,").replace("\n2.0,", "\n,"))
    (folder / "spec.yaml").write_text(SPEC.replace("targets: y", "targets: {dense: {column: y, scale: standard}}"))
    (folder / "spec.yaml").write_text((folder / "spec.yaml").read_text().replace("split:", "missing: mean, split:"))
    run = kspec.run("spec.yaml")
    for number, member in enumerate(run.members, 1):
        alone = kspec.run("spec.yaml", [f"data.split.fold={number}"])
        assert alone.metrics == member.metrics
        np.testing.assert_array_equal(alone.predictions["dense"], member.predictions["dense"])


@pytest.mark.slow
def test_each_repeat_has_a_seed(folder, command):
    (folder / "spec.yaml").write_text(CLASSES)
    run = kspec.run("spec.yaml")
    runs = [json.loads((run.folder / f"repeat-{number}" / "run.json").read_text()) for number in (1, 2, 3)]
    assert [each["seed"] for each in runs] == [0, 1, 2]
    alone = kspec.run("spec.yaml", ["fit.repeats=null", "seed=1", "data.seed=0"])
    np.testing.assert_array_equal(alone.predictions["c"], run.members[1].predictions["c"])
    rows = [[line["row"] for line in table(run.folder / f"repeat-{n}" / "predictions.csv")] for n in (1, 2, 3)]
    assert rows[0] == rows[1] == rows[2]
    mean = np.mean([each.predictions["c"] for each in run.members], axis=0)
    lines = table(run.folder / "predictions.csv")
    np.testing.assert_allclose([[float(line[f"c_{k}"]) for k in "pqr"] for line in lines], mean, rtol=1e-5)
    deviation = np.std([each.predictions["c"] for each in run.members], axis=0, ddof=1)
    spread = [[float(line[f"c_{k}_deviation"]) for k in "pqr"] for line in lines]
    np.testing.assert_allclose(spread, deviation, rtol=1e-4, atol=1e-7)
    assert [line["c"] for line in lines] == ["pqr"[k] for k in mean.argmax(axis=1)]
    actual = np.array(["pqr".index(line["c_actual"]) for line in lines])
    assert run.ensemble["accuracy"] == pytest.approx(np.mean(mean.argmax(axis=1) == actual))
    assert run.ensemble["loss"] == pytest.approx(-np.log(mean[np.arange(len(mean)), actual]).mean(), rel=1e-5)
    document = json.loads(command("evaluate", str(run.folder), "--format", "json"))
    assert document["ensemble"]["loss"] == pytest.approx(run.ensemble["loss"])
    assert document["members"]["repeat-2"]["loss"] == pytest.approx(run.members[1].metrics["loss"])

    beside = command("run", "spec.yaml", "--jobs", "2", "-q").strip()
    assert table(f"{beside}/predictions.csv") == lines
    again = command("run", "spec.yaml", "--repeat", "2", "--resplit", "-q").strip()
    parts = [{line["row"] for line in table(f"{again}/repeat-{number}/predictions.csv")} for number in (1, 2)]
    assert parts[0] != parts[1]
    assert [(line["row"], line["repeat"]) for line in table(f"{again}/predictions.csv")] == sorted(
        ((row, str(n)) for n, own in enumerate(parts, 1) for row in own), key=lambda each: (int(each[0]), each[1])
    )


@pytest.mark.slow
def test_a_test_split_is_that_of_all_folds(folder):
    (folder / "spec.yaml").write_text(
        CLASSES.replace(", repeats: 3", "").replace("targets: c", "targets: c, split: {folds: 3, test: 0.2}")
    )
    run = kspec.run("spec.yaml")
    assert (run.metrics["split"], run.metrics["examples"]) == ("test", 8)
    mean = np.mean([each.predictions["c"] for each in run.members], axis=0)
    lines = table(run.folder / "ensemble_predictions.csv")
    assert [line["c"] for line in lines] == ["pqr"[k] for k in mean.argmax(axis=1)]
    held_out = {line["row"] for line in lines}
    assert {line["row"] for line in table(run.folder / "predictions.csv")} == {str(n) for n in range(1, 41)} - held_out
    assert run.ensemble["accuracy"] == pytest.approx(np.mean([line["c"] == line["c_actual"] for line in lines]))


def test_quantiles_and_spreads_are_those_of_scipy():
    for freedom in (1, 2, 3, 4, 9, 30, 99):
        assert student_quantile(freedom) == pytest.approx(student.ppf(0.975, freedom), rel=1e-12)
    assert Spread.of([0.5]) == Spread((0.5,), 0.5, None, None)


@pytest.mark.parametrize(("spec", "reference"), [(CLASSES, "of the mean prediction"), (SPEC, "means")])
def test_new_rows_are_watched_with_the_mean_of_all(folder, spec, reference):
    (folder / "spec.yaml").write_text(spec)
    run = kspec.run("spec.yaml")
    watched = kspec.watch(run, "t.csv")
    members = members_at(str(run.folder))
    _, _, _, combined = predict_mean(members, "t.csv", None)
    (name,) = combined.mean
    values = combined.mean[name]
    if values.shape[1] > 1:
        counts = np.bincount(values.argmax(axis=1), minlength=3)
        drift = next(each for each in watched.predictions if each.column == name)
        shares = dict(zip(drift.bins, drift.actual, strict=True))
        half = 0.5 * len(drift.bins)
        assert [shares[label] for label in "pqr" if label in shares] == pytest.approx(
            [(count + 0.5) / (40 + half) for label, count in zip("pqr", counts, strict=True) if label in shares]
        )
    evaluation = evaluate_members(members, "t.csv", None)
    new = evaluation.ensemble if "prediction" in reference else evaluation.to_json()["metrics"]
    old = run.ensemble if "prediction" in reference else run.metrics
    assert watched.metrics == {key: (old[key], pytest.approx(value)) for key, value in new.items()}
    assert f"metrics are {reference} of 3" in watched.notes[-1]
