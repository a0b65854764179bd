"""KS434 and KS436 to KS438: options that exclude each other or have no effect, missing packages; KS112 of their values."""

import pytest

from tests.lint.rules.helpers import check, fixed

BASE = """\
kspec: 1
inputs: {x: {shape: [4]}}
data: {synthetic: {examples: 100}}
layers:
  - Dense: {units: 1, activation: sigmoid}
    name: y
compile: {optimizer: OPTIMIZER, metrics: [AUC]}
fit: {epochs: 5, callbacks: [CALLBACKS]FIT}
"""
EMA = "{Adam: {use_ema: true}}"
SWAP = "{SwapEMAWeights: {swap_on_epoch: true}}"
RESTORE = "{EarlyStopping: {restore_best_weights: true}}"
DECAY = "learning_rate: {ExponentialDecay: {initial_learning_rate: 0.1, decay_steps: 9, decay_rate: 0.5}}"


def text(optimizer="Adam", callbacks="", fit=""):
    return BASE.replace("OPTIMIZER", optimizer).replace("CALLBACKS", callbacks).replace("FIT", fit)


def found(*parts):
    return [(str(d.code), d.is_error) for d in check(text(*parts))]


@pytest.mark.parametrize(
    ("optimizer", "callbacks", "fit"),
    [
        ("{Adam: {clipnorm: 1, global_clipnorm: null}}", "", ""),
        (EMA, f"{SWAP}, {RESTORE}, {{ModelCheckpoint: {{filepath: a.keras, save_best_only: true}}}}", ""),
        (EMA, "", ", keep: best"),
        (EMA, f"{SWAP}, EarlyStopping", ", keep: best"),
        ("{LossScaleOptimizer: {inner_optimizer: {Adam: {use_ema: true}}}}", "SwapEMAWeights", ""),
        ("{SGD: {momentum: 0.9, nesterov: true}}", "ReduceLROnPlateau, {EarlyStopping: {monitor: val_auc, mode: max}}", ""),
        ("Adam", "ReduceLROnPlateau, {EarlyStopping: {monitor: learning_rate, mode: min}}", ""),
        ("Adam", "{EarlyStopping: {start_from_epoch: 4}}, {CSVLogger: {filename: log.csv, separator: ;}}", ""),
        ("Adam", "{ModelCheckpoint: {filepath: 'a{epoch}{batch}{loss}.keras', save_freq: 9}}", ""),
        ("{SGD: {" + DECAY + "}}", "EarlyStopping", ""),
    ],
)  # fmt: skip
def test_options_that_go_together(optimizer, callbacks, fit):
    assert found(optimizer, callbacks, fit) == []


@pytest.mark.parametrize(
    ("optimizer", "callbacks", "fit"),
    [
        ("{Adam: {clipnorm: 1, clipvalue: 1}}", "", ""),
        ("{LossScaleOptimizer: {inner_optimizer: {SGD: {clipnorm: 1, global_clipnorm: 1}}}}", "", ""),
        ("Adam", "", ", stages: [{optimizer: {SGD: {clipvalue: 1, global_clipnorm: 1}}}]"),
        ("{Adam: {" + DECAY + "}}", "ReduceLROnPlateau", ""),
        ("{LossScaleOptimizer: {inner_optimizer: {SGD: {" + DECAY + "}}}}", "ReduceLROnPlateau", ""),
        ("Adam", "ReduceLROnPlateau", ", stages: [{epochs: 1}, {optimizer: {SGD: {" + DECAY + "}}}]"),
        ("Adam", "SwapEMAWeights", ""),
        (EMA, "SwapEMAWeights", ", stages: [{epochs: 1}, {optimizer: SGD}]"),
        (EMA, f"{SWAP}, {SWAP}", ""),
        ("{LossScaleOptimizer: {inner_optimizer: {LossScaleOptimizer: {inner_optimizer: Adam}}}}", "", ""),
        ("Adam", "{ModelCheckpoint: {filepath: a.keras, save_best_only: true, save_freq: 9}}", ""),
        ("Adam", "{ModelCheckpoint: {filepath: 'a{batch}.keras'}}", ""),
        ("Adam", "{ModelCheckpoint: {filepath: 'a{val_loss}.keras', save_freq: 9}}", ""),
        ("Adam", "{ModelCheckpoint: {filepath: model.keras}}", ""),
        ("Adam", "{CSVLogger: {filename: ./history.csv}}", ""),
        ("Adam", "{CSVLogger: {filename: predictions.csv}}", ""),
        ("Adam", "{CSVLogger: {filename: a.csv}}, {CSVLogger: {filename: b/../a.csv}}", ""),
        ("{SGD: {learning_rate: {PiecewiseConstantDecay: {boundaries: [1, 2], values: [0.2, 0.1]}}}}", "", ""),
        ("{SGD: {gradient_accumulation_steps: 9}}", "", ", steps_per_epoch: 1"),
    ],
)  # fmt: skip
def test_options_that_exclude_each_other(optimizer, callbacks, fit):
    assert found(optimizer, callbacks, fit) == [("KS434", True)]


