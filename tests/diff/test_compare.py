"""Differences between two specs."""

import json

import pytest

from kspec.compiler.passes import analyse
from kspec.diagnostics import Report
from kspec.diff.compare import compare
from tests.conftest import SPECS, spec_of

SPEC = """\
kspec: 1
inputs: {x: {shape: [4]}}
layers:
  - Dense: {units: 8, activation: relu}
    name: hidden
  - Dense: {units: 3}
  - Dense: {units: 1, activation: sigmoid}
    name: answer
compile: {optimizer: adam}
fit: {epochs: 5}
"""


def differences(other, one=SPEC, **options):
    both = []
    for text in (one, other):
        report = Report()
        spec = spec_of(text, report)
        both.append((spec, analyse(spec, report)))
        assert not report.has_errors
    return [f"{found.section} {found}" for found in compare(*both, **options).differences]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("", "", []),
        ("units: 8", "units: 16", ["layers ~ hidden: units 8 → 16; (null, 8) → (null, 16); 40 → 80 parameters",
                                   "layers ~ dense: 27 → 51 parameters"]),
        ("units: 3}", "units: 3, use_bias: true}", []),  # Keras's default, written out
        ("units: 3}", "units: 3, use_bias: false}", ["layers ~ dense: use_bias true → false; 27 → 24 parameters"]),
        ("Dense: {units: 3}", "PReLU", ["layers ~ dense: Dense → PReLU; (null, 3) → (null, 8); 27 → 8 parameters",
                                        "layers ~ answer: 4 → 9 parameters"]),
        ("    name: hidden\n", "    name: hidden\n    trainable: false\n", ["layers ~ hidden: trainable true → false"]),
        ("    name: hidden\n", "    name: hidden\n  - Dropout: {rate: 0.5}\n",
         ["layers + dropout: Dropout: {rate: 0.5}, (null, 8)", "layers ~ dense: from hidden → dropout"]),
        ("  - Dense: {units: 3}\n", "", ["layers - dense: Dense: {units: 3}, (null, 3), 27 parameters",
                                         "layers ~ answer: from dense → hidden; 4 → 9 parameters"]),
        ("    name: hidden\n", "    name: first\n", ["layers ~ hidden → first: renamed"]),
        ("adam", "sgd", ["compile ~ optimizer: adam → sgd"]),
        ("epochs: 5", "epochs: 6, batch_size: 32", ["fit ~ epochs: 5 → 6"]),  # 32 is the default
        ("inputs: {x: {shape: [4]}}", "inputs: {x: {shape: [5]}}", ["layers ~ x: (null, 4) → (null, 5)",
                                                                    "layers ~ hidden: 40 → 48 parameters", "inputs ~ x.shape: [4] → [5]"]),
    ],
)  # fmt: skip
def test_differences(old, new, expected):
    assert differences(SPEC.replace(old, new, 1) if old else SPEC) == expected


STAGES = SPEC.replace("epochs: 5", """class_weight: {0: 1, 1: 2}
  callbacks: [TerminateOnNaN, {EarlyStopping: {patience: 3}}]
  stages:
    - {name: head, epochs: 2, optimizer: adam}
    - {epochs: 3, optimizer: {Adam: {learning_rate: 0.1}}}
    - {name: tune, epochs: 2, optimizer: adam, trainable: {hidden: false}}
""").replace("fit: {", "fit:\n  ").replace("\n}", "")  # fmt: skip


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("name: tune, epochs: 2", "name: tune, epochs: 4", ["~ stages.tune.epochs: 2 → 4"]),
        ("hidden: false", "answer: true, hidden: false", ["+ stages.tune.trainable.answer: true"]),
        ("rate: 0.1", "rate: 0.2", ["~ stages.stage 2.optimizer.Adam.learning_rate: 0.1 → 0.2"]),
        ("    - {name: head, epochs: 2, optimizer: adam}\n    - {epochs", "    - {name: a, epochs",
         ["- stages.head: {epochs: 2, optimizer: adam}",
          "- stages.stage 2: {epochs: 3, optimizer: {Adam: {learning_rate: 0.1}}}",
          "+ stages.a: {epochs: 3, optimizer: {Adam: {learning_rate: 0.1}}}"]),
        ("[TerminateOnNaN, {EarlyStopping: {patience: 3}}]", "[{EarlyStopping: {patience: 4}}, TerminateOnNaN]",
         ["~ callbacks: order TerminateOnNaN, EarlyStopping → EarlyStopping, TerminateOnNaN",
          "~ callbacks.EarlyStopping.patience: 3 → 4"]),
        ("[TerminateOnNaN, {EarlyStopping: {patience: 3}}]", "[]",
         ["- callbacks.TerminateOnNaN", "- callbacks.EarlyStopping: {patience: 3}"]),
        ("TerminateOnNaN, ", "TerminateOnNaN, {EarlyStopping: {patience: 3}}, ",
         ["+ callbacks.EarlyStopping 3: {patience: 3}"]),
        ("1: 2}", "1: 3}", ["~ class_weight.1: 2 → 3"]),
    ],
)  # fmt: skip
def test_stages_and_callbacks_are_compared_one_by_one(old, new, expected):
    assert differences(STAGES.replace(old, new, 1), STAGES) == [f"fit {line}" for line in expected]


