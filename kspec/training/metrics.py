"""Losses and metrics by name: their order, and their text on one line."""

from __future__ import annotations

from collections.abc import Mapping


def sort_metrics(metrics: Mapping[str, float]) -> dict[str, float]:
    """Sorts metrics by name, the loss first and those of validation last, whichever engine computed them."""

    def rank(name: str) -> tuple[bool, bool, str]:
        return name.startswith("val_"), name.removeprefix("val_") != "loss", name

    return {name: metrics[name] for name in sorted(metrics, key=rank)}


def format_metrics(metrics: Mapping[str, float]) -> str:
    """Metrics on one line: `loss 0.412  accuracy 0.83  val_loss 0.398`."""
    return "  ".join(f"{name} {float(value):.4g}" for name, value in sort_metrics(metrics).items())
