"""Options that several verbs share: their spellings, standard input, and what is suggested for unknown ones."""

import io
import sys

import pytest

from kspec.cli import main
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
