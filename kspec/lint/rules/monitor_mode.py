"""KS414, KS424 and KS434: callbacks that look for the worst value, or monitor the learning rate."""

from __future__ import annotations

from kspec.analysis.monitor import monitor_direction
from kspec.diagnostics import codes
from kspec.lint.context import RuleContext
from kspec.lint.rules.shared.fixes import replace
from kspec.lint.rules.shared.training_parts import Part, callbacks

WORDS = {"min": "smallest", "max": "largest"}
RATES = ("learning_rate", "lr", "val_learning_rate", "val_lr")


def check(context: RuleContext) -> None:
    """Compares the `mode` of each callback with what is better, and looks for the learning rate among the logs."""
    assert context.settings is not None
    parts = callbacks(context)
    for part in parts:
        monitor = part["monitor"]
        if not isinstance(monitor, str) or (part.name == "ModelCheckpoint" and part["save_best_only"] is not True):
            continue
        if monitor in RATES:
            _check_rate(context, part, parts)
            continue
        better, mode = monitor_direction(monitor, context.settings.outputs), part["mode"]
        if better is not None and isinstance(mode, str) and mode in WORDS and mode != better:
            context.report.warning(
                codes.CONFLICTING_OPTIONS,
                f"`mode: {mode}` looks for the {WORDS[mode]} `{monitor}`, and the {WORDS[better]} is the best",
                part.place(context, "mode"),
                help=f"write `mode: {better}`",
                edits=replace(context, (*part.inside, "mode"), better),
            )


def _check_rate(context: RuleContext, part: Part, parts: list[Part]) -> None:
    """Checks a callback that monitors the learning rate: ReduceLROnPlateau adds it to what later callbacks see."""
    monitor = part["monitor"]
    earlier = any(other.name == "ReduceLROnPlateau" and other.path < part.path for other in parts)
    if monitor != "learning_rate" or not earlier:
        context.report.error(
            codes.UNKNOWN_MONITOR,
            f"`{part.name}` monitors `{monitor}`, but training does not log `{monitor}`",
            part.place(context, "monitor"),
            help="`learning_rate` is logged by a `ReduceLROnPlateau` that comes before",
        )
    elif part["mode"] == "auto":
        context.report.error(
            codes.AMBIGUOUS_MONITOR_MODE,
            f"Keras does not know whether a higher or a lower `{monitor}` is better",
            part.place(context, "monitor"),
            help="add `mode: min`",
        )
