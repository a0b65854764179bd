"""Files that hold blocks for specs to include."""

import pytest

import kspec
from kspec.diagnostics import SpecError

BLOCKS = "vars: {size: 3}\nblocks:\n  pair:\n    params: [units]\n    layers:\n      - Dense: {units: $units}\n"


def told(tmp_path, text):
    (tmp_path / "blocks.yaml").write_text(text)
    return [(found.code, str(found.severity)) for found in kspec.check(tmp_path / "blocks.yaml")]


def test_a_file_to_be_included_is_told_as_one(tmp_path):
    assert told(tmp_path, BLOCKS) == [("KS102", "info")]
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
        (BLOCKS + "layer: [Dense]\n", ["KS102", "KS102", "KS101", "KS222"]),
        (BLOCKS + "fit: {epochs: 3}\n", ["KS102", "KS102", "KS102", "KS222"]),
    ],
)
def test_what_is_wrong_with_one_is_told_all_the_same(tmp_path, text, codes):
    assert sorted(code for code, _ in told(tmp_path, text)) == sorted(codes)
