"""Step 4, evaluate: the loss and metrics on examples that training has not seen."""

from __future__ import annotations

from kspec.data import Dataset
from kspec.data.pipeline import Batches
from kspec.diagnostics import Report, Span
from kspec.lifecycle.engine import Engine

_BEST = ("test", "validation", "train")


def choose_split(said: str | None, dataset: Dataset, report: Report, span: Span | None = None) -> tuple[str, str]:
    """The split to use, and a note where it is not the one that was meant.

    Args:
        span: Where the split is named.

    Raises:
        SpecError: when it names a split that has no examples.
    """
    if said is not None:
        if said not in dataset.parts:
            report.error(
                "KS506", f"the split `{said}` has no examples", span, help=f"there is {', '.join(dataset.parts)}"
            )
            report.raise_errors()
        return said, ""
    split = next(name for name in _BEST if name in dataset.parts)
    seen = "training" if split == "train" else "validation"
    note = "" if split == "test" else f"  (there is no test split; {seen} has seen these examples)"
    return split, note


def evaluate(engine: Engine, batches: Batches, steps: int | None = None) -> dict[str, float]:
    """Losses and metrics, by name."""
    from kspec.lifecycle.progress import ordered

    return ordered(engine.evaluate(batches, steps))
