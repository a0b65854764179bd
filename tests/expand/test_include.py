"""`include`: shared definitions, and files that hold only those."""

import pytest

import kspec
from kspec.compiler.passes import analyse
from kspec.diagnostics import Report, SpecError
from kspec.rewrite.render import render

BLOCKS = "vars: {size: 3}\nblocks:\n  pair:\n    params: [units]\n    layers:\n      - Dense: {units: $units}\n"


def check(tmp_path, text):
    (tmp_path / "blocks.yaml").write_text(text)
    return [(problem.code, str(problem.severity)) for problem in kspec.check(tmp_path / "blocks.yaml")]


def test_a_file_of_blocks_is_checked_but_is_not_a_spec(tmp_path):
    assert check(tmp_path, BLOCKS) == [("KS102", "info")]
    with pytest.raises(SpecError, match="is not a spec: it has neither `inputs` nor `layers`"):
        kspec.load(tmp_path / "blocks.yaml")


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        (BLOCKS.replace("params: [units]", "params: [units, 3]"), ["KS103"]),
        (BLOCKS.replace("params: [units]", "params: [units, more]"), ["KS224", "KS102"]),
        (
            BLOCKS + "models:\n  base:\n    inputs: {x: {shape: [3]}}\n    layers: [{Dense: {units: 3}, nam: a}]\n",
            ["KS104"],
        ),
        (BLOCKS + "layer: [Dense]\n", ["KS102", "KS102", "KS101"]),
        (BLOCKS + "fit: {epochs: 3}\n", ["KS102", "KS102", "KS102"]),
    ],
)
def test_a_file_of_blocks_is_fully_checked(tmp_path, text, codes):
    assert sorted(code for code, _ in check(tmp_path, text)) == sorted(codes)


def test_included_definitions_and_their_errors(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / "base.yaml").write_text("vars: {width: 3, depth: 1}\n")
    (tmp_path / "lib" / "blocks.yaml").write_text(
        "include: base.yaml\nblocks:\n  mlp:\n    layers:\n      - Dense: {units: $width}\n        repeat: $depth\n  other: {layers: [Flatten]}\n"
    )
    spec = tmp_path / "spec.yaml"
    spec.write_text(
        "kspec: 1\ntask: regression\ninclude: [lib/blocks.yaml]\nvars: {depth: 2}\ninputs: {x: {shape: [4]}}\nlayers:\n  - block: mlp\n"
    )
    assert kspec.check(spec) == []
    loaded = kspec.load(spec, ["vars.width=5"])
    assert [entry.arguments for entry in loaded.document.layers] == [{"units": 5}] * 2
    rendered = render(kspec.load(spec), analyse(kspec.load(spec), Report()))
    assert "# default" in rendered  # keeps the layout of the user's text
    assert "other" not in rendered  # it is unused
    (tmp_path / "alone.yaml").write_text(rendered)
    assert kspec.check("alone.yaml") == []
    assert kspec.load("alone.yaml").document.layers == kspec.load(spec).document.layers
    (tmp_path / "lib" / "base.yaml").rename(tmp_path / "away.yaml")
    spec.write_text(spec.read_text() + "  - block: gone\n  - Dense: {units: $gone}\n")
    assert [d.code for d in kspec.check(spec)] == ["KS223"]  # the missing file may define the unknown names
    spec.write_text(spec.read_text().partition("  - block: gone")[0])
    (tmp_path / "lib" / "base.yaml").write_text("include: blocks.yaml\nvars: {width: 3}\n")
    assert [(d.code, d.span.source.name) for d in kspec.check(spec)] == [("KS223", "lib/base.yaml")]
    (tmp_path / "lib" / "base.yaml").write_text("layers: []\nvars: {width: 3}\n")
    assert [(d.code, d.span.source.name) for d in kspec.check(spec)] == [("KS223", "lib/base.yaml")]
