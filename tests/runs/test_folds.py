"""A run of folds: a run for each, and their means and deviations."""

from __future__ import annotations

import json

import numpy as np
import pytest

import kspec
from kspec.runs.run_folder import RunFolderError
from kspec.runs.run_index import past_runs
from kspec.runs.run_loader import evaluate_run, load_run, read_examples

SPEC = """\
kspec: 1
data: {csv: t.csv, inputs: [a, b], targets: y, split: {folds: 3}}
inputs: {x: {shape: [2]}}
layers: [{Dense: {units: 1}}]
fit: {epochs: 1, engine: fused}
"""


def test_each_fold_is_a_run(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    rows = [f"{i / 9},{i % 7},{i % 5 + i / 30}" for i in range(40)]
    (tmp_path / "t.csv").write_text("a,b,y\n" + "\n".join(rows))
    (tmp_path / "spec.yaml").write_text(SPEC)
    run = kspec.run("spec.yaml", quiet=False)
    folders = [run.folder / f"fold-{number}" for number in (1, 2, 3)]
    losses = [json.loads((folder / "metrics.json").read_text())["evaluate"]["loss"] for folder in folders]
    assert len(set(losses)) == 3
    np.testing.assert_allclose([run.metrics["loss"], run.deviation["loss"]], [np.mean(losses), np.std(losses)])
    assert (run.metrics["split"], run.metrics["examples"]) == ("validation", 40)
    printed = capsys.readouterr().out
    assert [line.split()[1:4] for line in printed.splitlines() if line.startswith("fold ")] == [
        [number, "of", "3"] for number in "123"
    ]
    assert f"loss {np.mean(losses):.4g} ± {np.std(losses):.2g}" in printed
    (record,) = past_runs("runs")
    assert (record.status, record.split) == ("finished", "validation")
    assert record.metrics["loss"] == pytest.approx(np.mean(losses))
    loaded = load_run(str(folders[1]))
    part, name = read_examples(loaded, None, None, need_targets=True)
    assert name == "validation"
    assert evaluate_run(loaded, part)["loss"] == pytest.approx(losses[1])
    with pytest.raises(RunFolderError, match=r"has 3 folds, each with a model of its own; name one: .*fold-1"):
        load_run(str(run.folder))
    one = kspec.run("spec.yaml", ["data.split.fold=2"])
    assert one.metrics["loss"] == pytest.approx(losses[1])
