"""The way from one spec to another in valid steps."""

from __future__ import annotations

from pathlib import Path

import pytest

from kspec.compiler.compile import compile_spec
from kspec.diff.steps import NoSteps, Step, steps_between
from kspec.language import Permissions
from kspec.summary.resolved_spec import resolved_values

SPEC = """\
kspec: 1
name: small
seed: 4
data: {synthetic: {examples: 60}, split: {validation: 0.5}}
inputs: {x: {shape: [4]}}
layers:
- Dense: {units: 8, activation: relu}
  name: hidden
- Dense: {units: 1, activation: sigmoid}
  name: answer
task: binary_classification
compile: {optimizer: {SGD: {learning_rate: 0.1}}, loss: binary_crossentropy, metrics: [accuracy]}
fit: {epochs: 1}
"""


def _steps(tmp_path: Path, *changes: tuple[str, str]) -> list[Step]:
    after = SPEC
    for old, new in changes:
        assert old in after
        after = after.replace(old, new)
    values = []
    for name, text in (("one", SPEC), ("other", after)):
        file = tmp_path / f"{name}.yaml"
        file.write_text(text, encoding="utf-8")
        spec, analysis = compile_spec(file).unwrap()
        assert analysis.settings is not None
        values.append(resolved_values(spec, analysis.settings, {}, Path.cwd()))
    return steps_between(values[0], values[1], Permissions())


def _changes(tmp_path: Path, *changes: tuple[str, str]) -> list[tuple[str, ...]]:
    return [step.changes for step in _steps(tmp_path, *changes)[1:]]


def test_one_change_at_a_time_in_the_order_of_the_graph(tmp_path: Path) -> None:
    steps = _steps(
        tmp_path,
        ("{SGD: {learning_rate: 0.1}}", "{Adam: {learning_rate: 0.01}}"),
        ("units: 8, activation: relu", "units: 16, activation: tanh"),
        ("epochs: 1", "epochs: 2"),
    )
    assert [step.changes for step in steps] == [
        (),
        ("hidden.units: 8 → 16",),
        ("hidden.activation: relu → tanh",),
        ("compile.optimizer: {SGD: {learning_rate: 0.1}} → {Adam: {learning_rate: 0.01}}",),
        ("fit.epochs: 1 → 2",),
    ]
    assert steps[1].spec.values["layers"][0]["Dense"] == {"units": 16, "activation": "relu"}
    assert steps[1].spec.values["fit"]["epochs"] == 1


def test_layers_that_are_added_removed_or_replaced(tmp_path: Path) -> None:
    name = "  name: hidden\n"
    assert _changes(tmp_path, (name, name + "- Dropout: {rate: 0.5}\n")) == [("+ Dropout {rate: 0.5}",)]
    removed = "- Dense: {units: 8, activation: relu}\n  name: hidden\n"
    assert _changes(tmp_path, (removed, "")) == [("- hidden (Dense {units: 8, activation: relu})",)]
    [[replaced]] = _changes(tmp_path, ("- Dense: {units: 8, activation: relu}", "- PReLU: {}"))
    assert replaced.startswith("hidden (Dense {units: 8, activation: relu}) → hidden (PReLU")


def test_changes_that_are_only_valid_together_are_one_step(tmp_path: Path) -> None:
    branch = "- Dense: {units: 3}\n  name: side\n  from: x\n- Concatenate:\n  from: [hidden, side]\n"
    found = _changes(tmp_path, ("  name: hidden\n", f"  name: hidden\n{branch}"), ("epochs: 1", "epochs: 2"))
    assert found == [("+ side (Dense {units: 3})", "+ Concatenate"), ("fit.epochs: 1 → 2",)]
    renamed = _changes(tmp_path, ("name: answer", "name: result"))
    assert len(renamed) == 1


def test_columns_change_with_the_shape_that_takes_them(tmp_path: Path) -> None:
    (tmp_path / "d.csv").write_text("u,v,answer\n" + "1,2,0\n3,4,1\n" * 10, encoding="utf-8")
    data = "{csv: d.csv, inputs: {x: [%s]}, targets: answer, split: {validation: 0.5}}"
    text = SPEC.replace("{synthetic: {examples: 60}, split: {validation: 0.5}}", data % "u, v").replace("[4]", "[2]")
    values = []
    for name, own in (("one", text), ("other", text.replace("[u, v]", "[u]").replace("shape: [2]", "shape: [1]"))):
        (tmp_path / f"{name}.yaml").write_text(own, encoding="utf-8")
        spec, analysis = compile_spec(tmp_path / f"{name}.yaml").unwrap()
        assert analysis.settings is not None
        values.append(resolved_values(spec, analysis.settings, {}, Path.cwd()))
    steps = steps_between(values[0], values[1], Permissions(folders=(str(tmp_path),)))
    assert [step.changes for step in steps[1:]] == [("data.inputs.x: [u, v] → [u]", "inputs.x.shape: [2] → [1]")]


def test_callbacks_change_one_by_one(tmp_path: Path) -> None:
    callbacks = "epochs: 1, callbacks: [{EarlyStopping: {patience: 2}}, TerminateOnNaN]"
    assert len(_changes(tmp_path, ("epochs: 1", callbacks))) == 2


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("seed: 4", "seed: 5", "no difference that affects the training"),
        ("examples: 60", "examples: 80", "they differ in `data.synthetic`"),
        ("validation: 0.5", "validation: 0.4", "they differ in `data.split`"),
        ("data: {synthetic: {examples: 60}, split: {validation: 0.5}}\n", "", "nothing can be trained"),
    ],
)
def test_what_cannot_be_compared_is_one_sentence(tmp_path: Path, old: str, new: str, message: str) -> None:
    with pytest.raises(NoSteps, match=message):
        _steps(tmp_path, (old, new))
