"""Sub-models: networks that are called as nodes."""

import pytest

import kspec
from kspec.compiler.passes import analyse
from kspec.diagnostics import Report
from tests.conftest import diagnostics_of, spec_of

TWINS = """\
kspec: 1
task: regression
vars: {width: 6}
inputs:
  left: {shape: [8]}
  right: {shape: [8]}
blocks:
  pair:
    params: [units]
    layers:
      - Dense: {units: $units, activation: relu}
      - BatchNormalization
models:
  core:
    inputs: {z: {shape: [null]}}
    layers:
      - op: sqrt
  tower:
    inputs: {x: {shape: [8]}}
    layers:
      - block: pair
        with: {units: $width}
        repeat: 2
        name: p
      - model: core
        name: c
      - Dense: {units: 3}
        from: p
        name: d
    outputs: [c, d]
layers:
  - model: tower
    from: left
    name: one
    as: [one_c, _]
  - model: tower
    from: {x: right}
    as: [_, other_d]
  - Concatenate:
    from: [one_c, other_d]
  - Dense: {units: 1}
"""


def analysed(text):
    report = Report()
    spec = spec_of(text, report)
    assert spec is not None, [d.message for d in report]
    analysis = analyse(spec, report)
    assert not report.has_errors, [d.message for d in report]
    return analysis


def told(text):
    return [(d.code, d.span.line) for d in diagnostics_of(text)]


def test_a_sub_model_has_its_own_graph():
    graph = analysed(TWINS).graph
    assert list(graph.nodes) == ["left", "right", "one", "tower", "concatenate", "dense"]
    tower = graph.models["tower"]
    assert [node.name for node in tower.calls] == [
        "p_0/dense", "p_0/batch_normalization", "p_1/dense", "p_1/batch_normalization", "c", "d",
    ]  # fmt: skip
    assert list(tower.models) == ["core"]
    assert graph.called_models() == ["core", "tower"]


def test_weights_are_counted_at_the_first_call():
    types = analysed(TWINS).types
    one, tower = types.calls["one"], types.calls["tower"]
    assert [output.shape for output in one.outputs] == [(None, 6), (None, 3)]
    assert sum(weight.size for weight in one.weights) == (8 * 6 + 6 + 24) + (6 * 6 + 6 + 24) + (6 * 3 + 3)
    assert tower.weights == []
    assert types.models["core"].calls["sqrt"].outputs[0].shape == (None, None)


def test_calls_share_weights_in_keras():
    built = kspec.build(spec_of(TWINS))
    assert [layer.name for layer in built.layers] == ["left", "right", "tower", "concatenate", "dense"]
    tower = built.get_layer("tower")
    assert [layer.name for layer in tower.layers][:2] == ["x", "p_0.dense"]
    assert built.count_params() == tower.count_params() + (6 + 3) + 1
    assert kspec.check(spec_of(TWINS), with_keras=True) == []


def test_a_frozen_model_has_trainable_exceptions():
    text = TWINS.replace("    outputs: [c, d]\n", "    outputs: [c, d]\n    trainable: false\n")
    some = text.replace("        name: d\n", "        name: d\n        trainable: true\n")
    for spec, trainable in ((text, 10), (some, 10 + 21)):
        answers = analysed(spec).types.calls.values()
        assert sum(w.size for answer in answers for w in answer.weights if w.trainable) == trainable
        model = kspec.build(spec_of(spec))
        assert sum(w.shape.num_elements() for w in model.trainable_weights) == trainable


def test_a_sub_model_inside_a_wrapper():
    text = """\
kspec: 1
task: regression
inputs: {frames: {shape: [5, 4]}}
models:
  look: {inputs: {x: {shape: [4]}}, layers: [{Dense: {units: 3}}]}
layers:
  - TimeDistributed: {layer: {model: look}}
  - GlobalAveragePooling1D
  - Dense: {units: 4}
  - model: look
  - Dense: {units: 1}
"""
    assert kspec.check(spec_of(text), with_keras=True) == []
    assert kspec.build(spec_of(text)).count_params() == 15 + 16 + 4


