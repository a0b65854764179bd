"""What a spec asks of an evaluation beside its metrics: their intervals, and those of slices."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from kspec.data.pipeline import Batches
from kspec.language import Spec
from kspec.training.engine import Engine
from kspec.training.slices import Slices, evaluate_slices, slice_lines


class Details(NamedTuple):
    """Details of an evaluation.

    Args:
        intervals: By metric, its 95% interval; empty unless the spec asks for it.
        slices: By expression, the metrics for each of its values.
    """

    intervals: dict[str, tuple[float, float]]
    slices: Slices

    def lines(self, metrics: Mapping[str, float]) -> Iterator[tuple[str, str]]:
        """The lines that a run prints, each with the name of its step.

        Args:
            metrics: The metrics of the evaluation.
        """
        if self.intervals:
            from kspec.training.intervals import interval_text

            yield "evaluate", f", 95% intervals: {interval_text(self.intervals, metrics)}"
        for line in slice_lines(self.slices):
            yield "slices", line


def evaluate_in_detail(
    spec: Spec, model: Any, engine: Engine, examples: Batches, slices: Mapping[str, Any], metrics: Mapping[str, float]
) -> Details:
    """Computes the details that a spec asks for.

    Args:
        spec: The spec.
        model: The compiled model, which has been evaluated.
        engine: Runs it.
        examples: The examples of that evaluation.
        slices: By expression, its value for each example.
        metrics: The metrics of the evaluation.
    """
    intervals: dict[str, tuple[float, float]] = {}
    if spec.document.evaluate.intervals:
        from kspec.training.intervals import intervals_of

        intervals = intervals_of(model, examples, metrics, spec.document.seed)
    return Details(intervals, evaluate_slices(engine, model, examples, slices, metrics))
