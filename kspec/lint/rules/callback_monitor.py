"""KS414 and KS424: callbacks that monitor an unknown quantity, or one without a known direction."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from kspec.analysis.monitor import VALIDATION_PREFIX
from kspec.analysis.stages import Stage
from kspec.diagnostics import Path, Related, Span, codes, did_you_mean
from kspec.language.removed_values import RemovedValue
from kspec.lint.context import RuleContext
from kspec.lint.rules.shared.file_templates import quantities
from kspec.lint.rules.shared.fixes import add_argument, give_argument, listed_monitors, replace, suggest_monitor
from kspec.lint.rules.shared.logged_metrics import has_validation, logged_names, may_log, monitoring_callbacks
from kspec.lint.rules.shared.outputs import trained_outputs

FREQUENCY: Path = ("fit", "validation_freq")
LESS_IS_BETTER = ("loss", "error", "false_", "logcosh", "crossentropy", "hinge", "poisson", "divergence")


def check(context: RuleContext) -> None:
    """Compares the quantities that callbacks monitor with those that training logs."""
    names = logged_names(context)
    if names is None or not list(trained_outputs(context)):
        return
    validated = has_validation(context)
    for head, arguments, path, monitor in monitoring_callbacks(context):
        if head == "ModelCheckpoint":
            _check_file_name(context, arguments, (*path, head), names, validated)
            if not arguments.get("save_best_only") and "monitor" not in arguments:
                continue
        with suppress(RemovedValue):  # what one callback depends on hides no other
            _check_monitor(context, head, arguments, path, monitor, names, validated)


def _check_monitor(
    context: RuleContext,
    head: str,
    arguments: dict[str, Any],
    path: Path,
    monitor: str,
    names: dict[str, bool],
    validated: bool | None,
) -> None:
    bare = monitor.removeprefix(VALIDATION_PREFIX)
    inside = (*path, head)
    place = _place(context, inside, path)
    if bare not in names:
        if bare in ("learning_rate", "lr") or may_log(context, bare):
            return
        known = sorted(names)
        available = known if validated is False else [*known, *(VALIDATION_PREFIX + name for name in known)]
        label, edits = suggest_monitor(context, (*inside, "monitor"), monitor, known)
        context.report.error(
            codes.UNKNOWN_MONITOR,
            f"`{head}` monitors `{monitor}`, but training does not log `{monitor}`",
            place,
            label=label,
            help=f"available: {listed_monitors(available)}",
            edits=edits,
        )
    elif validated is False and monitor.startswith(VALIDATION_PREFIX):
        context.report.warning(
            codes.UNKNOWN_MONITOR,
            f"`{head}` monitors `{monitor}`, but there is no validation data",
            place,
            help=f"set `data: {{split: {{validation: ...}}}}`, or monitor `{bare}`",
            edits=give_argument(context, path, head, "monitor", bare),
        )
    elif monitor.startswith(VALIDATION_PREFIX) and (stages := _unvalidated_stages(context)):
        _report_no_validation(context, head, monitor, stages, place)
    elif monitor.startswith(VALIDATION_PREFIX) and arguments.get("save_best_only") is True and _skips(context):
        context.report.warning(
            codes.UNKNOWN_MONITOR,
            f"`{head}` saves every epoch without a `{monitor}`, also over a better one: `validation_freq` is "
            f"{context.spec.document.fit.validation_freq}",
            place,
            help=f"write `validation_freq: 1`, or monitor `{bare}`",
            edits=replace(context, FREQUENCY, "1"),
        )
    elif not names[bare] and arguments.get("mode", "auto") == "auto":
        mode = "min" if any(word in bare for word in LESS_IS_BETTER) else "max"
        context.report.error(
            codes.AMBIGUOUS_MONITOR_MODE,
            f"Keras does not know whether a higher or a lower `{monitor}` is better",
            place,
            help=f"add `mode: {mode}`",
            edits=add_argument(context, inside, "mode", mode),
        )


def _skips(context: RuleContext) -> bool:
    """Whether some epochs end without a validation."""
    return context.spec.document.fit.validation_freq > 1


def _unvalidated_stages(context: RuleContext) -> list[Stage]:
    """The stages in which no epoch ends with a validation."""
    assert context.settings is not None
    frequency, before, without = context.spec.document.fit.validation_freq, 0, []
    for stage in context.settings.stages:
        after = before + stage.epochs  # epochs are counted over all stages
        if after // frequency == before // frequency:
            without.append(stage)
        before = after
    return without


def _report_no_validation(context: RuleContext, head: str, monitor: str, stages: list[Stage], place: Span) -> None:
    """Reports a quantity of the validation that training never computes while a callback waits for it.

    Args:
        context: The network.
        head: The callback's class.
        monitor: The quantity.
        stages: The stages without a validation.
        place: Where the callback names the quantity.
    """
    assert context.settings is not None
    frequency = context.spec.document.fit.validation_freq
    names = ", ".join(stage.name for stage in stages)
    where = f"{names} ends" if names and len(stages) < len(context.settings.stages) else "training ends"
    shortest = min(stage.epochs for stage in stages)
    context.report.warning(
        codes.UNKNOWN_MONITOR,
        f"`{head}` monitors `{monitor}`, but {where} before the first validation: `validation_freq` is {frequency}",
        place,
        help=f"write `validation_freq: {shortest}` or less, or monitor `{monitor.removeprefix(VALIDATION_PREFIX)}`",
        related=(Related(f"every {frequency} epochs", context.spec.positions.value(FREQUENCY)),),
        edits=replace(context, FREQUENCY, "1"),
    )


def _place(context: RuleContext, inside: Path, path: Path) -> Span:
    positions = context.spec.positions
    if (*inside, "monitor") in positions.values:
        return positions.value((*inside, "monitor"))
    return positions.key(inside) if inside in positions.keys else positions.value(path)


def _check_file_name(
    context: RuleContext, arguments: dict[str, Any], path: Path, names: dict[str, bool], validated: bool | None
) -> None:
    """Checks the suffix of a checkpoint's file name, and the quantities in it: `{epoch:02d}-{val_loss:.2f}.keras`."""
    name = arguments.get("filepath")
    if not isinstance(name, str):
        return
    ending = ".weights.h5" if arguments.get("save_weights_only") else ".keras"
    if not name.endswith((ending, ".h5") if ending == ".keras" else ending):
        context.report.error(
            codes.INVALID_ARGUMENT_VALUE,
            f"`filepath` of `ModelCheckpoint` must end in `{ending}`",
            context.spec.positions.value((*path, "filepath")),
            help=f"write `filepath: best{ending}`; with `save_weights_only: true`, it is `.weights.h5`",
        )
    for field in quantities(name):
        bare = field.removeprefix(VALIDATION_PREFIX)
        missing = bare not in names and field not in ("epoch", "batch", "learning_rate") and not may_log(context, bare)
        of_validation = field.startswith(VALIDATION_PREFIX)
        frequency = context.spec.document.fit.validation_freq
        if of_validation and not missing and validated is not False and frequency > 1:
            context.report.error(
                codes.UNKNOWN_MONITOR,
                f"the file name contains `{field}`, which is only known every {frequency} epochs",
                context.spec.positions.value((*path, "filepath")),
                help=f"remove it from the name, or `validation_freq: {frequency}`",
            )
        elif missing or (validated is False and of_validation):
            context.report.error(
                codes.UNKNOWN_MONITOR,
                f"the file name contains `{field}`, which training does not log",
                context.spec.positions.value((*path, "filepath")),
                label=did_you_mean(bare, names) if missing else "",
                help="remove it from the name" if missing else "there is no validation data: remove it from the name",
            )
