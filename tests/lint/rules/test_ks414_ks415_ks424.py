"""KS414, KS415 and KS424: the quantities that callbacks monitor."""

import pytest

from tests.lint.rules.helpers import check, codes, fixed, spec

ALL = "data: {csv: t.csv, targets: t}"
NONE = "data: {csv: t.csv, targets: t, split: {validation: 0, test: 0.2}}"
BY = "data: {csv: t.csv, targets: t, split: {by: part}}"


def net(callback, data=ALL, metrics="[accuracy, AUC]"):
    return spec(
        "Dense: {units: 1, activation: sigmoid}\n    name: y",
        f"{data}\ncompile: {{metrics: {metrics}}}\nfit: {{callbacks: [{callback}]}}",
    )


def two(callback):
    layers = "Dense: {units: 1, activation: sigmoid}\n    name: a\nDense: {units: 1}\n    from: x\n    name: b"
    more = f"outputs: [a, b]\ncompile: {{metrics: {{a: [accuracy, AUC, AUC], b: [mae]}}}}\nfit: {{callbacks: [{callback}]}}"
    return spec(layers, more)


@pytest.mark.parametrize("head", ["EarlyStopping", "ReduceLROnPlateau", "ModelCheckpoint"])
@pytest.mark.parametrize(
    ("monitor", "suggestion"), [("val_acuracy", "val_accuracy"), ("val_acc", None), ("aucc", "auc"), ("f1", None)]
)
def test_an_unknown_quantity(head, monitor, suggestion):
    path = "filepath: a.keras, save_best_only: true, " if head == "ModelCheckpoint" else ""
    text = net(f"{{{head}: {{{path}monitor: {monitor}}}}}")
    diagnostics = check(text)
    assert codes(diagnostics) == ["KS414"]
    assert diagnostics[0].is_error
    if suggestion:
        assert f"monitor: {suggestion}" in fixed("KS414", text)


def test_the_available_quantities_that_are_not_listed_are_counted():
    counts = "[accuracy, AUC, Precision, Recall, TruePositives]"
    for text in (net("{EarlyStopping: {monitor: gain}}", metrics=counts),
                 spec("Dense: {units: 1, activation: sigmoid}\n    name: y",
                      f"{ALL}\ncompile: {{metrics: {counts}}}\nfit: {{keep: best, monitor: gain}}")):  # fmt: skip
        (problem,) = check(text)
        assert problem.help.count("`") == 16
        assert problem.help.endswith(" and 4 more")


@pytest.mark.parametrize(
    ("metrics", "monitor"),
    [("[accuracy]", "accuracy"), ("[acc]", "val_acc"), ("[AUC]", "val_auc"), ("[auc]", "auc"), ("[{AUC: {name: pr}}]", "val_pr"),
     ("[mae]", "val_mean_absolute_error"), ("[{F1Score: {threshold: 0.5}}]", "val_f1_score"), ("[{FBetaScore: {threshold: 0.5}}]", "val_fbeta_score"),
     ("[LogCoshError]", "val_logcosh"), ("[AUC, AUC]", "val_auc_1"), ("[BinaryAccuracy]", "binary_accuracy"), ("[accuracy]", "loss")],
)  # fmt: skip
def test_names_as_keras_logs_them(metrics, monitor):
    assert check(net(f"{{EarlyStopping: {{monitor: {monitor}}}}}", metrics=metrics)) == []


@pytest.mark.parametrize(
    "monitor", ["val_a_accuracy", "a_auc", "val_a_auc_1", "b_loss", "val_a_loss", "val_b_mean_absolute_error"]
)
def test_names_of_several_outputs(monitor):
    mode = "min" if "loss" in monitor or "error" in monitor else "max"
    assert check(two(f"{{EarlyStopping: {{monitor: {monitor}, mode: {mode}}}}}")) == []
    after = fixed("KS424", two(f"{{EarlyStopping: {{monitor: {monitor}}}}}"))
    assert f"mode: {'min' if 'loss' in monitor or 'error' in monitor else 'max'}" in after


def test_a_bare_name_of_several_outputs():
    assert codes(check(two("{EarlyStopping: {monitor: val_accuracy}}"))) == ["KS414"]
    assert check(two("EarlyStopping, ReduceLROnPlateau, {EarlyStopping: {monitor: loss}}")) == []


def test_counts_have_no_direction():
    assert "mode: min" in fixed(
        "KS424", net("{EarlyStopping: {monitor: val_false_positives}}", metrics="[FalsePositives]")
    )
    assert check(net("{EarlyStopping: {monitor: val_false_positives, mode: min}}", metrics="[FalsePositives]")) == []


@pytest.mark.parametrize("callback", ["{EarlyStopping: {monitor: val_loss}}", "{EarlyStopping: {patience: 3}}", "{EarlyStopping: {}}",
                                      "{ReduceLROnPlateau: {factor: 0.5}}", "{EarlyStopping: {monitor: val_auc}}",
                                      "{ModelCheckpoint: {filepath: a.keras, save_best_only: true}}"])  # fmt: skip
