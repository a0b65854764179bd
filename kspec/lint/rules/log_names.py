"""KS435: two losses or metrics that training would log under one name."""

from __future__ import annotations

from kspec.analysis.monitor import VALIDATION_PREFIX
from kspec.diagnostics import Path, codes
from kspec.lint.context import RuleContext
from kspec.lint.rules.shared.logged_metrics import has_validation, metrics_in_logs

TAKEN = ("epoch", "stage", "learning_rate", "split", "examples")
"""Names of other entries in the history and in the metrics of a run."""


def check(context: RuleContext) -> None:
    """Compares all names under which training logs a loss or a metric, those of the validation included."""
    logged = [*_losses(context), *_metrics(context)]
    owners: dict[str, str] = {}
    for name, what, place in logged:
        if name in owners:
            _report(context, place, f"{what} and {owners[name]} would both be logged as `{name}`")
        elif name in TAKEN:
            _report(context, place, f"{what} would be logged as `{name}`, which has another meaning in the history")
        owners.setdefault(name, what)
    if has_validation(context) is False:
        return
    for name, what, place in logged:
        validated = VALIDATION_PREFIX + name
        if validated in owners:
            both = f"{owners[validated]} in training and {what} in the validation"
            _report(context, place, f"{both} would be logged as `{validated}`")


def _losses(context: RuleContext) -> list[tuple[str, str, Path]]:
    """The losses: name in the logs, description, place."""
    assert context.settings is not None
    trained = [name for name, output in context.settings.outputs.items() if output.loss is not None]
    total = [("loss", "the total loss", _place(context, trained[0]))] if trained else []
    own = [(f"{name}_loss", f"the loss of `{name}`", _place(context, name)) for name in trained]
    return [*total, *own] if len(context.settings.outputs) > 1 else total


def _metrics(context: RuleContext) -> list[tuple[str, str, Path]]:
    """The metrics: name in the logs, description, place."""
    assert context.settings is not None
    found = []
    for metric in metrics_in_logs(context):
        of = f" of `{metric.output}`" if len(context.settings.outputs) > 1 else ""
        place = _place(context, metric.output)
        found += [(name, f"the metric `{metric.name}`{of}", place) for name in metric.names if name]
    return found


def _place(context: RuleContext, output: str) -> Path:
    """Where the spec names an output."""
    positions = context.spec.positions
    outputs = context.spec.document.outputs
    listed = [("outputs", outputs.index(output))] if isinstance(outputs, list) and output in outputs else []
    paths: list[Path] = [*listed, ("outputs", output), ("outputs",)]
    paths.append(context.graph.nodes[context.graph.outputs[output].node].path)
    return next(path for path in paths if path in positions.values)


def _report(context: RuleContext, path: Path, message: str) -> None:
    positions = context.spec.positions
    context.report.error(
        codes.LOG_NAME_CONFLICT,
        message,
        positions.key(path) if path in positions.keys and len(path) > 1 else positions.value(path),
        help="give the output or the metric another name (`name:`)",
    )
