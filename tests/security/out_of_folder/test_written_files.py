"""A run writes into its own folder alone, and nothing over its own files."""

from __future__ import annotations

import pytest

import kspec

SPEC = """\
kspec: 1
inputs: {x: {shape: [2]}}
data: {synthetic: {examples: 20}}
layers: [{Dense: {units: 1, activation: sigmoid}}]
fit: {epochs: 2, callbacks: [CALLBACK]}
PREDICT
"""
ESCAPES = [
    "{epoch!s:.>2.0}/victim.keras",
    "{epoch:.>2}/victim.keras",
    "{epoch:9999999d}.keras",
    "{epoch:{epoch}}.keras",
    "{epoch.real}.keras",
    "{loss[0]}.keras",
    "{}.keras",
    "{0}.keras",
    "{epoch.keras",
    "epoch}.keras",
    "{loss:d}.keras",
    "{epoch:.2d}.keras",
    "{epoch:,}.keras",
]


def errors(tmp_path, callback="", predict=""):
    (tmp_path / "spec.yaml").write_text(SPEC.replace("CALLBACK", callback).replace("PREDICT", predict))
    return [problem for problem in kspec.check(tmp_path / "spec.yaml") if problem.is_error]


@pytest.mark.parametrize("name", ESCAPES)
def test_a_checkpoint_is_named_with_plain_numbers(name, tmp_path):
    (problem,) = errors(tmp_path, f"{{ModelCheckpoint: {{filepath: '{name}'}}}}")
    assert problem.code == "KS112"
    assert problem.span is not None
    assert problem.span.line == 5


@pytest.mark.parametrize(
    "name",
    ["{epoch}.keras", "{epoch:02d}-{loss:.2f}.keras", "{{x}}-{val_loss:9.3e}.keras", "{loss:g}/{epoch:03}.keras"],
)
def test_numbers_with_a_width_and_a_precision_are_plain(name, tmp_path):
    assert not errors(tmp_path, f"{{ModelCheckpoint: {{filepath: '{name}'}}}}")


@pytest.mark.parametrize("name", [".", "a/..", "model.keras", "./a/../MODEL.keras", "resolved.yaml", "run.json/a.csv",
                                  "files/a.csv", "confusion_y.png", "latest"])  # fmt: skip
@pytest.mark.parametrize("writer", ["CSVLogger", "predict"])
def test_the_files_of_the_run_are_its_own(writer, name, tmp_path):
    if writer == "predict":
        found = errors(tmp_path, predict=f"predict: {{to: '{name}'}}")
    else:
        found = errors(tmp_path, f"{{CSVLogger: {{filename: '{name}'}}}}")
    assert [problem.code for problem in found] == ["KS434"]


@pytest.mark.parametrize("name", [".", "", "a/.."])
def test_no_callback_deletes_the_run_folder(name, tmp_path):
    assert [problem.code for problem in errors(tmp_path, f"{{BackupAndRestore: {{backup_dir: '{name}'}}}}")] == [
        "KS437"
    ]


@pytest.mark.parametrize("name", ["model.keras", "files"])
def test_a_folder_of_logs_is_none_of_the_run(name, tmp_path):
    assert "KS434" in [problem.code for problem in errors(tmp_path, f"{{TensorBoard: {{log_dir: {name}}}}}")]
    found = errors(tmp_path, "{TensorBoard: {log_dir: .}}, {CSVLogger: {filename: logs/a.csv}}, TensorBoard")
    assert "KS434" not in [problem.code for problem in found]  # KS436 where TensorBoard is not installed


def test_the_arrays_beside_the_predictions_have_their_own_names(tmp_path):
    found = errors(tmp_path, "{CSVLogger: {filename: predictions_nodes.npz}}")
    assert [problem.code for problem in found] == ["KS434"]


@pytest.mark.parametrize("name", ["../a.csv", "/tmp/a.csv", "a/../../b.csv"])
def test_files_outside_the_run_folder_are_reported_once(name, tmp_path):
    assert [problem.code for problem in errors(tmp_path, f"{{CSVLogger: {{filename: {name}}}}}")] == ["KS701"]
    assert [problem.code for problem in errors(tmp_path, predict=f"predict: {{to: {name}}}")] == ["KS701"]
