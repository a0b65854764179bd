"""The examples of `evaluate` and `predict`: a split, or other data with the same columns."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple

from kspec.data import Dataset, DataSplit, load_for_prediction
from kspec.data.index_check import ValueCheck
from kspec.data.network_specs import input_specs
from kspec.data.targets.encoding import TargetEncoding
from kspec.diagnostics import Report, Span, codes
from kspec.ir import Graph
from kspec.language import Spec
from kspec.language.training_config import Evaluate

Step = Literal["evaluate", "predict"]
STEPS: tuple[Step, ...] = ("evaluate", "predict")
_PREFERRED = ("test", "validation", "train")


def choose_split(name: str | None, dataset: Dataset, report: Report, span: Span | None = None) -> tuple[str, str]:
    """Chooses the split of a step: the one it names, else test, validation or train.

    Args:
        name: The split that the spec names; None if it names none.
        dataset: The training data.
        report: Receives an error if the split is empty.
        span: Where the split is named.

    Returns:
        The name of the split, and a note if it is not independent of the training.

    Raises:
        SpecError: If the split is empty.
    """
    if name is not None:
        if name not in dataset.splits:
            message = f"the split `{name}` has no examples"
            report.error(codes.EMPTY_SPLIT, message, span, help=f"available splits: {', '.join(dataset.splits)}")
            report.raise_errors()
        return name, ""
    split = next(name for name in _PREFERRED if name in dataset.splits)
    use = "training" if split == "train" else "validation"
    note = "" if split == "test" else f"  (no test split; these examples were used in {use})"
    return split, note


class StepExamples(NamedTuple):
    """The examples of a step, their name, and a note if they are not independent of the training."""

    split: DataSplit
    name: str
    note: str


def choose_examples(
    step: Step,
    spec: Spec,
    graph: Graph,
    dataset: Dataset,
    encodings: Mapping[str, TargetEncoding],
    report: Report,
    *,
    need_targets: bool,
) -> StepExamples:
    """Chooses or reads the examples of a step.

    Args:
        step: The step.
        spec: The spec.
        graph: Its graph.
        dataset: The training data.
        encodings: By output, the encoding of its target.
        report: Receives every problem.
        need_targets: Whether other data must have targets.

    Raises:
        SpecError: If there are no examples.
    """
    settings: Evaluate = getattr(spec.document, step)
    if settings.data is None:
        name, note = choose_split(settings.split, dataset, report, spec.positions.value((step, "split")))
        return StepExamples(dataset.splits[name], name, note)
    split = read_step_split(step, spec, graph, dataset, encodings, report, need_targets=need_targets)
    report.raise_errors()
    assert split is not None
    return StepExamples(split, settings.data, "")


def read_step_split(
    step: Step,
    spec: Spec,
    graph: Graph,
    dataset: Dataset,
    encodings: Mapping[str, TargetEncoding],
    report: Report,
    *,
    need_targets: bool,
) -> DataSplit | None:
    """Reads the other data that a step names; None if there are errors.

    Args:
        step: The step.
        spec: The spec.
        graph: Its graph.
        dataset: The training data.
        encodings: By output, the encoding of its target.
        report: Receives every problem.
        need_targets: Whether the data must have targets.
    """
    return load_for_prediction(
        getattr(spec.document, step).data,
        spec,
        input_specs(spec),
        list(graph.outputs),
        encodings,
        dataset.fitted,
        report,
        need_targets=need_targets,
        place=(step, "data"),
        values=ValueCheck(graph, dataset.vocabularies),
    )
