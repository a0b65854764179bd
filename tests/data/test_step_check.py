"""What the check of targets advises."""

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