def test_each_and_repeat_call_the_same_model():
    text = """\
kspec: 1
task: regression
inputs: {a: {shape: [4]}, b: {shape: [4]}}
models:
  step: {inputs: {x: {shape: [4]}}, layers: [{Dense: {units: 4}}]}
layers:
  - model: step
    each: [a, b]
    name: read
  - Add
  - model: step
    repeat: 3
    name: deep
  - Dense: {units: 1}
"""
    assert list(analysed(text).graph.nodes)[2:] == ["read_a", "read_b", "add", "deep_0", "deep_1", "deep_2", "dense"]
    assert kspec.build(spec_of(text)).count_params() == 20 + 5


def test_a_repeated_model_feeds_outputs_to_inputs_in_order():
    text = """\
kspec: 1
task: regression
inputs: {x: {shape: [4]}, y: {shape: [3]}}
models:
  step:
    inputs: {a: {shape: [4]}, b: {shape: [3]}}
    layers:
      - Concatenate:
        from: [a, b]
      - Dense: {units: 4}
        name: c
      - Dense: {units: 3}
        name: d
    outputs: [c, d]
layers:
  - model: step
    from: {b: y, a: x}
    repeat: 3
    as: [left, right]
  - Concatenate:
    from: [left, right]
  - Dense: {units: 1}
"""
    nodes = analysed(text).graph.nodes
    assert nodes["step_2"].feeds == {"a": ("step_1", 0), "b": ("step_1", 1)}
    assert kspec.build(spec_of(text)).count_params() == (7 * 4 + 4) + (4 * 3 + 3) + 8


def test_shapes_are_inferred_for_each_call():
    text = """\
kspec: 1
task: regression
inputs: {a: {shape: [32, 32, 1]}, b: {shape: [16, 16, 1]}}
models:
  down:
    inputs: {x: {shape: [null, null, 1]}}
    layers:
      - Conv2D: {filters: 4, kernel_size: 3, strides: 2}
      - GlobalMaxPooling2D:
        name: peak
      - Identity:
        from: conv2d
        name: map
    outputs: [peak, map]
layers:
  - model: down
    from: a
    as: [pa, ma]
  - model: down
    from: b
    as: [pb, mb]
  - Add:
    from: [pa, pb]
  - Dense: {units: 1}
"""
    types = analysed(text).types
    assert types.calls["down"].outputs[1].shape == (None, 15, 15, 4)
    assert types.calls["down_1"].outputs[1].shape == (None, 7, 7, 4)


BODY = "task: regression\ninputs: {x: {shape: [4]}}\n"
SOUND = "  m: {inputs: {x: {shape: [4]}}, layers: [{Dense: {units: 2}}]}\n"


@pytest.mark.parametrize(
    ("models", "layers", "codes"),
    [
        ("  m: 3\n", "- model: m", ["KS103"]),
        ("  m: {}\n", "- model: m", ["KS102"]),
        ("  m: {layers: [Flatten]}\n", "- model: m", ["KS102"]),
        ("  m: {inputs: {x: {shape: [4]}}, layers: []}\n", "- model: m", ["KS103"]),
        ("  m: {inputs: {x: {shape: [4]}}, layers: [Flatten], file: a.keras}\n", "- model: m", ["KS103"]),
        ("  m: {inputs: {x: {shape: [4]}}, file: a.keras}\n", "- model: m", ["KS103"]),
        ("  m: {application: ResNet50, weights: a.weights.h5}\n", "- model: m", ["KS103"]),
        ("  m: {inputs: {x: {shape: [4]}}, layers: [{Dense: {unts: 2}}]}\n", "- model: m", ["KS110"]),
        ("  m: {inputs: {x: {shape: [4]}}, layers: [{Dense: {units: 2}}], outputs: no}\n", "- model: m", ["KS201"]),
        ("  m: {inputs: {x: {shape: [4]}}, layers: [{model: m}]}\n", "- model: m", ["KS220"]),
        ("  m: {inputs: {x: {shape: [4]}}, layers: [{model: n}]}\n" + SOUND.replace("m:", "n:"), "- model: m", ["KS202"]),
        ("  m: {inputs: {x: {shape: [4]}}, layers: [Normalization]}\n", "- model: m", ["KS226"]),
        ("  m: {inputs: {x: {shape: [4]}}, layers: [Flatten], color: red}\n", "- model: m", ["KS101"]),
        (SOUND, "- model: k\n- model: m", ["KS218"]),
        (SOUND, "- model: m\n- model: [m]", ["KS104"]),
        (SOUND, "- Dense: {units: 3}", ["KS222"]),
        (SOUND, "- Dense: {units: 3}\n- model: m", ["KS301"]),
        (SOUND, "- model: m\n  from: {y: x}", ["KS205"]),
        (SOUND, "- model: m\n  from: [x, x]", ["KS206"]),
        (SOUND, "- model: m\n  as: [a, b]", ["KS210"]),
        (SOUND, "- model: m\n  trainable: false", ["KS211"]),
        (SOUND, "- model: m\n  call: {mask: 1}", ["KS216"]),
        (SOUND, "- model: m\n  name: u\n- reuse: u", ["KS211"]),
        (SOUND, "- model: m\n  name: u\n- Dense: {units: 1}\n  from: u/dense", ["KS201"]),
        (SOUND, "- model: m\n  name: u\n- Dense: {units: 1}\n  name: m", ["KS203"]),
        (SOUND, "- model: m\n  with: {a: 1}", ["KS103"]),
        (SOUND, "- model: m\n- TimeDistributed: {layer: {model: k}}", ["KS218"]),
    ],
)  # fmt: skip
def test_errors_are_reported_once(models, layers, codes):
    found = diagnostics_of("kspec: 1\n" + BODY + "models:\n" + models + "layers:\n" + layers + "\n")
    assert [d.code for d in found] == codes, [d.message for d in found]


