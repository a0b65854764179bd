"""KS414, KS415, KS424 and KS438: `keep: best` by a quantity that nothing logs, or that cannot decide."""

from __future__ import annotations

from kspec.analysis.monitor import VALIDATION_PREFIX
from kspec.diagnostics import Path, codes
from kspec.lint.context import RuleContext
from kspec.lint.rules.shared.fixes import listed_monitors, replace, suggest_monitor
from kspec.lint.rules.shared.logged_metrics import has_validation, logged_names, may_log
from kspec.lint.rules.shared.option_conflicts import is_restoring
from kspec.lint.rules.shared.outputs import trained_outputs
from kspec.lint.rules.shared.training_parts import callbacks

KEEP: Path = ("fit", "keep")
MONITOR: Path = ("fit", "monitor")


def check(context: RuleContext) -> None:
    """Compares the quantity that decides with those that training logs."""
    assert context.settings is not None
    keep, names = context.settings.keep, logged_names(context)
    if keep is None or not list(trained_outputs(context)):
        return
    _check_restoring(context, keep.name)
    positions = context.spec.positions
    place = positions.value(MONITOR if MONITOR in positions.values else KEEP)
    bare = keep.name.removeprefix(VALIDATION_PREFIX)
    of_validation = bare != keep.name
    validated = has_validation(context)
    if of_validation and validated is False:
        context.report.error(
            codes.UNKNOWN_MONITOR,
            f"`keep: best` compares `{keep.name}`, but there is no validation data",
            place,
            help="set `data: {split: {validation: 0.2}}`, or write `keep: last`",
            edits=replace(context, KEEP, "last") if MONITOR not in positions.values else (),
        )
    elif names is not None and bare not in names:
        if may_log(context, bare):
            return
        label, edits = suggest_monitor(context, MONITOR, keep.name, names)
        known = [*names] if validated is False else [*(VALIDATION_PREFIX + name for name in names), *names]
        context.report.error(
            codes.UNKNOWN_MONITOR,
            f"`keep: best` compares `{keep.name}`, but training does not log `{keep.name}`",
            place,
            label=label,
            help=f"available: {listed_monitors(known)}",
            edits=edits,
        )
    elif keep.direction is None:
        context.report.error(
            codes.AMBIGUOUS_MONITOR_MODE,
            f"it is not known whether a higher or a lower `{keep.name}` is better",
            place,
            help=f"write `EarlyStopping: {{monitor: {keep.name}, mode: max, patience: "
            f"{context.spec.document.fit.epochs}, restore_best_weights: true}}` instead, with the mode",
        )
    elif not of_validation and validated is False:
        context.report.warning(
            codes.BEST_WEIGHTS_WITHOUT_VALIDATION,
            f"the best weights are chosen by `{keep.name}` on the training data, as there is no validation data",
            place,
            help="add a validation split, and monitor `val_loss`",
        )
    elif of_validation and _last_epoch(context) < context.spec.document.fit.validation_freq:
        context.report.error(
            codes.UNKNOWN_MONITOR,
            f"`keep: best` compares `{keep.name}`, but training ends before the first validation",
            place,
            help=f"write `validation_freq: {_last_epoch(context)}` or less",
            edits=replace(context, ("fit", "validation_freq"), "1"),
        )


def _check_restoring(context: RuleContext, monitor: str) -> None:
    """Finds an EarlyStopping that chooses by another quantity; between stages, its choice has an effect."""
    if context.spec.document.fit.stages is not None and len(context.spec.document.fit.stages) > 1:
        return
    for part in callbacks(context):
        if is_restoring(part) and part["monitor"] != monitor:
            context.report.warning(
                codes.INEFFECTIVE_OPTION,
                f"`restore_best_weights` by `{part['monitor']}` has no effect: `keep: best` decides by `{monitor}`",
                part.place(context, "restore_best_weights"),
                help="remove one of them",
            )


def _last_epoch(context: RuleContext) -> int:
    assert context.settings is not None
    return sum(stage.epochs for stage in context.settings.stages)
