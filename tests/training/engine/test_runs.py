"""Runs under each engine, as a user of Python sees them."""

import json

import numpy as np
import pytest

import kspec
from kspec.training.engine import auto
from tests.support.project import BINARY


def identical(first, second):
    assert first.history == second.history
    assert first.metrics == second.metrics
    for ours, theirs in zip(first.model.get_weights(), second.model.get_weights(), strict=True):
        assert np.array_equal(ours, theirs)


def engine_in(run):
    record = json.loads((run.folder / "run.json").read_text())
    return record["engine"], kspec.load(run.folder / "resolved.yaml").document.fit.engine


@pytest.mark.parametrize("engine", ["keras", pytest.param("fused", marks=pytest.mark.slow)])
def test_the_run_names_its_engine(project, engine):
    assert engine_in(kspec.run(project(BINARY), overrides=[f"fit.engine={engine}"])) == (engine, engine)


def test_auto_stays_fused_in_a_short_training(project):
    assert engine_in(kspec.run(project(BINARY))) == ("fused", "fused")


@pytest.mark.slow
def test_the_resolved_spec_repeats_what_auto_chose(project, monkeypatch, capsys):
    from kspec.training.engine import fused

    for name, value in (("MIN_MEASURED_SECONDS", 0.002), ("MIN_COMPILE_SECONDS", 0.0), ("COMPILE_FACTOR", 0.0)):
        monkeypatch.setattr(auto, name, value)
    monkeypatch.setattr(fused, "COMPILED_VALIDATION", (1, 1))
    first = kspec.run(project(BINARY), overrides=["fit.epochs=30"], quiet=False)
    notes = [line for line in capsys.readouterr().out.splitlines() if line.startswith("engine")]
    assert len(notes) == 1
    chosen, resolved = engine_in(first)
    assert chosen == resolved
    assert chosen[0] == "fused"
    assert "fused_xla" in chosen[1]
    again = kspec.run(first.folder / "resolved.yaml")
    assert engine_in(again) == (chosen, resolved)
    identical(first, again)


@pytest.mark.slow
def test_a_cached_xla_program_gives_the_same_bits(project, tmp_path):
    """Two processes: the first compiles a program, the second loads it from the cache."""
    import os
    import subprocess
    import sys

    spec = project(BINARY)
    code = "import sys; from kspec.cli import main; sys.exit(main())"
    for _ in range(2):
        subprocess.run(
            [sys.executable, "-c", code, "run", spec, "--engine", "fused_xla", "--out", str(tmp_path / "out")],
            env=os.environ | {"KSPEC_CACHE": str(tmp_path / "cache")}, check=True, capture_output=True,
        )  # fmt: skip
    programs = list((tmp_path / "cache" / "xla").glob("*/*"))
    assert len(programs) == 1
    first, second = sorted((tmp_path / "out" / "small").glob("2*"))
    assert (first / "history.csv").read_text() == (second / "history.csv").read_text()
    assert (first / "predictions.csv").read_text() == (second / "predictions.csv").read_text()


def test_evaluating_a_loaded_run_gives_the_same_metrics(project):
    from kspec.runs.run_evaluation import evaluate_run
    from kspec.runs.run_loader import load_run, read_examples

    run = kspec.run(project(BINARY), overrides=["fit.engine=fused"])
    past = load_run(str(run.folder))
    part, split = read_examples(past, None, None, need_targets=True)
    assert {"split": split, "examples": len(part), **evaluate_run(past, part)} == run.metrics


def test_the_command_line_names_an_engine(project, capsys):
    from kspec.cli import main

    assert main(["run", project(BINARY), "--engine", "fused", "--set", "fit.epochs=1", "--format", "json"]) == 0
    folder = json.loads(capsys.readouterr().out)["folder"]
    with open(f"{folder}/run.json") as file:
        assert json.load(file)["engine"] == "fused"
    assert main(["run", project(BINARY), "--engine", "fussed"]) == 2
    assert "fused_xla" in capsys.readouterr().err