def test_the_choice_of_auto_is_no_difference_of_a_run():
    ran = SPEC.replace("epochs: 5", "epochs: 5, engine: [fused, {fused_xla: 40}]")
    (told,) = differences(ran)
    assert told.startswith("fit ~ engine: auto → [fused")
    assert differences(ran, of_run=True) == []
    assert len(differences(ran, SPEC.replace("epochs: 5", "epochs: 5, engine: keras"), of_run=True)) == 1


def test_an_inserted_layer_does_not_shift_automatic_names():
    one = SPEC.replace("  - Dense: {units: 3}\n", "  - Dense: {units: 3}\n  - Dense: {units: 5}\n")
    other = one.replace("  - Dense: {units: 3}\n", "  - BatchNormalization\n  - Dense: {units: 3}\n")
    assert differences(other, one) == [
        "layers + batch_normalization: BatchNormalization, (null, 8), 32 parameters",
        "layers ~ dense: from hidden → batch_normalization",
    ]


def test_blocks_are_compared_expanded():
    blocks = SPEC.replace(
        "layers:\n", "blocks: {mlp: {params: [n], layers: [{Dense: {units: $n}, name: d}]}}\nlayers:\n"
    )
    one = blocks.replace("  - Dense: {units: 3}\n", "  - block: mlp\n    with: {n: 3}\n    name: m\n")
    other = one.replace("n: 3", "n: 4")
    assert differences(other, one) == [
        "layers ~ m/d: units 3 → 4; (null, 3) → (null, 4); 27 → 36 parameters",
        "layers ~ answer: 4 → 5 parameters",
    ]


MODELS = """\
kspec: 1
inputs: {x: {shape: [4]}}
models:
  encoder:
    inputs: {row: {shape: [4]}}
    layers:
      - Dense: {units: 8}
        name: hidden
      - Dense: {units: 2}
        name: code
layers:
  - model: encoder
  - Dense: {units: 1}
    name: answer
task: regression
"""


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("units: 8", "units: 9", ["models ~ encoder/hidden: units 8 → 9; (null, 8) → (null, 9); 40 → 45 parameters",
                                  "models ~ encoder/code: 18 → 20 parameters",
                                  "layers ~ encoder: 58 → 65 parameters"]),
        ("layers:\n  - model", "    trainable: false\nlayers:\n  - model", ["models ~ encoder: trainable true → false"]),
        ("layers:\n  - model", "    trainable: true\nlayers:\n  - model", []),
        ("        name: hidden\n", "        name: hidden\n        trainable: false\n",
         ["models ~ encoder/hidden: trainable true → false"]),
        ("      - Dense: {units: 2}\n        name: code\n", "",
         ["models - encoder/code: Dense: {units: 2}, (null, 2), 18 parameters",
          "layers ~ encoder: (null, 2) → (null, 8); 58 → 40 parameters", "layers ~ answer: 3 → 9 parameters"]),
        ("encoder", "reader", ["models ~ encoder → reader: renamed",
                               "layers ~ encoder: encoder → reader"]),
        ("layers:\n  - model", "    weights: a.weights.h5\nlayers:\n  - model",
         ["models ~ encoder: weights null → a.weights.h5"]),
    ],
)  # fmt: skip
def test_differences_in_sub_models(old, new, expected, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.weights.h5").touch()
    assert differences(MODELS.replace(old, new, 9 if old == "encoder" else 1), MODELS) == expected


def test_the_command(tmp_path, capsys):
    from kspec.cli import main

    wide = tmp_path / "wide.yaml"
    wide.write_text(
        (SPECS / "mlp.yaml").read_text().replace("units: 20", "units: 21").replace("data/", f"{SPECS}/data/")
    )
    arguments = [str(SPECS / "mlp.yaml"), str(wide), "--allow-outside"]
    assert main(["diff", *arguments]) == 0
    shown = capsys.readouterr().out
    assert "~ hidden2: units 20 → 21" in shown
    assert shown.endswith("572 → 593 parameters\n")
    assert "csv" not in shown  # the same file, by another way
    assert main(["diff", *arguments, "--exit-code", "--format", "json"]) == 1
    assert json.loads(capsys.readouterr().out)["parameters"] == [572, 593]
    assert main(["diff", str(wide), str(wide), "--exit-code", "--allow-outside"]) == 0
    assert main(["diff", str(wide), str(tmp_path / "none.yaml"), "--allow-outside"]) == 1
    assert "file not found" in capsys.readouterr().err


def test_a_run_by_its_name(tmp_path, capsys, monkeypatch):
    from kspec.cli import main

    monkeypatch.chdir(tmp_path)
    (tmp_path / "tl.yaml").write_text(SPEC)
    latest = tmp_path / "runs" / "tl" / "latest"
    latest.mkdir(parents=True)
    (latest / "run.json").write_text("{}")
    assert main(["diff", "tl.yaml", "tl"]) == 3
    assert "was stopped before its spec was resolved" in capsys.readouterr().err
    (latest / "resolved.yaml").write_text(SPEC.replace("units: 8", "units: 9"))
    for run in ("tl", "runs/tl", "runs/tl/latest"):
        assert main(["diff", "tl.yaml", run]) == 0
        assert "~ hidden: units 8 → 9" in capsys.readouterr().out
    assert main(["diff", "tl.yaml", "tm"]) == 3
    assert "no spec or run at tm" in capsys.readouterr().err
