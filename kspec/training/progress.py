"""Callbacks: progress as a bar (terminals, notebooks) or a line for each epoch; and one that checks Ctrl-C."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, TextIO

import keras

from kspec.training.console import Console
from kspec.training.interrupt import Interrupt
from kspec.training.metrics import format_metrics


class EpochLines(keras.callbacks.Callback):
    """Prints a line for each epoch: `epoch 3/50  loss 0.412  accuracy 0.83  val_loss 0.398  0.2 s`.

    Args:
        console: Where to print.
        epochs: How many there are in all stages.
        stage: The stage's name, printed before the epoch; empty if the spec has no stages.
    """

    def __init__(self, console: Console, epochs: int, stage: str = "") -> None:
        super().__init__()
        self.stage = f"{stage}  " if stage else ""
        self.console = console
        self.epochs = epochs
        self.started = 0.0

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:  # noqa: ARG002
        self.started = time.perf_counter()

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        seconds = time.perf_counter() - self.started
        width = len(str(self.epochs))
        number = f"epoch {epoch + 1:>{width}}/{self.epochs}"
        self.console.step("fit", f"{self.stage}{number}  {format_metrics(logs or {})}  {seconds:.2f} s")


BAR_WIDTH = 24


class ProgressBar(keras.callbacks.Callback):
    """Shows one bar over all epochs, with the latest losses and metrics and the time left.

    Args:
        epochs: How many there are in all stages.
        steps: Batches in an epoch.
        stream: A terminal, or the output of a notebook's cell.
        stage: The stage's name, shown before the bar; empty if the spec has no stages.
    """

    only_watches = True
    """It changes nothing, so the engine is free to choose the steps at which to call it."""

    def __init__(self, epochs: int, steps: int, stream: TextIO, stage: str = "") -> None:
        super().__init__()
        import rich.console
        from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
        from rich.table import Column

        self.stage = f"{stage}  " if stage else ""
        self.epochs = epochs
        self.steps = steps
        self.epoch = 0
        self.step = 0
        self.drawn = 0.0
        self.metrics = ""
        self.bar = Progress(
            TextColumn(f"fit       {self.stage}epoch {{task.fields[epoch]}}", table_column=Column(no_wrap=True)),
            BarColumn(bar_width=BAR_WIDTH),
            TimeRemainingColumn(),
            TextColumn("{task.fields[metrics]}", table_column=Column(no_wrap=True)),
            refresh_per_second=8,
            console=rich.console.Console(file=stream),
        )
        self.task = self.bar.add_task("fit", total=epochs * steps, epoch=f"1/{epochs}", metrics="")

    def on_train_begin(self, logs: Any = None) -> None:  # noqa: ARG002
        self.bar.start()

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:  # noqa: ARG002
        self.epoch, self.step = epoch, 0

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        self.step = min(batch + 1, self.steps)
        if not self.metrics and logs:
            self.metrics = format_metrics(logs)
        now = time.perf_counter()
        if now - self.drawn > 0.1:
            self.drawn = now
            self._draw()

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:  # noqa: ARG002
        self.metrics = format_metrics(logs or {})
        self.step = self.steps
        self._draw()

    def on_train_end(self, logs: Any = None) -> None:  # noqa: ARG002
        self.stop()

    def stop(self) -> None:
        """Draws the bar as it stands, which a notebook does not do by itself, and restores the terminal."""
        self.bar.refresh()
        self.bar.stop()

    def _draw(self) -> None:
        done = self.epoch * self.steps + self.step
        epoch = f"{self.epoch + 1}/{self.epochs}"
        taken = len(f"fit       {self.stage}epoch {epoch}") + BAR_WIDTH + len("0:00:00") + 3
        metrics = fitting(self.metrics, self.bar.console.width - taken)
        self.bar.update(self.task, completed=done, epoch=epoch, metrics=metrics)


def fitting(metrics: str, width: int) -> str:
    """As many of the metrics as fit a width, the first of them always.

    >>> fitting("loss 0.41  accuracy 0.83  val_loss 0.4", 26)
    'loss 0.41  accuracy 0.83'
    """
    first, *others = metrics.split("  ")
    text = first
    for metric in others:
        if len(text) + 2 + len(metric) > width:
            break
        text += f"  {metric}"
    return text


class OnEpochEnd(keras.callbacks.Callback):
    """Calls a function with the epoch, from 0, and its losses and metrics."""

    def __init__(self, end: Callable[[int, dict[str, float]], None]) -> None:
        super().__init__()
        self.end = end

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        self.end(epoch, {name: float(value) for name, value in (logs or {}).items()})


class InterruptCallback(keras.callbacks.Callback):
    """Stops training after Ctrl-C, if the KeyboardInterrupt was lost."""

    only_watches = True

    def __init__(self, interrupt: Interrupt) -> None:
        super().__init__()
        self.interrupt = interrupt

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:  # noqa: ARG002
        self.interrupt.check()

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:  # noqa: ARG002
        self.interrupt.check()
