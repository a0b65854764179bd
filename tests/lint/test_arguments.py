"""Arguments checked against the catalog: one diagnostic for each mistake, at its place."""

import pytest

from tests.conftest import diagnostics_of, network


def one(text, **options):
    diagnostics = diagnostics_of(text, **options)
    assert len(diagnostics) == 1, [f"{d.code} {d.message}" for d in diagnostics]
    return diagnostics[0]


@pytest.mark.parametrize(
    ("entry", "code", "message"),
    [
        ("Dense: {units: ten}", "KS112", '`units` of `Dense` must be a positive integer, not "ten"'),
        ("Dense: {units: 0}", "KS112", "`units` of `Dense` must be a positive integer, not 0"),
        ("Dense: {units: 1.5}", "KS112", "`units` of `Dense` must be a positive integer, not 1.5"),
        ("Dense: {units: true}", "KS112", "`units` of `Dense` must be a positive integer, not true"),
        ("Dense: {units: 1, use_bias: 1}", "KS112", "`use_bias` of `Dense` must be `true` or `false`, not 1"),
        ("Dense: {unit: 1}", "KS110", "`Dense` has no argument `unit`"),
        ("Dense", "KS111", "`Dense` needs `units`"),
        ("Dense: {units: 1, activation: {LeakyReLU: {alfa: 1}}}", "KS110", "`LeakyReLU` has no argument `alfa`"),
        ("Dense: {units: 1, activation: PReLU}", "KS108", None),
        ("Dense: {units: 1, activation: rellu}", "KS106", "unknown activation `rellu`"),
        (
            "Dense: {units: 1, kernel_initializer: {HeNormal: {sed: 1}}}",
            "KS110",
            "`HeNormal` has no argument `sed`",
        ),
        ("Dropout: {rate: 1.5}", "KS112", "`rate` of `Dropout` must be a number between 0 and 1, not 1.5"),
        ("Reshape: {target_shape: [a]}", "KS112", None),
        ("Bidirectional: {layer: {LSTM: {unts: 3}}}", "KS110", "`LSTM` has no argument `unts`"),
        ("RNN: {cell: [{Dense: {units: 1}}]}", "KS112", "`Dense` is a layer, not an RNN cell"),
        ("StringLookup: {vocabulary: /etc/passwd}", "KS701", None),
        ("StringLookup: {vocabulary: ../../secret.txt}", "KS701", None),
        ("StringLookup: {vocabulary: no_words.txt}", "KS501", None),
        ("StringLookup: {vocabulary: 'https://a.example/v.txt'}", "KS702", None),
        ("Embedding: {input_dim: {vocabulary_of: nope}, output_dim: 2}", "KS201", None),
        ("Dense: {units: {classes_of: nope}}", "KS215", None),
    ],
)
def test_one_mistake(entry, code, message):
    problem = one(network(f"  - {entry}"))
    assert problem.code == code
    assert message is None or problem.message == message
    assert problem.span.line == 4


@pytest.mark.parametrize(
    ("call", "code"),
    [
        ("- op: mean\n    call: {axes: 1}", "KS216"),
        ("- op: mean\n    call: {axis: one}", "KS112"),
        ("- op: get_item\n    call: {key: 'a:b'}", "KS112"),
        ("- op: get_item", "KS111"),
        ("- Dense: {units: 1}\n    call: {units: 3}", "KS216"),
        ("- LSTM: {units: 1}\n    call: {initial_state: 3}", "KS216"),
    ],
)
def test_constants_of_a_call(call, code):
    assert one(network("  " + call, inputs="{x: {shape: [3, 4]}}")).code == code


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ("compile: {optimizer: adm}", "KS106"),
        ("compile: {optimizer: {Adam: {lr: 1}}}", "KS110"),
        ("compile: {optimizer: {Adam: {learning_rate: {ExponentialDecay: {decay_rate: 0.5}}}}}", "KS111"),
        ("compile: {loss: mseee}", "KS106"),
        ("compile: {metrics: [acuracy]}", "KS106"),
        ("compile: {metrics: {dense_9: accuracy}}", "KS215"),
        ("compile: {loss_weights: {nope: 1.0}}", "KS215"),
        ("fit: {callbacks: [{CSVLogger: {filename: ../a.csv}}]}", "KS701"),
        ("fit: {callbacks: [{RemoteMonitor: {}}]}", "KS702"),
        ("fit: {callbacks: [EarlyStoping]}", "KS106"),
        ("dtype_policy: mixed_float17", "KS112"),
        ("fit: {engine: fuse}", "KS103"),
        ("fit: {engine: [fused, {fused_xla: 3}, {fused: 3}]}", "KS103"),
        ("fit: {engine: [fused, fused_xla]}", "KS103"),
        ("fit: {engine: [{fused: 3}]}", "KS103"),
        ("fit: {engine: [fused, {keras: 3}]}", "KS103"),
        ("task: regresion", "KS103"),
        ("fit: {epochs: 0}", "KS103"),
        ("ft: {}", "KS101"),
        ("compile: {run_eagerly: true}", "KS103"),
        ("predict: {threshold: {nope: 0.3}}", "KS215"),
        ("data: {}", "KS102"),
        ("data: {csv: a, npz: b}", "KS103"),
        ("data: {csv: a.csv, split: {folds: 5, repeats: 2}}", "KS107"),
        ("data: {csv: a.csv, split: {folds: 5, hash: id}}", "KS103"),
        ("data: {csv: a.csv, split: {folds: 5, validation: 0.2}}", "KS103"),
        ("data: {csv: a.csv, split: {folds: 5, fold: 6}}", "KS103"),
        ("data: {csv: a.csv, split: {fold: 1}}", "KS103"),
        ("data: {csv: a.csv, split: {test: 0.7, validation: 0.5}}", "KS506"),
    ],
)
def test_settings(more, code):
    assert one(network("  - Dense: {units: 1}", more=more)).code == code


