"""`kspec explain`, `kspec layers`, `kspec schema`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from kspec import catalog
from kspec.cli import main
from kspec.diagnostics import explain


def out(words: list[str], capsys: pytest.CaptureFixture[str], status: int = 0) -> str:
    assert main(words) == status
    caught = capsys.readouterr()
    return caught.out if status == 0 else caught.err


@pytest.mark.parametrize("code", ["KS201", "ks201", "201", "unknown-node"])
def test_explain_accepts_a_code_a_number_or_a_name(code: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert out(["explain", code], capsys) == explain.page("KS201")


def test_explain_uses_colour_on_a_terminal(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    text = out(["explain", "KS201"], capsys)
    assert "\x1b[" in text
    assert "Fix" in text


def test_explain_lists_all_codes(capsys: pytest.CaptureFixture[str]) -> None:
    lines = out(["explain"], capsys).splitlines()
    assert [line[:5] for line in lines] == explain.codes()
    assert "KS201  Unknown node" in lines


def test_explain_lists_a_family(capsys: pytest.CaptureFixture[str]) -> None:
    lines = out(["explain", "ks7"], capsys).splitlines()
    assert [line[:5] for line in lines] == [code for code in explain.codes() if code.startswith("KS7")]


@pytest.mark.parametrize(("code", "message"), [("KS2011", "did you mean KS2"), ("hello", "`kspec explain` lists all")])
def test_explain_suggests_a_code(code: str, message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert message in out(["explain", code], capsys, status=2)


@pytest.mark.parametrize("kind", catalog.KINDS)
def test_layers_lists_every_kind(
    kind: catalog.Kind, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    text = out(["layers", "--kind", kind], capsys)
    assert set(catalog.names(kind)) <= set(text.split())
    assert all(len(line) <= 80 for line in text.splitlines()[:-1])
    output = json.loads(out(["layers", "--kind", kind, "--format", "json"], capsys))
    assert [item["name"] for item in output["names"]] == list(catalog.names(kind))


def test_layers_shows_arguments_and_an_example(capsys: pytest.CaptureFixture[str]) -> None:
    text = out(["layers", "Dense"], capsys)
    for part in ("Dense(units, activation=null", "a positive integer; required", "- Dense: {units: 64}", "training"):
        assert part in text


def test_layers_finds_other_kinds_and_aliases(capsys: pytest.CaptureFixture[str]) -> None:
    assert out(["layers", "adam"], capsys).startswith("Adam: optimizer")
    assert "--kind metric" in out(["layers", "BinaryCrossentropy"], capsys)
    assert out(["layers", "BinaryCrossentropy", "--kind", "metric"], capsys).startswith("BinaryCrossentropy: metric")
    assert "Not available in a spec" in out(["layers", "Lambda"], capsys)
    assert out(["layers", "accuracy"], capsys).startswith("accuracy: metric\n")


def test_layers_in_json(capsys: pytest.CaptureFixture[str]) -> None:
    output = json.loads(out(["layers", "Dropout", "--format", "json"], capsys))
    assert output["kind"] == "layer"
    rate = output["arguments"][0]
    assert (rate["name"], rate["required"], "default" in rate) == ("rate", True, False)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["Dens"], "did you mean `Dense` (layer)?"),
        (["adamm"], "(optimizer)"),
        (["Adm", "--kind", "optimizer"], "`Adam`"),
    ],
)
def test_layers_suggests_a_name(words: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert message in out(["layers", *words], capsys, status=2)


def test_schema_is_printed_or_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "kspec.schema.json"
    shown = out(["schema"], capsys)
    assert out(["schema", "--out", str(file)], capsys) == ""
    assert file.read_text(encoding="utf-8") == shown
    assert json.loads(shown)["title"] == "kspec model spec"