def test_there_is_no_validation_data(callback):
    assert "monitor: loss" in fixed("KS414", net(callback, NONE)) or "monitor: auc" in fixed(
        "KS414", net(callback, NONE)
    )
    assert check(net(callback, ALL)) == []
    assert check(net(callback, BY)) == []


def test_a_bare_callback():
    text = spec("Dense: {units: 1}", f"{NONE}\nfit:\n  callbacks:\n    - EarlyStopping\n    - TerminateOnNaN")
    assert "    - EarlyStopping: {monitor: loss}\n" in fixed("KS414", text)


def test_callbacks_that_monitor_nothing():
    assert (
        check(net("TerminateOnNaN, {CSVLogger: {filename: log.csv}}, {ModelCheckpoint: {filepath: a.keras}}", NONE))
        == []
    )


@pytest.mark.parametrize(("name", "data", "expected"), [
    ("'{epoch:02d}-{val_loss:.2f}.keras'", ALL, []), ("'{epoch:02d}-{val_loss:.2f}.keras'", NONE, ["KS414"]),
    ("'{epoch}-{f1:.2f}.keras'", ALL, ["KS414"]), ("'{epoch}-{auc:.2f}.keras'", NONE, []), ("'a{.keras'", ALL, ["KS112"]), ("3", ALL, ["KS112"]),
])  # fmt: skip
def test_file_names(name, data, expected):
    assert codes(check(net(f"{{ModelCheckpoint: {{filepath: {name}}}}}", data))) == expected


def test_files_for_each_split():
    files = "data: {csv: {train: a.csv, test: b.csv}, targets: t}"
    assert codes(check(net("EarlyStopping", files))) == ["KS414"]
    assert check(net("EarlyStopping", "data: {csv: {train: a.csv, validation: b.csv}, targets: t}")) == []
    assert (
        check(net("EarlyStopping", "data: {csv: {train: a.csv, test: b.csv}, targets: t, split: {validation: 0.1}}"))
        == []
    )


def test_the_splits_of_the_data(tmp_path):
    rows = [f"{i % 3},{i % 5},{i % 2},{i % 4},{i % 2},{'train' if i < 20 else 'test'}" for i in range(30)]
    text = net("EarlyStopping", "data: {csv: t.csv, inputs: [a, b, c, d], targets: y, split: {by: part}}")
    assert codes(check(text, tmp_path, t="a,b,c,d,y,part\n" + "\n".join(rows))) == ["KS414"]


def test_an_extension_s_metric_is_not_known():
    text = net("{EarlyStopping: {monitor: val_own}}", metrics="[mine.Own]") + "extensions: [mine]\n"
    assert check(text) == []


@pytest.mark.parametrize(
    "callback", ["3", "{EarlyStopping: 3}", "{EarlyStoping: {}}", "{EarlyStopping: {monitor: 3}}", "{}"]
)
def test_invalid_callbacks_are_only_reported_as_such(callback):
    assert not {"KS414", "KS415", "KS424"} & set(codes(check(net(callback, NONE))))


class TestBestWeights:
    CALLBACK = "{EarlyStopping: {monitor: loss, restore_best_weights: true}}"

    def test_is_reported(self):
        assert codes(check(net(self.CALLBACK, NONE))) == ["KS415"]

    def test_with_validation(self):
        assert check(net(self.CALLBACK, ALL)) == []
        assert check(net(self.CALLBACK, BY)) == []

    def test_not_asked_for(self):
        assert check(net(self.CALLBACK.replace("true", "false"), NONE)) == []
        assert check(net("{EarlyStopping: {monitor: loss}}", NONE)) == []

    def test_one_message(self):
        text = net("{EarlyStopping: {monitor: vall_loss, restore_best_weights: true}}", NONE)
        assert codes(check(text)) == ["KS414"]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ("filepath: best.h6", ["KS112"]),
        ("filepath: best", ["KS112"]),
        ("filepath: best.keras", []),
        ("filepath: best.keras, save_weights_only: true", ["KS112"]),
        ("filepath: best.weights.h5, save_weights_only: true", []),
    ],
)
def test_the_suffix_of_a_checkpoint(arguments, expected):
    assert codes(check(net(f"{{ModelCheckpoint: {{{arguments}}}}}", "data: {csv: a.csv}"))) == expected


def rarely_validated(callback, epochs, frequency, more=""):
    """A spec that validates only every few epochs."""
    settings = f"fit:\n  epochs: {epochs}\n  validation_freq: {frequency}\n{more}  callbacks: [{callback}]"
    return net("", ALL).replace("fit: {callbacks: []}", settings)


