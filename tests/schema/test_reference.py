"""The reference of the catalog: every example is valid, and every type and default has a text."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import kspec
from kspec import catalog
from kspec.diagnostics import Report, Source
from kspec.schema.reference import as_plain, example, kinds_of, signature
from kspec.syntax import parse
from kspec.syntax.yaml_flow import to_yaml

ENTRIES = [entry for kind in catalog.KINDS for name in catalog.names(kind) if (entry := catalog.find(kind, name))]
ARGUMENT_CODES = {f"KS{number}" for number in (105, 106, 108, 110, 111, 112, 113, 201, 204, 205, 206, 216)}
INPUTS = "".join(f"  {letter}: {{shape: [4]}}\n" for letter in "abcdefgh")


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: f"{entry.kind}.{entry.name}")
def test_example_is_valid(entry: catalog.Entry, tmp_path: Path) -> None:
    text = example(entry)
    layers, rest = "- Dense: {units: 1}", text
    if text.startswith("- "):
        layers, rest = text if "from:" in text or entry.tensors == () else f"{text}\n  from: a", ""
    spec = tmp_path / "spec.yaml"
    first = "" if "from:" in layers else "\n  from: a"
    spec.write_text(f"kspec: 1\ninputs:\n{INPUTS}layers:\n{layers}{first if first not in layers else ''}\n{rest}\n")
    found = [problem for problem in kspec.check(spec, allow_network=True) if problem.code in ARGUMENT_CODES]
    assert found == [], text


@pytest.mark.parametrize("kind", catalog.KINDS)
def test_entries_have_a_json_form(kind: catalog.Kind) -> None:
    for name in (*catalog.names(kind), *catalog.refused(kind)):
        entry = catalog.find(kind, name)
        assert entry is not None
        json.dumps(as_plain(entry))
        assert signature(entry).startswith(f"{name}(")


PLAIN = [None, True, 1, 1e-07, 0.001, "relu", "a: b", "true", "1e-3", "", " x", "null", "ä#ö"]


@pytest.mark.parametrize("value", [*PLAIN, [1, [None]], {"A": {"b": "c d"}}], ids=str)
def test_inline_values_are_read_back(value: Any) -> None:
    tree = parse(Source("x", to_yaml(value)), Report())
    assert tree is not None
    assert tree.value == value


def test_kinds_of_a_name() -> None:
    assert kinds_of("relu") == ["op", "activation"]
    assert kinds_of("nothing") == []
