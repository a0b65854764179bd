"""`kspec runs`: filters, columns, formats, verbs. No TensorFlow."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
from click.shell_completion import ShellComplete

import kspec
from kspec.cli import main
from kspec.cli._group import group
from tests.cli.run_cli import run_cli
from tests.runs.test_run_index import make


@pytest.fixture(autouse=True)
def three(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)
    monkeypatch.chdir(tmp_path)
    for number, width in enumerate((8, 16, None)):
        variables = {} if width is None else {"vars": {"width": width}}
        make("runs", "rm", f"2026010{number + 1}-120000-1", {"loss": 0.3 - number / 10}, **variables)
    Path("runs/rm/20260101-120000-1/tags.json").write_text('{"tags": ["good", "paper"], "note": "a, b"}')


def listed(words: list[str], capsys: pytest.CaptureFixture[str]) -> list[str]:
    """The days of the runs in a JSON list."""
    runs = json.loads(run_cli(["runs", *words, "--format", "json"], capsys))["runs"]
    return [run["run"].rpartition("/")[2][6:8] for run in runs]


def test_filters_and_orders(capsys: pytest.CaptureFixture[str]) -> None:
    assert listed(["--where", "vars.width > 8 or 'good' in tags"], capsys) == ["02", "01"]
    assert listed(["--sort", "metrics.loss"], capsys) == ["03", "02", "01"]
    assert listed(["--sort", "-vars.width"], capsys) == ["02", "01", "03"]  # without a value, last
    assert listed(["--sort", "vars.width", "--sort", "-started"], capsys) == ["01", "02", "03"]
    assert listed(["--best", "loss", "--where", "metrics.loss < 0.25"], capsys) == ["03", "02"]
    assert run_cli(["runs", "--where", "epochs > 99"], capsys) == "none of 3 runs matches\n"
    (run,) = kspec.list_runs(where="vars.width == 8")
    assert str(run.folder).endswith("20260101-120000-1")
    assert "good paper" in kspec.list_runs()._repr_html_()
    with pytest.raises(ValueError, match="unknown fact `widht`"):
        kspec.list_runs(where="widht == 8")


def test_columns_in_each_format(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["runs", "--columns", "name,metrics.loss,vars.width", "--columns", "started,tags", "--sort", "started"]
    lines = run_cli(words, capsys).splitlines()
    assert lines[0].split() == ["name", "metrics.loss", "vars.width", "started", "tags"]
    assert lines[1].split()[:3] == ["rm", "0.3", "8"]
    assert lines[1].endswith("good, paper")
    first, *_ = json.loads(run_cli([*words, "--format", "json"], capsys))["runs"]
    assert first["tags"] == ["good", "paper"]
    assert first["metrics.loss"] == 0.3
    assert first["started"].startswith("2026-01-01T")
    rows = list(csv.DictReader(io.StringIO(run_cli(["runs", "--format", "csv"], capsys))))
    assert [row["vars.width"] for row in rows] == ["", "16", "8"]
    assert (rows[2]["tags"], rows[2]["note"]) == ("good paper", "a, b")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--where", "metrics.los < 1"], "did you mean `metrics.loss`?\n  metrics.los < 1\n  ^^^^^^^^^^^\n"),
        (["--columns", "loss"], "--columns: unknown fact `loss`; did you mean `metrics.loss`?"),
        (["--sort", "-losss"], "--sort: unknown fact `losss`"),
        (["--sort", "started", "--best", "loss"], "omit --sort"),
        (["rm", "x", "y"], "no run at x"),
        (["rm", "x", "--name", "rm"], "name runs, or select them"),
        (["rm"], "name runs, or select them"),
        (["--runs", "runs", "gc"], "the verb comes first: `kspec runs gc --runs runs`"),
        (["x", "--name", "rm"], "omit one"),
        (["tga"], "no runs of a spec named tga"),
    ],
)
def test_wrong_use(words: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["runs", *words]) in (2, 3)
    assert message in capsys.readouterr().err


def test_what_runs_hold_controls_no_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    hostile = "\x1b[2J\u202e\n"
    make(
        "runs",
        f"x{hostile}",
        "20260104-120000-1",
        {f"m{hostile}": 1.0},
        message=hostile,
        overrides=[hostile],
        vars={"v": hostile},
    )
    for words in (
        ["runs"],
        ["runs", "--columns", "run,vars.v,message,overrides"],
        ["runs", "rm", "--where", "vars.v != 'y'", "--yes"],
    ):
        assert main(words) == 0
        caught = capsys.readouterr()
        assert "\x1b" not in caught.out + caught.err
        assert "\\x1b[2J\\u202e" in caught.out + caught.err


def test_a_spec_may_have_the_name_of_a_verb(capsys: pytest.CaptureFixture[str]) -> None:
    assert len(listed(["--name", "rm"], capsys)) == 3
    assert len(listed(["--runs", "runs", "rm"], capsys)) == 3  # options come first: it is no verb


def test_the_help_lists_the_verbs(capsys: pytest.CaptureFixture[str]) -> None:
    text = run_cli(["runs", "--help"], capsys)
    assert "Usage: kspec runs [OPTIONS] [NAME]" in text
    for verb in ("tag", "note", "rm", "gc"):
        assert f"  {verb} " in text.partition("Commands:")[2]
        own = run_cli(["runs", verb, "--help"], capsys)
        assert f"Usage: kspec runs {verb}" in own
        assert f"  kspec runs {verb}" in own.partition("Examples:")[2]


def completed(*words: str) -> set[str]:
    complete = ShellComplete(group, {}, "kspec", "_KSPEC_COMPLETE")
    return {item.value for item in complete.get_completions(list(words[:-1]), words[-1])}


def test_shells_complete_names_verbs_facts_and_tags() -> None:
    assert completed("runs", "") == {"rm", "tag", "note", "gc"}
    assert completed("runs", "--columns", "name,metrics.") == {"name,metrics.loss"}
    assert completed("runs", "--sort", "vars") == {"vars.width"}
    assert completed("runs", "tag", "rm", "pa") == {"paper"}
