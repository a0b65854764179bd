"""`fit: {time_limit: …}` ends training with the last epoch that fits, over all stages."""

from types import SimpleNamespace

import pytest

import kspec
from kspec.diagnostics import SpecError
from kspec.export.export import export
from kspec.language.durations import microseconds_of
from tests.support.project import BINARY

FIT = "fit: {epochs: 2, batch_size: 8}"


@pytest.fixture
def clock(monkeypatch):
    """A clock that advances by 10 s each time it is read: an epoch takes 10 s, and begins 10 s after the one before."""
    from kspec.training import time_limit

    seconds = iter(range(0, 10_000, 10))
    monkeypatch.setattr(time_limit, "time", SimpleNamespace(monotonic=lambda: next(seconds)))


@pytest.mark.parametrize("engine", ["fused", pytest.param("keras", marks=pytest.mark.slow)])
@pytest.mark.parametrize(
    ("fit", "limit", "epochs"),
    [
        ("epochs: 9", "1 min", 3),  # the epochs end after 20, 40, 60 s, when another would be expected to end after 70
        ("epochs: 9", "1 s", 1),  # one epoch is always trained
        ("epochs: 3", "1 h", 3),
        ("stages: [{epochs: 1}, {epochs: 2}, {epochs: 3}]", "85 s", 4),
    ],
)
def test_training_ends_with_the_last_epoch_that_fits(project, clock, capsys, engine, fit, limit, epochs):
    spec = project(BINARY.replace(FIT, f"fit: {{{fit}, batch_size: 8, time_limit: {limit}}}"))
    run = kspec.run(spec, [f"fit.engine={engine}"], quiet=False)
    assert len(run.history) == run.kept_epoch == epochs
    assert run.status == "finished"
    assert (f", the time limit of {limit}" in capsys.readouterr().out) == (limit != "1 h")


def test_the_best_epoch_within_the_time_is_kept(project, clock):
    spec = project(BINARY.replace(FIT, "fit: {epochs: 20, batch_size: 8, time_limit: 100 s, keep: best}"))
    run = kspec.run(spec, ["compile.optimizer={Adam: {learning_rate: 0.5}}"])
    losses = [row["val_loss"] for row in run.history]
    assert len(losses) == 5
    assert run.kept_epoch == losses.index(min(losses)) + 1


@pytest.mark.parametrize(
    ("value", "help"),
    [("10", "write a unit such as `10 min`"), ("0 s", "`30 s`"), ("soon", "`30 s`"), ("1 month", "`1.5 h`")],
)
def test_other_values_are_no_time_limit(project, value, help):
    (problem,) = kspec.check(project(BINARY), [f"fit.time_limit={value}"])
    assert problem.code == "KS103"
    assert help in problem.help


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("30 s", 30), ("5 sec", 5), ("10min", 600), ("1.5 h", 5400), ("2 hours", 7200), ("1 d", 86400)],
)
def test_units_have_names_and_symbols(text, seconds):
    assert microseconds_of(text) == seconds * 1_000_000


def test_python_ends_in_time_except_over_stages(project, tmp_path):
    spec = project(BINARY.replace(FIT, "fit: {epochs: 2, batch_size: 8, time_limit: 1 min}"))
    export(str(spec), "python", tmp_path / "limited.py")
    text = (tmp_path / "limited.py").read_text()
    assert "callbacks=[TimeLimit(60)]" in text
    compile(text, "limited.py", "exec")
    staged = project(BINARY.replace(FIT, "fit: {stages: [{epochs: 1}, {epochs: 1}], time_limit: 1 min}"))
    with pytest.raises(SpecError) as refused:
        export(str(staged), "python", tmp_path / "staged.py")
    assert [problem.code for problem in refused.value.diagnostics] == ["KS620"]
