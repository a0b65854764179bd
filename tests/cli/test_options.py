"""Options that several verbs share: their spellings, standard input, and what is suggested for unknown ones."""

import io
import json
import sys

import pytest

from kspec.cli import main
from kspec.cli._group import LazyGroup
from tests.cli.run_cli import run_cli
from tests.conftest import network

SPEC = network("  - Dense: {units: 3}", more="vars: {width: 3}\n")


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "spec.yaml").write_text(SPEC)
    return tmp_path


def give(monkeypatch, text):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode()), "utf-8"))


def test_version(capsys):
    assert run_cli(["-V"], capsys) == run_cli(["--version"], capsys)


@pytest.mark.parametrize("option", ["--runs", "--out"])
def test_both_spellings_of_the_runs_folder(capsys, option):
    assert run_cli(["runs", option, "elsewhere"], capsys) == "no runs in elsewhere/ yet; `kspec run SPEC` adds one\n"
    assert "no run at nothing" in run_cli(["predict", "nothing", option, "elsewhere"], capsys, 3)


@pytest.mark.parametrize(
    ("verb", "expected"),
    [("check", "<stdin>: ok (1 layer)"), ("render", "units: 3"), ("summary", "stdin: 15 parameters"),
     ("export", "flowchart"), ("diff", "no differences")],
)  # fmt: skip
def test_a_spec_on_standard_input(capsys, monkeypatch, verb, expected):
    give(monkeypatch, SPEC)
    more = {"export": ["--to", "mermaid", "-o", "-"], "diff": ["spec.yaml"]}.get(verb, [])
    assert expected in run_cli([verb, "-", *more], capsys)


def test_a_run_of_standard_input(capsys, monkeypatch, folder):
    (folder / "table.csv").write_text("x,y\n" + "1,2\n" * 10)
    text = "kspec: 1\ndata: {csv: table.csv, targets: y}\ninputs: {x: {shape: [1]}}\nlayers: [{Dense: {units: 1}}]\n"
    give(monkeypatch, text)
    shown = run_cli(["run", "-", "--set", "fit.epochs=1", "--quiet"], capsys)
    (run,) = (path for path in (folder / "runs" / "stdin").iterdir() if path.name != "latest")
    assert run.name in shown
    assert (run / "spec.yaml").read_text() == text


def test_a_model_on_standard_input(capsys, monkeypatch):
    give(monkeypatch, SPEC)
    exported = run_cli(["export", "-", "--to", "json", "-o", "-"], capsys)
    give(monkeypatch, exported)
    assert "units: 3" in run_cli(["import", "-", "-o", "-"], capsys)
    give(monkeypatch, exported)
    assert "the JSON on standard input has no weights" in run_cli(["import", "-", "--weights"], capsys, 2)
    give(monkeypatch, SPEC)
    assert "neither a `.keras` file nor JSON" in run_cli(["import", "-", "-o", "-"], capsys, 1)


def test_a_problem_on_standard_input_has_a_place(capsys, monkeypatch):
    give(monkeypatch, SPEC.replace("units", "unit"))
    assert main(["check", "-"]) == 1
    assert "<stdin>:4:" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["run", "spec.yaml", "--epochs", "5"], "--set fit.epochs=5"),
        (["run", "spec.yaml", "--batch-size=8"], "--set fit.batch_size=8"),
        (["check", "spec.yaml", "--loss"], "--set compile.loss=…"),
        (["summary", "spec.yaml", "--width", "9"], "--set vars.width=9"),
    ],
)
def test_a_setting_that_is_no_option(capsys, words, expected):
    assert f"to override a value of the spec: {expected}\n" in run_cli(words, capsys, 2)


def test_an_unknown_option_that_is_no_setting(capsys):
    assert "--set" not in run_cli(["predict", "mlp", "--epochs", "5"], capsys, 2)
    assert "Did you mean '--engine'" in run_cli(["run", "spec.yaml", "--engin", "keras"], capsys, 2)


def test_an_override_without_a_value(capsys):
    assert main(["check", "spec.yaml", "--set", "name="]) == 1
    assert "`name` has no value after `=`" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("kspec expl", "explain"),
        ("kspec export spec.yaml --to onn", "onnx"),
        ("kspec layers Dens", "Dense"),
        ("kspec explain KS42", "KS423"),
        ("kspec init --template cn", "cnn"),
        ("kspec evaluate ml", "mlp"),
        ("kspec predict --runs elsewhere oth", "other"),
    ],
)
def test_shells_complete_names(capsys, monkeypatch, folder, words, expected):
    for run in ("runs/mlp/20260101-000000-1", "elsewhere/other/20260101-000000-1"):
        (folder / run).mkdir(parents=True)
    monkeypatch.setenv("_KSPEC_COMPLETE", "bash_complete")
    monkeypatch.setenv("COMP_WORDS", words)
    monkeypatch.setenv("COMP_CWORD", str(len(words.split()) - 1))
    with pytest.raises(SystemExit):
        main([])
    assert f"plain,{expected}" in capsys.readouterr().out.split()


@pytest.mark.parametrize("verb", [*LazyGroup().list_commands(None), ""])
def test_help_fits_80_columns(capsys, monkeypatch, verb):
    monkeypatch.setenv("COLUMNS", "80")
    assert [
        line for line in run_cli([*([verb] if verb else []), "--help"], capsys).splitlines() if len(line) > 80
    ] == []


def test_tables_fit_80_columns(capsys, monkeypatch, folder):
    for number in (1, 2):
        run = folder / f"runs/a_long_name_of_a_spec/20260101-000000-{number}"
        run.mkdir(parents=True)
        facts = {"split": "test", "loss": 0.123456, "accuracy": 0.9, "precision": 0.8, "recall": 0.7}
        (run / "metrics.json").write_text(json.dumps({"evaluate": facts}))
        record = {"status": "finished" if number == 1 else "failed", "seconds": 9.0, "epochs": 10}
        (run / "run.json").write_text(json.dumps({**record, "message": "a reason " * 6}))
    layers = "\n".join(f"  - Dense: {{units: 3}}\n    name: a_layer_with_a_long_name_{n}" for n in range(3))
    (folder / "long.yaml").write_text(
        network(f"{layers}\n  - Add:\n    from: [a_layer_with_a_long_name_0, a_layer_with_a_long_name_2]")
    )
    for words in (["runs"], ["runs", "--best", "recall"], ["summary", "long.yaml"]):
        monkeypatch.setenv("COLUMNS", "80")
        narrow = run_cli(words, capsys).splitlines()
        assert max(map(len, narrow)) <= 80
        monkeypatch.delenv("COLUMNS")
        assert max(map(len, run_cli(words, capsys).splitlines())) > 80  # nothing is cut in a file or a pipe
        assert any(word in line for line in narrow for word in ("loss", "recall", "a_layer"))
