"""`kspec layers`."""

from __future__ import annotations

import json

import pytest

from kspec import catalog
from tests.cli.run_cli import run_cli


@pytest.mark.parametrize("kind", catalog.KINDS)
def test_layers_lists_every_kind(
    kind: catalog.Kind, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    text = run_cli(["layers", "--kind", kind], capsys)
    assert set(catalog.names(kind)) <= set(text.split())
    assert all(len(line) <= 80 for line in text.splitlines()[:-1])
    output = json.loads(run_cli(["layers", "--kind", kind, "--format", "json"], capsys))
    assert [item["name"] for item in output["names"]] == list(catalog.names(kind))


def test_layers_shows_arguments_and_an_example(capsys: pytest.CaptureFixture[str]) -> None:
    text = run_cli(["layers", "Dense"], capsys)
    for part in ("Dense(units, activation=null", "a positive integer; required", "- Dense: {units: 64}", "training"):
        assert part in text


def test_layers_finds_other_kinds_and_aliases(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_cli(["layers", "adam"], capsys).startswith("Adam: optimizer")
    assert "--kind metric" in run_cli(["layers", "BinaryCrossentropy"], capsys)
    assert run_cli(["layers", "BinaryCrossentropy", "--kind", "metric"], capsys).startswith(
        "BinaryCrossentropy: metric"
    )
    assert "Not available in a spec" in run_cli(["layers", "Lambda"], capsys)
    assert run_cli(["layers", "accuracy"], capsys).startswith("accuracy: metric\n")


def test_layers_in_json(capsys: pytest.CaptureFixture[str]) -> None:
    output = json.loads(run_cli(["layers", "Dropout", "--format", "json"], capsys))
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
    assert message in run_cli(["layers", *words], capsys, status=2)
