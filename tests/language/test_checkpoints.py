"""`fit.checkpoint`."""

import pytest

from kspec.diagnostics import Source, SpecError
from kspec.language.checkpoints import Interval, read_interval
from kspec.language.load import load_file

SPEC = (
    "kspec: 1\nname: small\ninputs: {{x: {{shape: [2]}}}}\nlayers: [{{Dense: {{units: 1}}}}]\nfit: {{checkpoint: {}}}\n"
)


def checkpoint(text):
    return load_file(Source("spec.yaml", SPEC.format(text))).document.fit.checkpoint


def test_intervals():
    assert checkpoint("{every: 500 steps, keep: 3}").interval == Interval(500, "step")
    assert checkpoint("{every: 1 epoch}").interval == Interval(1, "epoch")
    assert checkpoint("{every: 1.5 min}").interval == Interval(90.0, "second")
    assert (checkpoint("{}").interval, checkpoint("{}").keep, checkpoint("false")) == (None, 2, False)
    assert [read_interval(text) for text in ("0 steps", "1.5 epochs", "epoch", "-1 steps", "")] == [None] * 5


@pytest.mark.parametrize(
    ("text", "message", "help"),
    [
        ("true", "must be a mapping or false", "write `checkpoint: {every: 1 epoch}`"),
        ("10 min", "must be a mapping or false", "write `checkpoint: {every: 10 min}`"),
        ("{every: 500}", "`every` must be a number with its unit, not", "`500 steps`"),
        ("{every: 3 batches}", "`3 batches` is no number of epochs or steps", "write `1 epoch`, `500 steps`"),
        ("{keep: 0}", "keep", ""),
    ],
)
def test_what_is_no_interval(text, message, help):
    with pytest.raises(SpecError) as refused:
        checkpoint(text)
    (error,) = refused.value.diagnostics
    assert message in error.message
    assert help in (error.help or "")