def test_a_variable_of_the_wrong_type_names_where_it_is_set():
    text = "kspec: 1\nvars: {width: ten}\ninputs: {x: {shape: [4]}}\nlayers:\n  - Dense: {units: $width}\n"
    problem = one(text)
    assert problem.span.line == 5
    assert problem.related[0].span.line == 2


def test_permissions():
    text = network("  - StringLookup: {vocabulary: ../../secret.txt}", inputs="{x: {shape: [1], dtype: string}}")
    assert diagnostics_of(text, outside=True) == [] or all(
        d.code != "KS701" for d in diagnostics_of(text, outside=True)
    )


def test_all_mistakes_are_reported_at_once_in_order():
    text = network("  - Dense: {units: ten}\n  - Dense: {unit: 3}\n    from: nope", more="fit: {callbacks: [Nope]}")
    found = diagnostics_of(text)
    assert [d.span.line for d in found] == sorted(d.span.line for d in found)
    assert len(found) == 4


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ("LSTM: {units: 8, return_state: true}\n    as: [last, h]", "`lstm` has 3 outputs, but `as` names 2"),
        ("LSTM: {units: 8, return_state: true}\n    as: [last, h, c, d]", "`lstm` has 3 outputs, but `as` names 4"),
        ("GRU: {units: 8}\n    as: [a, b]", "`gru` has one output, but `as` names 2"),
        ("op: unstack\n    call: {axis: 1}\n    as: [a, b]", "`unstack` has 6 outputs, but `as` names 2"),
    ],
)  # fmt: skip
def test_as_names_every_output(entry, message):
    found = diagnostics_of(f"kspec: 1\ninputs: {{x: {{shape: [6, 4]}}}}\nlayers:\n  - {entry}\n")
    assert [(d.code, d.message) for d in found if d.is_error] == [("KS210", message)]


def test_as_where_the_number_of_outputs_is_unknown():
    text = "kspec: 1\ninputs: {x: {shape: [null, 4]}}\nlayers:\n  - op: unstack\n    call: {axis: 1}\n    as: [a, b]\n"
    assert "KS210" not in [d.code for d in diagnostics_of(text)]


@pytest.mark.parametrize(
    ("entry", "help"),
    [
        ("name: Dense\n    units: 10", "write `- Dense: {units: 10}`"),
        ("type: Dense\n    units: 1", "write `- Dense: {units: 1}`"),
        ("type: Flatten", "write `- Flatten`"),
        ("op: sum\n    axis: 1", "`call: {axis: 1}`"),
        ("Dense: {units: 3}\n    activation: relu", "`Dense: {units: 3, activation: relu}`"),
        ("Flatten: []", "write `Flatten`"),
        ("Dropout: 0.3", "write `Dropout: {rate: 0.3}`"),
        ("Bidirectional: LSTM", "write `Bidirectional: {layer: {LSTM: {units: 10}}}`"),
        ("Bidirectional: {LSTM: {units: 3}}", "write `Bidirectional: {layer: {LSTM: ...}}`"),
        ("RNN: {LSTMCell: {units: 3}}", "write `RNN: {cell: {LSTMCell: ...}}`"),
        ("Dense: {units: 3, kernel_regularizer: {l2: 0.01}}", "write `L2: {l2: 0.01}`"),
        ("Dense: {units: 3, input_shape: [4]}", "`inputs: {x: {shape: [10]}}`"),
    ],
)
def test_the_help_says_what_to_write(entry, help):
    assert help in one(f"kspec: 1\ninputs: {{x: {{shape: [6, 4]}}}}\nlayers:\n  - {entry}\n").help


