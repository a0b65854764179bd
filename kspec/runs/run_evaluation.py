"""Evaluates the model of a run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from kspec.analysis.task_inference import loss_name
from kspec.backend.tensorflow import exclusive_keras
from kspec.data import DataSplit
from kspec.diagnostics import Report
from kspec.runs.failures import failure_of
from kspec.runs.run_loader import LoadedRun, check_batch_size, engine_of_run, predictions_of

if TYPE_CHECKING:
    from kspec.data.pipeline import Batches
    from kspec.runs.list_predictions import WholeLists
    from kspec.training.baseline import Baseline


class Evaluated(NamedTuple):
    """What a run's model scores.

    Args:
        metrics: Losses and metrics by name.
        baseline: What constant answers would score.
        intervals: By metric, its 95% interval, where the spec asks for it.
        slices: By expression of `evaluate: {slices}`, the metrics for each of its values.
    """

    metrics: dict[str, float]
    baseline: Baseline
    intervals: dict[str, tuple[float, float]]
    slices: dict[str, list[dict[str, Any]]]


def evaluate_run(run: LoadedRun, examples: DataSplit) -> dict[str, float]:
    """Computes the loss and metrics of a run's model on examples with targets."""
    return evaluate_and_compare(run, examples)[0]


@exclusive_keras()
def evaluate_and_compare(run: LoadedRun, examples: DataSplit) -> Evaluated:
    """Computes the loss and metrics of a run's model on examples, and what constant answers would score."""
    from kspec.runs.baseline import baseline_of_run
    from kspec.training.compile import compile_model
    from kspec.training.evaluate import evaluate
    from kspec.training.evaluation_details import evaluate_in_detail

    check_batch_size(run, examples)
    batches = evaluation_batches(run, examples)
    compile_model(run.model, run.spec, run.settings)
    with failure_of("evaluate"):
        engine = engine_of_run(run)
        values = evaluate(engine, batches)
        details = evaluate_in_detail(run.spec, run.model, engine, batches, examples.slices, values)
    baseline = baseline_of_run(run.folder, run.settings.outputs, run.encodings, batches, examples)
    return Evaluated(values, baseline, *details)


def whole_lists_of_run(run: LoadedRun, examples: DataSplit) -> dict[str, WholeLists]:
    """By output whose loss is CTC, how many predictions of a run's model equal their whole target."""
    if not any(loss_name(encoding.settings.loss) == "CTC" for encoding in run.encodings.values()):
        return {}
    from kspec.runs.list_predictions import whole_lists

    return whole_lists(examples, predictions_of(run, examples)[0], run.encodings)


def evaluation_batches(run: LoadedRun, examples: DataSplit) -> Batches:
    """Examples with their targets; an output without a target loses its loss.

    Args:
        run: A loaded run.
        examples: The examples.

    Raises:
        SpecError: If a target does not fit its output.
    """
    from kspec.data.pipeline import Batches
    from kspec.data.targets.encoding import TargetMismatch, encode_targets
    from kspec.data.targets.sample_weights import sample_weights
    from kspec.data.targets.stand_ins import with_placeholders

    outputs = run.settings.outputs
    try:
        targets = encode_targets(examples, run.encodings)
    except TargetMismatch as error:
        report = Report()
        error.report(run.spec, report)
        report.raise_errors()
        raise
    for name, output in outputs.items():
        if name not in targets and not output.is_minimized:
            output.loss = None
    weights = sample_weights(examples, run.encodings, targets, training=False)
    size = run.spec.document.evaluate.batch_size or run.spec.document.fit.batch_size
    targets = with_placeholders(targets, outputs, len(examples))
    return Batches(examples.inputs, targets, weights, batch_size=size, shuffle=False, seed=0)