def test_an_unnamed_output_is_explained():
    (found,) = diagnostics_of(TWINS.replace("    as: [one_c, _]\n", "").replace("[one_c,", "[c,"))
    assert found.code == "KS201"
    assert found.help == "it is an output of `one`: name the outputs of that call, `as: [c, d]`"


@pytest.mark.parametrize(
    ("entry", "cure"),
    [
        ("reuse: m", "`m` is a sub-model; call it: `- model: m`"),
        ("Flatten:\n  from: m", "`m` is a sub-model; call it: `- model: m`"),
        ("Flatten:\n  from: m/dense", "make it an output of `m`, and name it with `as` where the sub-model is called"),
    ],
)
def test_a_reference_to_a_sub_model_is_explained(entry, cure):
    layers = "layers:\n- model: m\n  name: u\n- " + entry + "\n"
    assert [d.help for d in diagnostics_of("kspec: 1\n" + BODY + "models:\n" + SOUND + layers)] == [cure]


def test_an_error_in_a_sub_model_points_into_it():
    assert told(TWINS.replace("Dense: {units: 3}", "Dense: {units: -3}")) == [("KS112", 27)]


@pytest.mark.parametrize(
    ("models", "layers", "trainable"),
    [
        ("", "  - TimeDistributed: {layer: {Dense: {units: 3}}}\n    trainable: false\n", 4),
        ("", "  - Bidirectional: {layer: {LSTM: {units: 2, return_sequences: true}}}\n    trainable: false\n", 5),
        ("", "  - TimeDistributed: {layer: {model: q}}\n    trainable: false\n", 4),
        ("", "  - model: p\n", 15 + 4),
        ("  f: {inputs: {x: {shape: [null, 4]}}, layers: [{model: p}], trainable: false}\n", "  - model: f\n", 4),
        (
            "  f: {inputs: {x: {shape: [null, 4]}}, layers: [{model: p}], trainable: false}\n",
            "  - model: f\n  - Dense: {units: 4}\n  - model: p\n",
            16 + 4,
        ),
    ],
)
def test_frozen_layers_do_not_train_in_keras(models, layers, trainable):
    text = (
        "kspec: 1\ntask: regression\ninputs: {x: {shape: [5, 4]}}\nmodels:\n"
        "  p: {inputs: {x: {shape: [null, 4]}}, layers: [{Dense: {units: 3}}]}\n"
        "  q: {inputs: {x: {shape: [4]}}, layers: [{Dense: {units: 3}}]}\n" + models + "layers:\n" + layers
    )
    text += "  - GlobalAveragePooling1D\n  - Dense: {units: 1}\n"
    answers = analysed(text).types.calls
    frozen = {node.name for node in analysed(text).graph.calls if node.trainable is False}
    assert trainable == sum(
        w.size for name, answer in answers.items() for w in answer.weights if w.trainable and name not in frozen
    )
    model = kspec.build(spec_of(text))
    assert sum(w.shape.num_elements() for w in model.trainable_weights) == trainable
