"""The live line at 80 columns."""

import io
import re

import pytest


@pytest.mark.parametrize("stage", ["", "fine tuning of the top"])
def test_the_live_line_keeps_epoch_bar_and_loss(monkeypatch, stage):
    from kspec.training.progress import ProgressBar

    class Terminal(io.StringIO):
        def isatty(self):
            return True

    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("TERM", "xterm")
    terminal = Terminal()
    bar = ProgressBar(50, 10, terminal, stage)
    bar.on_train_begin()
    bar.on_epoch_begin(2)
    bar.on_epoch_end(2, {"loss": 0.41234, "accuracy": 0.83, "auc": 0.91, "val_loss": 0.398, "val_accuracy": 0.8})
    bar.stop()
    lines = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", terminal.getvalue()).replace("\r", "\n").split("\n")
    last = [line.rstrip() for line in lines if line.strip()][-1]
    assert len(last) <= 80
    assert "epoch 3/50" in last
    assert "━" in last
    assert "loss 0.4123" in last
