"""KS414, KS415 and KS424: what callbacks watch."""

import pytest

from tests.lint.rules.helpers import codes, cured, look, spec

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
    ("monitor", "meant"), [("val_acuracy", "val_accuracy"), ("val_acc", None), ("aucc", "auc"), ("f1", None)]
)
def test_no_such_quantity(head, monitor, meant):
    path = "filepath: a.keras, " if head == "ModelCheckpoint" else ""
    text = net(f"{{{head}: {{{path}monitor: {monitor}}}}}")
    found = look(text)
    assert codes(found) == ["KS414"]
    assert found[0].is_error
    if meant:
        assert f"monitor: {meant}" in cured("KS414", text)


@pytest.mark.parametrize(
    ("metrics", "monitor"),
    [("[accuracy]", "accuracy"), ("[acc]", "val_acc"), ("[AUC]", "val_auc"), ("[auc]", "auc"), ("[{AUC: {name: pr}}]", "val_pr"),
     ("[mae]", "val_mean_absolute_error"), ("[F1Score]", "val_f1_score"), ("[FBetaScore]", "val_fbeta_score"),
     ("[LogCoshError]", "val_logcosh"), ("[AUC, AUC]", "val_auc_1"), ("[BinaryAccuracy]", "binary_accuracy"), ("[accuracy]", "loss")],
)  # fmt: skip
def test_names_as_keras_logs_them(metrics, monitor):
    assert look(net(f"{{EarlyStopping: {{monitor: {monitor}}}}}", metrics=metrics)) == []


@pytest.mark.parametrize(
    "monitor", ["val_a_accuracy", "a_auc", "val_a_auc_1", "b_loss", "val_a_loss", "val_b_mean_absolute_error"]
)
def test_names_of_several_outputs(monitor):
    assert look(two(f"{{EarlyStopping: {{monitor: {monitor}, mode: max}}}}")) == []
    after = cured("KS424", two(f"{{EarlyStopping: {{monitor: {monitor}}}}}"))
    assert f"mode: {'min' if 'loss' in monitor or 'error' in monitor else 'max'}" in after


def test_a_bare_name_of_several_outputs():
    assert codes(look(two("{EarlyStopping: {monitor: val_accuracy}}"))) == ["KS414"]
    assert look(two("EarlyStopping, ReduceLROnPlateau, {EarlyStopping: {monitor: loss}}")) == []


def test_counts_have_no_direction():
    assert "mode: min" in cured(
        "KS424", net("{EarlyStopping: {monitor: val_false_positives}}", metrics="[FalsePositives]")
    )
    assert look(net("{EarlyStopping: {monitor: val_false_positives, mode: min}}", metrics="[FalsePositives]")) == []


@pytest.mark.parametrize("callback", ["{EarlyStopping: {monitor: val_loss}}", "{EarlyStopping: {patience: 3}}", "{EarlyStopping: {}}",
                                      "{ReduceLROnPlateau: {factor: 0.5}}", "{EarlyStopping: {monitor: val_auc}}",
                                      "{ModelCheckpoint: {filepath: a.keras, save_best_only: true}}"])  # fmt: skip
def test_nothing_to_validate_on(callback):
    assert "monitor: loss" in cured("KS414", net(callback, NONE)) or "monitor: auc" in cured(
        "KS414", net(callback, NONE)
    )
    assert look(net(callback, ALL)) == []
    assert look(net(callback, BY)) == []


def test_a_bare_callback():
    text = spec("Dense: {units: 1}", f"{NONE}\nfit:\n  callbacks:\n    - EarlyStopping\n    - TerminateOnNaN")
    assert "    - EarlyStopping: {monitor: loss}\n" in cured("KS414", text)


def test_callbacks_that_watch_nothing():
    assert (
        look(net("TerminateOnNaN, {CSVLogger: {filename: log.csv}}, {ModelCheckpoint: {filepath: a.keras}}", NONE))
        == []
    )


@pytest.mark.parametrize(("name", "data", "expected"), [
    ("'{epoch:02d}-{val_loss:.2f}.keras'", ALL, []), ("'{epoch:02d}-{val_loss:.2f}.keras'", NONE, ["KS414"]),
    ("'{epoch}-{f1:.2f}.keras'", ALL, ["KS414"]), ("'{epoch}-{auc:.2f}.keras'", NONE, []), ("'a{.keras'", ALL, []), ("3", ALL, ["KS112"]),
])  # fmt: skip
def test_file_names(name, data, expected):
    assert codes(look(net(f"{{ModelCheckpoint: {{filepath: {name}}}}}", data))) == expected


def test_files_for_each_split():
    files = "data: {csv: {train: a.csv, test: b.csv}, targets: t}"
    assert codes(look(net("EarlyStopping", files))) == ["KS414"]
    assert look(net("EarlyStopping", "data: {csv: {train: a.csv, validation: b.csv}, targets: t}")) == []
    assert (
        look(net("EarlyStopping", "data: {csv: {train: a.csv, test: b.csv}, targets: t, split: {validation: 0.1}}"))
        == []
    )


def test_the_parts_of_the_data(tmp_path):
    rows = [f"{i % 3},{i % 5},{i % 2},{i % 4},{i % 2},{'train' if i < 20 else 'test'}" for i in range(30)]
    text = net("EarlyStopping", "data: {csv: t.csv, inputs: [a, b, c, d], targets: y, split: {by: part}}")
    assert codes(look(text, tmp_path, t="a,b,c,d,y,part\n" + "\n".join(rows))) == ["KS414"]


def test_an_extension_s_metric_is_not_known():
    text = net("{EarlyStopping: {monitor: val_own}}", metrics="[mine.Own]") + "extensions: [mine]\n"
    assert look(text) == []


@pytest.mark.parametrize(
    "callback", ["3", "{EarlyStopping: 3}", "{EarlyStoping: {}}", "{EarlyStopping: {monitor: 3}}", "{}"]
)
def test_what_is_no_callback_has_its_own_message(callback):
    assert not {"KS414", "KS415", "KS424"} & set(codes(look(net(callback, NONE))))


class TestBestWeights:
    CALLBACK = "{EarlyStopping: {monitor: loss, restore_best_weights: true}}"

    def test_is_found(self):
        assert codes(look(net(self.CALLBACK, NONE))) == ["KS415"]

    def test_with_validation(self):
        assert look(net(self.CALLBACK, ALL)) == []
        assert look(net(self.CALLBACK, BY)) == []

    def test_not_asked_for(self):
        assert look(net(self.CALLBACK.replace("true", "false"), NONE)) == []
        assert look(net("{EarlyStopping: {monitor: loss}}", NONE)) == []

    def test_one_message(self):
        cured_first = net("{EarlyStopping: {monitor: vall_loss, restore_best_weights: true}}", NONE)
        assert codes(look(cured_first)) == ["KS414"]


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
def test_a_checkpoint_ends_as_keras_wants_it(arguments, expected):
    assert codes(look(net(f"{{ModelCheckpoint: {{{arguments}}}}}", "data: {csv: a.csv}"))) == expected
