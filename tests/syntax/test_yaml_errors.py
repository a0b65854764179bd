"""YAML mistakes are explained in terms of what the user wrote."""

import pytest

from kspec.diagnostics import Report, Source
from kspec.syntax import parse


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("layers:\n\t- Dense", "YAML does not allow tabs for indentation"),
        ("fit: {epochs: ${n}}", "an expression inside `{}` or `[]` must be quoted"),
        ("inputs: [*.csv]", "text that begins with `*` must be quoted: in YAML, `*name` is an alias"),
        ("layers:\n  - Dense\n      units: 3", "missing `:` after `Dense`"),
        ("layers:\n  -Dense: {units: 3}\n  - Flatten", "missing space after `-`"),
        ("layers:\n  - Dense:{units: 3}", "missing space after `Dense:`"),
        ("layers:\n  - Dense {units: 3}", "missing `:` after `Dense`"),
        ("layers:\n  - Dense: units: 3, activation: relu", "the keys of `Dense` must be in braces, or on lines of their own below it"),
        ("fit:\n  epochs:3\n  batch_size: 4", "missing space after `:`"),
        ("description: note: here", "unexpected `:` in a value"),
        ("fit:\n  epochs 3\n  batch_size: 4", "missing `:` after `epochs`"),
        ("fit:\n  batch_size: 4\n  epochs 3  # three\n\n  # and\nseed: 1", "missing `:` after `epochs`"),
        ("compile:\n  optimizer adam\n  # a note\n\n  loss: mse", "missing `:` after `optimizer`"),
        ("a\nb: 4", "unexpected `:`; does the line above lack a `- ` or a `:`?"),
        ("fit: {epochs: 3}}", "unmatched `}`"),
        ("fit: {epochs: 3}\n seed: 4", "the indentation of this line does not match the lines above"),
        ("layers:\n  - Dense\n  Flatten: {}", "this line is neither a list item (`- `) nor indented below one"),
        ("fit: [1,\nseed: 4", "missing `,` or closing bracket before this"),
        ("name: 'x\nseed: 4", "unclosed quote"),
        ("name: @x", "a value cannot start with `@`"),
        ("name: \x01", "the character U+0001 is not allowed in a spec"),
    ],
)  # fmt: skip
def test_messages(text, message):
    report = Report()
    parse(Source("spec.yaml", text), report)
    assert [diagnostic.message for diagnostic in report] == [message]