@pytest.mark.parametrize(
    ("more", "advice"),
    [
        ("optimizer: Adam(learning_rate=0.001)", "write `Adam: {learning_rate: 0.001}`"),
        ("optimizer: {adam: 0.1}", "write `Adam: {learning_rate: 0.1}`"),
        ("optimizer: {Adam: {learning_rate: '1e-3'}}", "remove the quotes: `1e-3`"),
        ("optimizer: {Adam: {lr: 0.1}}", "did you mean `learning_rate`?"),
        ("optimizer: keras.optimizers.Adam", "did you mean `Adam`?"),
    ],
)
def test_the_advice_for_a_setting(more, advice):
    problem = one(f"kspec: 1\ninputs: {{x: {{shape: [4]}}}}\nlayers: [{{Dense: {{units: 1}}}}]\ncompile: {{{more}}}\n")
    assert advice in (problem.help, problem.label)


@pytest.mark.parametrize(
    ("more", "advice"),
    [
        ("epochs: 3", "write `fit: {epochs: ...}`"),
        ("metrics: [mse]", "write `compile: {metrics: ...}`"),
        ("csv: a.csv", "write `data: {csv: ...}`"),
        ("fit: {loss: mse}", "write `compile: {loss: ...}`"),
        ("compile: {seed: 3}", "it belongs at the top level, in the column of `compile`"),
        ("fit: {validation_split: 0.2}", "write `data: {split: {validation: 0.2}}`"),
        ("fit: {callbacks: EarlyStopping}", "write `callbacks: [EarlyStopping]`"),
        ("compile: {loss_weights: [1, 2]}", "write `loss_weights: {name: 1.0}`"),
        ("fit: {shuffle: yes}", "write `true`"),
        ("fit: {epochs: '3'}", "remove the quotes: `3`"),
        ("data: {csv: {train: a.csv, val: b.csv}}", "did you mean `validation`?"),
        ("vars: {a: '${len(3)}'}", "write `${len(sizes)}`"),
    ],
)
def test_the_advice_for_a_misplaced_key(more, advice):
    problem = one(f"kspec: 1\ninputs: {{x: {{shape: [4]}}}}\nlayers: [{{Dense: {{units: 1}}}}]\n{more}\n")
    assert advice in problem.help + problem.label


@pytest.mark.parametrize(
    ("inputs", "help"),
    [
        ("{shape: [10]}", "write `inputs: {x: {shape: [10]}}`"),
        ("{shape: [10], dtype: float32}", "write `inputs: {x: {shape: [10], dtype: float32}}`"),
        ("{x: [10, 2]}", "write `x: {shape: [10, 2]}`"),
        ("{x: 28}", "write `x: {shape: [28]}`"),
        ("[10]", "`inputs: {x: {shape: [10]}}`"),
    ],
)
def test_the_help_for_an_input(inputs, help):
    assert help in one(f"kspec: 1\ninputs: {inputs}\nlayers: [Flatten]\n").help


@pytest.mark.parametrize("layers", ["\n  Dense: {units: 1}\n  Dense: {units: 2}", "\n  Dense: {units: 1}\n  Flatten:"])
def test_layers_without_dashes(layers):
    assert "- Dense: {units: 1}" in one(f"kspec: 1\ninputs: {{x: {{shape: [4]}}}}\nlayers:{layers}\n").help


def test_inputs_may_be_called_shape_and_dtype():
    text = "kspec: 1\ninputs: {shape: {shape: [4]}, dtype: {shape: [4]}}\nlayers:\n  - Add:\n    from: [shape, dtype]\n"
    assert not [d for d in diagnostics_of(text) if d.is_error]


def test_names_with_commas_are_a_list():
    text = "kspec: 1\ninputs: {a: {shape: [4]}, b: {shape: [4]}}\nlayers:\n  - Add:\n    from: a, b\n"
    assert one(text).help == "write several nodes as a list: `[a, b]`"


def test_a_merge_key_gives_one_message():
    assert one("kspec: 1\nvars: {x: &x {shape: [4]}}\ninputs: {z: {<<: *x}}\nlayers: [Flatten]\n").code == "KS007"


def test_the_older_name_of_a_monitored_quantity():
    text = (
        "kspec: 1\ninputs: {x: {shape: [4]}}\nlayers: [{Dense: {units: 3, activation: softmax}}]\n"
        "fit: {callbacks: [{EarlyStopping: {monitor: val_acc}}]}\n"
    )
    assert one(text).label == "did you mean `val_accuracy`?"


@pytest.mark.parametrize("threshold", ["50", "-0.5", "{y: 1.5}"])
def test_a_threshold_is_a_probability(threshold):
    text = (
        "kspec: 1\ninputs: {x: {shape: [4]}}\nlayers:\n  - Dense: {units: 1, activation: sigmoid}\n    name: y\n"
        f"predict: {{threshold: {threshold}}}\n"
    )
    problem = one(text)
    assert problem.code == "KS103"
    assert "must be at most 1, not" in problem.message or "must be at least 0, not" in problem.message


def test_a_threshold_of_scores_is_any_number():
    text = (
        "kspec: 1\ninputs: {x: {shape: [4]}}\nlayers:\n  - Dense: {units: 1, activation: tanh}\n    name: y\n"
        "compile: {loss: hinge}\npredict: {threshold: -0.5}\n"
    )
    assert not diagnostics_of(text)
