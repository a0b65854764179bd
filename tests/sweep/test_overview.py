"""The best trials of a sweep, and the Pareto front, as text."""

from pathlib import Path

from kspec.sweep.overview import overview
from kspec.sweep.result import SweepResult, TrialRecord


def trial(number, *values, status="complete", **point):
    return TrialRecord(number, status, point, list(values))


def test_the_best_trials_are_aligned_with_the_command_for_the_best():
    trials = [trial(0, 0.5, a=8, b=[1, 2]), trial(1, 0.25, a=16, b=None), trial(2, 0.1, status="pruned", a=1, b=1)]
    result = SweepResult("s", Path("runs/s/1"), [("val_loss", "minimize")], 3, trials=trials, best=[1])
    assert overview(result) == (
        "  trial  val_loss  a   b\n"
        "      1    0.2500  16  null\n"
        "      0    0.5000  8   [1, 2]\n"
        "\nits spec: kspec render runs/s/1 --best -o best.yaml\n"
    )


def test_a_front_is_sorted_by_the_first_goal():
    goals = [("val_accuracy", "maximize"), ("parameters", "minimize")]
    trials = [trial(0, 0.5, 1200.0, a=8), trial(1, 0.75, 40000.0, a=16), trial(2, 0.4, 50000.0, a=32)]
    result = SweepResult("s", Path("runs/s/1"), goals, 3, trials=trials, best=[0, 1])
    assert overview(result) == (
        "Pareto front: 2 of 3 trials; better in one goal is worse in another\n"
        "  trial  val_accuracy  parameters  a\n"
        "      1        0.7500      40,000  16\n"
        "      0        0.5000       1,200  8\n"
        "\ntake one: kspec render runs/s/1 --trial 1 -o best.yaml && kspec run best.yaml\n"
    )


def test_a_sweep_without_a_complete_trial_says_so():
    result = SweepResult("s", Path("runs/s/1"), [("val_loss", "minimize")], 3, trials=[trial(0, status="failed", a=8)])
    assert overview(result) == "no trial was completed\n"
