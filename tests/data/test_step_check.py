"""What the check of targets advises."""

import numpy as np
import pytest

from kspec import check
from kspec.diagnostics.codes import INCOMPATIBLE_DATA_TYPE

SPEC = "kspec: 1\ndata: {{csv: t.csv, inputs: [a, b], targets: {target}}}\ninputs: {{x: {{shape: [2]}}}}\nlayers:\n  - Dense: {{{head}}}\n    name: y\n"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("text")
    rows = [f"{i % 7},{i % 5},{'yes' if i % 3 else 'no'},{['red', 'green', 'blue'][i % 3]}" for i in range(60)]
    (folder / "t.csv").write_text("a,b,kind,size\n" + "\n".join(rows) + "\n")
    return folder


@pytest.mark.parametrize(
    ("target", "head", "more", "help"),
    [
        ("kind", "units: 1", "", "end `y` with one unit and `activation: sigmoid`"),
        ("kind", "units: 1", "task: regression", "end `y` with one unit and `activation: sigmoid`, and write `task: binary_classification`"),
        ("kind", "units: 1", "compile: {loss: mse, metrics: [accuracy]}", "end `y` with one unit and `activation: sigmoid`, and write the loss `binary_crossentropy`"),
        ("kind", "units: 1, activation: sigmoid", "task: regression\ncompile: {loss: binary_crossentropy}", "write `task: binary_classification`"),
        ("kind", "units: 1, activation: tanh", "task: regression\ncompile: {loss: hinge}", "write `task: binary_classification`"),
        ("size", "units: 1", "", "end `y` with 3 units and `activation: softmax`"),
        ("size", "units: 3, activation: sigmoid", "", "end `y` with 3 units and `activation: softmax`"),
    ],
)  # fmt: skip
def test_the_head_for_a_target_of_text(target, head, more, help, folder):
    path = folder / "spec.yaml"
    path.write_text(SPEC.format(target=target, head=head) + more)
    diagnostics = check(path, data=True)
    found = [diagnostic for diagnostic in diagnostics if diagnostic.code == INCOMPATIBLE_DATA_TYPE]
    assert [diagnostic.help.partition(", ")[2] for diagnostic in found] == [help]
    assert not {"KS412", "KS413"} & {diagnostic.code for diagnostic in diagnostics}


@pytest.mark.parametrize("loss", ["sparse_categorical_crossentropy", "categorical_crossentropy"])
def test_texts_by_position_for_one_prediction_are_one_mistake(loss, folder):
    y = np.array(["p", "q", "r"])[np.random.default_rng(0).integers(0, 3, (60, 5))]
    np.savez(folder / "t.npz", x=np.random.default_rng(1).normal(size=(60, 2)), y=y)
    text = SPEC.format(target="y", head="units: 3, activation: softmax") + f"compile: {{loss: {loss}}}\n"
    path = folder / "positions.yaml"
    path.write_text(text.replace("csv: t.csv, inputs: [a, b]", "npz: t.npz, inputs: x"))
    (problem,) = check(path, data=True)
    assert (problem.code, problem.message) == (
        "KS505",
        "`y` predicts (3,) for each example, and its target has the shape (5,)",
    )
    assert problem.help == "give the target one label for each example, or let `y` predict (5, 3)"


def test_the_number_that_is_neither_yes_nor_no_is_named(folder):
    rows = "\n".join(f"{i % 7},{i % 5},{i % 2},{2 if i == 40 else i % 2}" for i in range(60))
    (folder / "three.csv").write_text("a,b,p,q\n" + rows + "\n")
    path = folder / "three.yaml"
    text = SPEC.format(target="[p, q]", head="units: 2, activation: sigmoid").replace("t.csv", "three.csv")
    path.write_text(text + "task: multilabel_classification\n")
    problems = [problem for problem in check(path, data=True) if problem.is_error]
    assert any("`q` has 2 in row 41" in problem.message for problem in problems), problems