@pytest.mark.parametrize(
    ("optimizer", "callbacks", "fit", "repaired"),
    [
        (EMA, RESTORE, "", f"callbacks: [{SWAP}, {RESTORE}]"),
        (EMA, f"SwapEMAWeights, {RESTORE}", "", f"[{SWAP}, {RESTORE}]"),
        (EMA, "SwapEMAWeights", ", keep: best", f"[{SWAP}]"),
        (EMA, "SwapEMAWeights, {ModelCheckpoint: {filepath: a.keras, save_best_only: true}}", "", SWAP),
        (EMA, f"{SWAP}, EarlyStopping", "", RESTORE),
        ("Adam", "{EarlyStopping: {mode: max}}", "", "mode: min"),
        ("Adam", "{ReduceLROnPlateau: {monitor: auc, mode: min}}", "", "mode: max"),
    ],
)
def test_options_that_spoil_each_other(optimizer, callbacks, fit, repaired):
    assert found(optimizer, callbacks, fit) == [("KS434", False)]
    whole = fixed("KS434", text(optimizer, callbacks, fit))
    assert repaired in whole
    assert check(whole) == []


def test_averages_come_before_what_takes_them():
    assert found(EMA, f"{RESTORE}, {SWAP}") == [("KS434", False)]


@pytest.mark.parametrize(
    ("optimizer", "callbacks", "fit", "repaired"),
    [
        ("{Adam: {ema_momentum: 0.9, ema_overwrite_frequency: 3}}", "", "", "use_ema: true"),
        ("{SGD: {nesterov: true}}", "", "", "momentum: 0.9"),
        ("Adam", "{ModelCheckpoint: {filepath: a.keras, monitor: val_auc, mode: max}}", "", "save_best_only: true"),
        ("{LossScaleOptimizer: {inner_optimizer: {Adam: {loss_scale_factor: 4}}}}", "", "", ""),
        ("{Adam: {loss_scale_factor: 4}}", "", "}\ndtype_policy: mixed_float16 #", ""),
        ("Adam", "{EarlyStopping: {start_from_epoch: 5}}", "", ""),
        ("Adam", "{ReduceLROnPlateau: {min_lr: 0.001}}", "", ""),
        ("Adam", f"{RESTORE}, {{EarlyStopping: {{monitor: val_auc, restore_best_weights: true}}}}", "", ""),
        ("Adam", "{EarlyStopping: {monitor: val_auc, restore_best_weights: true}}", ", keep: best", ""),
        (
            "{SGD: {learning_rate: {CosineDecay: {initial_learning_rate: 0.1, decay_steps: 9, warmup_steps: 3}}}}",
            *("", "", ""),
        ),
    ],
)
def test_options_without_effect(optimizer, callbacks, fit, repaired):
    assert found(optimizer, callbacks, fit) == [("KS438", False)]
    if repaired:
        whole = fixed("KS438", text(optimizer, callbacks, fit))
        assert repaired in whole
        assert check(whole) == []


@pytest.mark.parametrize(
    ("optimizer", "callbacks"),
    [
        ("{SGD: {learning_rate: {PiecewiseConstantDecay: {boundaries: [2, 1], values: [3, 2, 1]}}}}", ""),
        ("Adam", "{CSVLogger: {filename: a.csv, separator: ', '}}"),
        ("{SGD: {name: a/b}}", ""),
        ("{ScheduleFreeAdamW: {beta_1: 0}}", ""),
    ],
)
def test_values_that_keras_refuses(optimizer, callbacks):
    assert found(optimizer, callbacks) == [("KS112", True)]


@pytest.mark.parametrize(
    ("fit", "code", "is_error"),
    [
        (", keep: best, monitor: val_acu", "KS414", True),
        (", keep: best, validation_freq: 9", "KS414", True),
        (", monitor: val_loss", "KS103", True),
        (", keep: best, monitor: auc", None, None),
    ],
)
def test_the_monitor_of_the_best_epoch(fit, code, is_error):
    assert found("Adam", "", fit) == ([(code, is_error)] if code else [])


@pytest.mark.parametrize(("monitor", "expected"), [("", ("KS414", True)), (", monitor: auc", ("KS415", False))])
def test_the_best_epoch_without_validation(monitor, expected):
    spec = text("Adam", "", f", keep: best{monitor}").replace("100}}", "100}, split: {validation: 0, test: 0.2}}")
    assert [(d.code, d.is_error) for d in check(spec)] == [expected]


def test_accumulated_gradients_of_more_steps_than_there_are(tmp_path):
    table = "a,y\n" + "".join(f"{n},{n % 2}\n" for n in range(50))
    spec = text("{SGD: {gradient_accumulation_steps: 9}}").replace(
        "{synthetic: {examples: 100}}", "{csv: t.csv, targets: y}"
    )
    spec = spec.replace("[4]", "[1]")
    assert [d.code for d in check(spec, tmp_path, t=table) if d.is_error] == ["KS434"]
    assert not [d for d in check(spec.replace("steps: 9", "steps: 5"), tmp_path, t=table) if d.is_error]


def test_a_backup_is_never_restored():
    assert found("Adam", "{BackupAndRestore: {backup_dir: b}}") == [("KS437", True)]


@pytest.mark.parametrize(
    ("callbacks", "package"), [("TensorBoard", "tensorboard"), ("{TensorBoard: {log_dir: l}}", "tensorboard")]
)
def test_a_missing_package(monkeypatch, callbacks, package):
    monkeypatch.setattr("kspec.lint.rules.missing_packages.find_spec", lambda name: None)
    (diagnostic,) = check(text("Adam", callbacks))
    assert diagnostic.code == "KS436"
    assert f"`{package}`" in diagnostic.message
    monkeypatch.undo()
    monkeypatch.setattr("kspec.lint.rules.missing_packages.find_spec", lambda name: __import__("json").__spec__)
    assert check(text("Adam", callbacks)) == []
