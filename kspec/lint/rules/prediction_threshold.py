"""KS103 and KS431: thresholds that are no probability, or of outputs that have none."""

from __future__ import annotations

from kspec.diagnostics import Path, codes
from kspec.lint.context import RuleContext

PATH: Path = ("predict", "threshold")


def check(context: RuleContext) -> None:
    """Checks each threshold against its output: 0 to 1 for probabilities, any number for scores, none otherwise."""
    assert context.settings is not None
    written = context.spec.document.predict.threshold
    outputs = context.settings.outputs
    if written is None or not outputs:
        return
    by_output = written if isinstance(written, dict) else dict.fromkeys(outputs, written)
    concerned = {name: outputs[name] for name in by_output if name in outputs}
    if not isinstance(written, dict) and any(output.has_threshold for output in concerned.values()):
        concerned = {name: output for name, output in concerned.items() if output.has_threshold}
    for name, output in concerned.items():
        path = (*PATH, name) if isinstance(written, dict) else PATH
        threshold, span = by_output[name], context.spec.positions.value(path)
        if output.task is None:
            continue
        if not output.has_threshold:
            task = output.task.replace("_", " ")
            context.report.warning(
                codes.INEFFECTIVE_THRESHOLD,
                f"the threshold of `{name}` has no effect: its task is {task}",
                span,
                help="remove it: thresholds are for yes/no outputs",
            )
        elif output.gives_probabilities and not 0 <= threshold <= 1:
            bound = "at most 1" if threshold > 1 else "at least 0"
            context.report.error(
                codes.INVALID_VALUE,
                f"`threshold` must be {bound}, not {threshold:g}: `{name}` gives probabilities",
                span,
            )
        else:
            continue
        if not isinstance(written, dict):
            return
