"""Comments that `kspec render` adds beside values."""

from __future__ import annotations

import pytest

from kspec.diagnostics import Path, Source
from kspec.rewrite.annotate import annotated


@pytest.mark.parametrize(
    ("text", "notes", "expected"),
    [
        ("seed: 0\n", {("seed",): "default"}, "seed: 0  # default\n"),
        ("seed: 0  # mine\n", {("seed",): "default"}, "seed: 0  # mine; default\n"),
        ("fit: {epochs: 1, verbose: 2}\n", {("fit", "epochs"): "--set"}, "fit: {epochs: 1, verbose: 2}  # epochs: --set\n"),
        (
            "fit: {epochs: 1, verbose: 2}\n",
            {("fit", "epochs"): "default", ("fit", "verbose"): "default"},
            "fit: {epochs: 1, verbose: 2}  # epochs, verbose: default\n",
        ),
        ("seed: 0\n", {("name",): "default", ("seed",): ""}, "seed: 0\n"),
        ("seed: [\n", {("seed",): "default"}, "seed: [\n"),
    ],
)  # fmt: skip
def test_each_note_becomes_a_comment_on_the_line_of_its_value(text: str, notes: dict[Path, str], expected: str) -> None:
    assert annotated(Source("spec.yaml", text), notes) == expected


def test_lines_within_a_text_get_no_comment() -> None:
    text = 'description: "a\n  b"\nseed: 0\n'
    notes: dict[Path, str] = {("description",): "included", ("seed",): "default"}
    assert annotated(Source("spec.yaml", text), notes) == 'description: "a\n  b"\nseed: 0  # default\n'
