"""The door to Optuna: names and arguments are Optuna's, points have the form of the spec, a stopped study goes on alike."""

import inspect

import pytest

optuna = pytest.importorskip("optuna")

from kspec.language.model_fields import inner_model  # noqa: E402
from kspec.language.sweep import Sweep  # noqa: E402
from kspec.language.sweep_pruners import Pruner  # noqa: E402
from kspec.language.sweep_samplers import Sampler  # noqa: E402
from kspec.sweep.study import Asked, Pruning, Study  # noqa: E402

SEARCH = {
    "vars.width": {"choice": [[8, 4], [16], {"a": 1}]},
    "fit.batch_size": {"int": [8, 128], "log": True},
    "layers.drop.rate": {"uniform": [0.0, 0.5], "step": 0.1},
    "rate": {"log": [1e-4, 1e-1]},
}


def sweep(search=SEARCH, **more):
    return Sweep.model_validate({"search": search, "goal": {"minimize": "val_loss"}, **more})


@pytest.mark.parametrize("model", [Sampler, Pruner])
def test_methods_have_the_arguments_of_optuna(model):
    kind, module = model.__name__, optuna.samplers if model is Sampler else optuna.pruners
    for name, field in model.model_fields.items():
        known = inspect.signature(getattr(module, f"{name}{kind}")).parameters
        for key, argument in inner_model(field.annotation).model_fields.items():
            assert key in known, (name, key)
            assert key == "seed" or argument.is_required() or argument.default == known[key].default, (name, key)


def test_points_have_values_of_their_ranges(tmp_path):
    study = Study(sweep(sampler="Random"), "s", 0, tmp_path)
    points = [study.ask(number).point for number in range(30)]
    assert all(point["vars.width"] in SEARCH["vars.width"]["choice"] for point in points)
    assert all(isinstance(point["fit.batch_size"], int) and 8 <= point["fit.batch_size"] <= 128 for point in points)
    assert all(1e-4 <= point["rate"] <= 1e-1 for point in points)
    assert len({str(point) for point in points}) == 30


def run(study, start, count, value=lambda point: point["rate"]):
    for number in range(start, start + count):
        asked = study.ask(number)
        if number % 3 == 2:
            study.refuse(asked, {"parameters <= 3": 0.5}, [])
        else:
            study.tell(asked, [value(asked.point)])


@pytest.mark.parametrize("sampler", ["TPE", "Random", "QMC", "NSGAII", "CmaEs"])
def test_a_study_that_is_opened_again_goes_on_alike(tmp_path, sampler):
    pytest.importorskip("cmaes")
    search = {key: SEARCH[key] for key in ("fit.batch_size", "rate")}
    points = []
    for name, parts in (("whole", [16]), ("parts", [3, 5, 8])):
        folder = tmp_path / name
        folder.mkdir()
        done = 0
        for count in parts:
            run(Study(sweep(search, sampler=sampler), "s", 7, folder), done, count)
            done += count
        study = Study(sweep(search, sampler=sampler), "s", 7, folder)
        points.append([study.point_of(trial) for trial in study.finished()])
        assert study.best() == [min(range(16), key=lambda n: points[-1][n]["rate"] if n % 3 != 2 else 1)]
    assert points[0] == points[1]


def test_a_grid_has_every_point_once(tmp_path):
    search = {"a": {"choice": [1, "x"]}, "b": {"int": [1, 5], "step": 2}, "c": {"uniform": [0.0, 0.5], "step": 0.25}}
    study = Study(sweep(search, sampler="Grid"), "s", 0, tmp_path)
    found = set()
    for number in range(18):
        asked = study.ask(number)
        study.tell(asked, [0.0])
        found.add(tuple(asked.point.values()))
    assert found == {(a, b, c) for a in (1, "x") for b in (1, 3, 5) for c in (0.0, 0.25, 0.5)}


def test_points_without_a_result_are_left(tmp_path):
    study = Study(sweep(), "s", 0, tmp_path)
    asked = [study.ask(0) for _ in range(3)]
    study.tell(asked[1], [0.5])
    assert Study(sweep(), "s", 0, tmp_path).unfinished() == [asked[0], asked[2]]


def test_a_pruner_compares_with_the_trials_that_had_ended(tmp_path):
    study = Study(sweep(pruner={"Median": {"n_startup_trials": 2}}), "s", 0, tmp_path)
    for number in range(4):
        study.tell(study.ask(number), [0.1], reports=[0.3, 0.2, 0.1])
    asked = study.ask(4)
    worse = Pruning(study.sweep, "s", asked, study.ended_before(4))
    assert [worse.is_hopeless(step, 0.5) for step in (1, 2)] == [True, True]
    better = Pruning(study.sweep, "s", asked, study.ended_before(4))
    assert [better.is_hopeless(step, 0.05) for step in (1, 2)] == [False, False]
    alone = Pruning(study.sweep, "s", asked, study.ended_before(1))
    assert not alone.is_hopeless(1, 0.5)
    assert not Pruning(sweep(), "s", Asked(4, {}), study.ended_before(4)).is_hopeless(1, 0.5)
