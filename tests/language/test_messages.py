"""What is wrong with a value, and what to write instead, in the words of the spec."""

import pytest

from kspec.compiler.check import check_spec
from kspec.diagnostics import Source

SPEC = """\
kspec: 1
inputs: {a: {shape: [2]}}
layers:
  - Dense: {units: 1}
"""


def problems(text):
    return [(d.code, d.message, d.label or d.help) for d in check_spec(Source("m.yaml", text)).diagnostics]


@pytest.mark.parametrize(
    ("text", "code", "message", "hint"),
    [
        ("# only a comment\n", "KS012", "the spec is empty", "`kspec init` writes a working spec to start from"),
        (SPEC + "  -\n", "KS104", "this entry is empty", "write `- Dense: {units: 10}`, or remove it"),
        (
            SPEC + "  - {class_name: Dense, config: {units: 3}}\n",
            "KS104",
            "an entry must begin with its class, `Dense`, not with `class_name:`",
            "write `- Dense: {units: 3}`",
        ),
        (SPEC + "  - Input\n", "KS106", "unknown layer `Input`", "inputs are declared under `inputs:`"),
        (SPEC + "  - Sequential\n", "KS106", "unknown layer `Sequential`", "list the layers under `layers:`"),
        (
            SPEC + "  - {Dense: {units: 1}, input: a}\n",
            "KS104",
            "unknown key `input` in an entry",
            "did you mean `from`?",
        ),
        (
            SPEC + "data: {csv: t.csv, split: 0.3}\n",
            "KS103",
            "`split` must be a mapping, not 0.3",
            "write `split: {test: 0.3}`",
        ),
        (
            SPEC + "data: {synthetic: 50}\n",
            "KS103",
            "`synthetic` must be a mapping, not 50",
            "write `synthetic: {examples: 50}`",
        ),
        (
            SPEC + "data: {excel: t.xlsx}\n",
            "KS103",
            "`excel` is not a data source",
            "export the table to CSV or Parquet",
        ),
        (
            SPEC + "task: classification\n",
            "KS103",
            "`task` must be",
            "did you mean one of these?",
        ),
        (
            SPEC + "compile: {optimizer: {Adam: {}, SGD: {}}}\n",
            "KS103",
            "expected one class, not 2: `Adam` and `SGD`",
            "keep one of `Adam` and `SGD`",
        ),
        (
            SPEC + "compile: {loss: [mse]}\n",
            "KS112",
            "`loss` must be a loss, not a list",
            "write `mse`",
        ),
        (
            SPEC + "  - {op: relu, call: {x: 3}}\n",
            "KS206",
            "`relu` needs a tensor for `x`, not a constant",
            "remove `x` from `call`, and name the tensor in `from`",
        ),
    ],
)
def test_a_problem_and_its_remedy(text, code, message, hint):
    found = next(problem for problem in problems(text) if problem[1].startswith(message))
    assert (found[0], found[2]) == (code, hint)


def test_an_invalid_name_of_an_input_is_underlined():
    (diagnostic,) = check_spec(Source("m.yaml", SPEC.replace("a:", "my x:"))).diagnostics
    assert diagnostic.code == "KS109"
    assert diagnostic.span.text == "my x"
