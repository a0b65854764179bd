"""What each change brings is the difference between two trainings."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import kspec
from kspec.diff.why import Attribution, StepResult, common_metric
from tests.cli.run_cli import run_cli
from tests.diff.test_steps import SPEC


@pytest.fixture
def specs(tmp_path: Path) -> tuple[str, str]:
    after = SPEC.replace("units: 8", "units: 2").replace("learning_rate: 0.1", "learning_rate: 0.5")
    for name, text in (("one", SPEC), ("other", after)):
        (tmp_path / f"{name}.yaml").write_text(text, encoding="utf-8")
    return str(tmp_path / "one.yaml"), str(tmp_path / "other.yaml")


def test_each_step_is_a_run_of_its_own(
    specs: tuple[str, str], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    words = ["diff", *specs, "--why", "--seeds", "2", "--budget", "10min", "--format", "json"]
    found = json.loads(run_cli(words, capsys))
    assert [step["changes"] for step in found["steps"]] == [
        [], ["hidden.units: 8 → 2"], ["compile.optimizer.SGD.learning_rate: 0.1 → 0.5"],
    ]  # fmt: skip
    assert (found["metric"], found["split"], found["seeds"], found["left"]) == ("accuracy", "validation", [4, 5], [])
    for place, number in ((specs[0], 0), (specs[1], 2)):
        run = kspec.run(place, ["seed=5", "data.seed=4"], out=tmp_path / "runs")
        loss = found["steps"][number]["metrics"]["loss"]["values"][1]
        assert loss == pytest.approx(run.validation["loss"], rel=1e-5)
    before, after = (np.array(found["steps"][at]["metrics"]["loss"]["values"]) for at in (0, 1))
    np.testing.assert_allclose(found["steps"][1]["differences"]["loss"]["values"], after - before)


def test_a_budget_that_is_used_up_says_what_is_left(specs: tuple[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    text = run_cli(["diff", *specs, "--why", "--budget", "0.001s"], capsys)
    assert "the budget is used up: step 2 was not trained with seed 4, 5, 6" in text


def test_what_cannot_be_compared_ends_with_one_sentence(
    specs: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    text = run_cli(["diff", specs[0], specs[0], "--why"], capsys, 1)
    assert "there is no difference that affects the training" in text
    other = Path(specs[1])
    changed = SPEC.replace(
        "loss: binary_crossentropy, metrics: [accuracy]", "loss: binary_focal_crossentropy, metrics: [AUC]"
    )
    other.write_text(changed, encoding="utf-8")
    assert "no metric in common" in run_cli(["diff", *specs, "--why"], capsys, 1)


def test_differences_are_paired_by_seed() -> None:
    first = StepResult((), {1: {"loss": 3.0}, 2: {"loss": 5.0}})
    second = StepResult(("a",), {1: {"loss": 2.0}, 2: {"loss": 4.0}, 3: {"loss": 9.0}})
    found = second.difference(first, "loss")
    assert found is not None
    assert found.values == (-1.0, -1.0)
    assert found.interval == (-1.0, -1.0)
    steps = Attribution([first, second], [1, 2, 3], "loss").to_json()["steps"]
    assert steps[1]["differences"]["loss"]["mean"] == -1.0


def test_the_metric_is_the_first_that_both_have() -> None:
    from kspec.compiler.compile import compile_spec
    from kspec.diagnostics import Source

    one, other = (
        compile_spec(Source("spec.yaml", SPEC.replace("[accuracy]", metrics))).unwrap()[1]
        for metrics in ("[AUC, accuracy]", "[accuracy]")
    )
    assert common_metric(one, other) == "accuracy"
