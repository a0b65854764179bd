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
        (
            SPEC + "  - Sequential\n",
            "KS106",
            "unknown layer `Sequential`",
            "list the layers under `layers:`, or under `models:` for a part to call with `model:`",
        ),
        (
            SPEC + "  - Sequential: [Flatten]\n",
            "KS105",
            "the arguments of `Sequential` need names",
            "list the layers under `layers:`, or under `models:` for a part to call with `model:`",
        ),
        (
            SPEC + "  - Conv2D: [32, 3]\n",
            "KS105",
            "the arguments of `Conv2D` need names",
            "write `Conv2D: {filters: 32, kernel_size: 3}`",
        ),
        (
            SPEC + "  - Dense: [3, relu]\n",
            "KS105",
            "the arguments of `Dense` need names",
            "write `Dense: {units: 3, activation: relu}`",
        ),
        (
            SPEC + "  - AveragePooling2D\n",
            "KS111",
            "`AveragePooling2D` needs `pool_size`",
            "write `AveragePooling2D: {pool_size: 2}`",
        ),
        (
            SPEC + "  - Add:\n    from: [[a, a]]\n",
            "KS103",
            "`from` is one list of names, not a list in a list",
            "write `from: [a, a]`",
        ),
        (
            SPEC + "  - Dense: {units: 1, activation: tf.nn.gelu}\n",
            "KS106",
            "write classes and functions by their names in Keras: `gelu`, not `tf.nn.gelu`",
            "did you mean `gelu`?",
        ),
        (
            SPEC + "  - torch.nn.Linear: {units: 1}\n",
            "KS106",
            "write classes and functions by their names in Keras, not `torch.nn.Linear`",
            "did you mean `Dense`?",
        ),
        (SPEC + "  - op: reduce_mean\n", "KS106", "unknown op `reduce_mean`", "did you mean `mean`?"),
        (
            SPEC + "  - op: tf.reduce_mean\n",
            "KS106",
            "write classes and functions by their names in Keras, not `tf.reduce_mean`",
            "did you mean `mean`?",
        ),
        (
            SPEC + "  - Rescaling: {scale: 1/255}\n",
            "KS112",
            '`scale` of `Rescaling` must be a number or a list of numbers, not "1/255"',
            'to compute it, write `"${1/255}"`',
        ),
        (SPEC + "fit:\n  epochs 50\n", "KS103", '`fit` must be a mapping, not "epochs 50"', "write `epochs: 50`"),
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
            SPEC + "data: {xlsx: t.xlsx}\n",
            "KS103",
            "`xlsx` is not a data source",
            "write `excel: ...`",
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
            "make it a node, `- {op: array, from: [], call: {x: 3}, name: k}`, and name `k` in `from`",
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


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (SPEC.replace("Dense: {units: 1}", "Dens: {unit: 32, activation: rellu}"), ["KS106", "KS110", "KS106"]),
        (SPEC + "  - {type: Dense, units: 3}\n  - Dens: {units: 3}\n", ["KS104", "KS106"]),
        (SPEC + "  - Conv2D: [32, 3]\n  - Dense: {unit: 3}\n", ["KS105", "KS110"]),
        (
            SPEC.replace("units: 1", "units: 0") + "fit: {verbose: 7, epochs: 0}\ntask: guess\n",
            ["KS112", "KS103", "KS103", "KS103"],
        ),
        (
            SPEC + "compile: {optimizer: {Adam: {beta_1: 3}}, loss: [mse]}\ndata: {cvs: t.csv}\n",
            ["KS112", "KS112", "KS103"],
        ),
        (
            SPEC + "  - model: m\nmodels: {m: {inputs: {x: {shape: [1]}}, layers: [{Dense: 4}, {Dens: {units: 1}}]}}\n",
            ["KS105", "KS106"],
        ),
        (SPEC + "  - Conv2D: [32, 3]\n    name: c\n  - Dense: {units: 1}\n    from: c\n", ["KS105"]),
        (SPEC + "  - LSTM: [8]\n    as: [h, c]\n  - Dense: {units: 1}\n    from: h\n", ["KS105"]),
        (SPEC.replace("shape: [2]", "shape: two"), ["KS103"]),
        (
            SPEC.replace("units: 1}", "units: 1}\n    name: y")
            + "outputs: [yy]\ntask: {y: regression}\ncompile: {loss: {y: mse}}\nfit: {class_weight: {y: balanced}}\n",
            ["KS201"],
        ),
        (SPEC + "    name: h\n  - Dense: {units: 1}\n    name: h\noutputs: [h, h]\n", ["KS203"]),
        (
            "kspec: 1\ninputs: {a: {shape: [4, 3]}, m: {shape: [4], dtype: bool}}\nlayers:\n  - GRU: {units: 1}\n    from: {sequence: a, mask: m}\n",
            ["KS205"],
        ),
    ],
)
def test_every_mistake_is_reported_once_and_hides_no_other(text, found):
    assert [code for code, _, _ in problems(text)] == found


def test_braces_in_a_key_are_printed_as_they_stand():
    text = SPEC + 'data: {"a{b": 1}\n'
    assert problems(text)[0][:2] == ("KS103", "`a{b` is not a data source")


def test_a_section_without_anything_valid_hides_no_other_problem():
    """The second look at what is left meets sections that the first one removed."""
    text = SPEC + 'name:\ntask: {"${1": null}\ndata: {"${1": null}\n'
    assert [code for code, *_ in problems(text)] == ["KS103", "KS103"]
