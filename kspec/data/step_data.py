"""The examples that `evaluate` and `predict` use: a split, or other data with the same columns."""

from __future__ import annotations

from typing import Literal, NamedTuple

from kspec.data import Dataset, DataSplit, load_for_prediction
from kspec.data.training_data import input_specs
from kspec.diagnostics import Report, Span, codes
from kspec.ir import Graph
from kspec.language import Spec
from kspec.language.training_config import Evaluate

Step = Literal["evaluate", "predict"]
_BEST = ("test", "validation", "train")


def choose_split(said: str | None, dataset: Dataset, report: Report, span: Span | None = None) -> tuple[str, str]:
    """The split to use, and a note where it is not the one that was meant.

    Args:
        span: Where the split is named.

    Raises:
        SpecError: when it names a split that has no examples.
    """
    if said is not None:
        if said not in dataset.splits:
            report.error(
                codes.EMPTY_SPLIT,
                f"the split `{said}` has no examples",
                span,
                help=f"there is {', '.join(dataset.splits)}",
            )
            report.raise_errors()
        return said, ""
    split = next(name for name in _BEST if name in dataset.splits)
    seen = "training" if split == "train" else "validation"
    note = "" if split == "test" else f"  (there is no test split; {seen} has seen these examples)"
    return split, note


class StepExamples(NamedTuple):
    """The examples that a step uses, what they are called, and a note where they are not what was meant."""

    part: DataSplit
    name: str
    note: str


def choose_examples(
    step: Step, spec: Spec, graph: Graph, dataset: Dataset, report: Report, *, need_targets: bool
) -> StepExamples:
    """The examples of a step.

    Args:
        dataset: What is trained on.
        need_targets: Whether other data must have its targets.

    Raises:
        SpecError: when there are none.
    """
    settings: Evaluate = getattr(spec.document, step)
    if settings.data is None:
        name, note = choose_split(settings.split, dataset, report, spec.positions.value((step, "split")))
        return StepExamples(dataset.splits[name], name, note)
    part = read_step_split(step, spec, graph, dataset, report, need_targets=need_targets)
    report.raise_errors()
    assert part is not None
    return StepExamples(part, settings.data, "")


def read_step_split(
    step: Step, spec: Spec, graph: Graph, dataset: Dataset, report: Report, *, need_targets: bool
) -> DataSplit | None:
    """The examples of the other data that a step names; None with the reasons in the report."""
    return load_for_prediction(
        getattr(spec.document, step).data,
        spec,
        input_specs(spec),
        list(graph.outputs),
        dataset.labels,
        dataset.fitted,
        report,
        need_targets=need_targets,
        place=(step, "data"),
    )