@pytest.mark.parametrize(
    "callback",
    [
        "EarlyStopping",
        "ReduceLROnPlateau",
        "{EarlyStopping: {monitor: val_accuracy, restore_best_weights: true}}",
        "{ModelCheckpoint: {filepath: best.keras, save_best_only: true}}",
    ],
)
def test_training_that_ends_before_the_first_validation(callback):
    text = rarely_validated(callback, 4, 10)
    assert "validation_freq: 1" in fixed("KS414", text)
    if "ModelCheckpoint" not in callback:
        assert check(rarely_validated(callback, 10, 10)) == []
    assert check(rarely_validated(callback.replace("val_accuracy", "loss"), 4, 1)) == []


def test_stages_without_a_validation():
    stages = "  stages: [{epochs: 3}, {name: tune, epochs: 2}, {epochs: 3}]\n"
    diagnostics = check(rarely_validated("EarlyStopping", 1, 3, stages))
    assert codes(diagnostics) == ["KS414"]
    assert "tune ends before the first validation" in diagnostics[0].message  # epochs 4 and 5 of 3, 6, 9 …
    assert check(rarely_validated("EarlyStopping", 1, 2, stages)) == []


def test_a_checkpoint_of_the_best_epoch_needs_each_epoch_validated():
    callback = "{ModelCheckpoint: {filepath: best.keras, save_best_only: true}}"
    diagnostics = check(rarely_validated(callback, 4, 2))
    assert codes(diagnostics) == ["KS414"]
    assert "saves every epoch without a `val_loss`" in diagnostics[0].message
    assert "validation_freq: 1" in fixed("KS414", rarely_validated(callback, 4, 2))


def test_a_file_name_with_a_quantity_that_some_epochs_lack():
    callback = "{ModelCheckpoint: {filepath: '{val_loss:.2f}.keras'}}"
    assert codes(check(rarely_validated(callback, 4, 2))) == ["KS414"]
    assert check(rarely_validated(callback, 4, 1)) == []


def softmax(monitor, metric="{F1Score: {name: f1}}", data=""):
    return spec(
        "Dense: {units: 3, activation: softmax}\n    name: y",
        f"{data}\ncompile: {{loss: categorical_crossentropy, metrics: [{metric}]}}\n"
        f"fit: {{callbacks: [{{EarlyStopping: {{monitor: {monitor}, mode: max}}}}]}}",
    )


@pytest.mark.parametrize("monitor", ["f1_0", "val_f1_2"])
def test_the_values_of_a_metric(monitor):
    assert check(softmax(monitor)) == []
    assert codes(check(softmax("val_f1"))) == ["KS414"]
    assert "KS414" in codes(check(softmax("val_f1_3", data="data: {synthetic: {examples: 60}}")))


def test_names_of_classes_that_only_the_data_knows(tmp_path):
    text = softmax("val_f1_benign", data="data: {csv: t.csv, targets: kind}")
    assert check(text) == []
    rows = "".join(f"1,2,3,4,{kind}\n" for kind in ("benign", "malign", "unclear") * 9)
    read = {"folder": tmp_path, "t": f"a,b,c,d,kind\n{rows}"}
    assert "KS414" not in codes(check(text, **read))
    wrong = [problem for problem in check(text.replace("f1_benign", "f1_bening"), **read) if problem.code == "KS414"]
    assert [problem.label for problem in wrong] == ["did you mean `val_f1_benign`?"]


def test_values_by_threshold():
    assert check(softmax("val_precision_0.3", "{Precision: {thresholds: [0.3, 0.6]}}")) == []


def test_each_output_numbers_its_own_metrics():
    layers = "Dense: {units: 1, activation: sigmoid}\n    name: a\nDense: {units: 1, activation: sigmoid}\n    from: x\n    name: b"
    text = "outputs: [a, b]\ncompile: {metrics: {a: [AUC], b: [AUC]}}\nfit: {callbacks: [{EarlyStopping: {monitor: val_b_auc, mode: max}}]}"
    assert check(spec(layers, text)) == []


def test_an_output_without_a_loss_logs_none():
    outputs = "Dense: {units: 1}\n    name: even\nDense: {units: 1}\n    name: odd\n    from: even"
    text = spec(
        outputs,
        "task: regression\ndata: {synthetic: {examples: 40}}\noutputs: [even, odd]\n"
        "compile: {loss: {even: mse, odd: null}}\nfit: {keep: best, monitor: val_odd_loss}\n",
        "{x: {shape: [2]}}",
    )
    assert "KS414" in codes(check(text))


def test_what_is_kept_can_be_decided_by_a_class_that_only_the_data_knows():
    for monitor, expected in (("val_f1_score_high", []), ("val_f2_score", ["KS414"])):
        text = spec(
            "Dense: {units: 3, activation: softmax}\n    name: y",
            "data: {csv: t.csv, targets: t}\ncompile: {loss: categorical_crossentropy, metrics: [F1Score]}\n"
            f"fit: {{keep: best, monitor: {monitor}}}\n",
        )
        assert [code for code in codes(check(text)) if code == "KS414"] == expected
