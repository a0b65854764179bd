"""KS434 and KS438: options that never act in a training as long as this one, and values that Keras refuses."""

from __future__ import annotations

import math
from itertools import pairwise

from kspec.diagnostics import codes
from kspec.lint.context import RuleContext
from kspec.lint.rules.shared.file_templates import quantities
from kspec.lint.rules.shared.training_parts import Part, callbacks, optimizers


def check(context: RuleContext) -> None:
    """Compares optimizers, schedules and callbacks with the length of the training, and numbers with each other."""
    epochs = _epochs(context)
    for part in [*optimizers(context), *callbacks(context)]:
        if part.name == "EarlyStopping" and part["start_from_epoch"] >= epochs:
            _report_idle(
                context, part, "start_from_epoch", f"`EarlyStopping` never acts: training ends after {_count(epochs)}"
            )
        elif part.name == "ReduceLROnPlateau":
            _check_smallest_rate(context, part)
        elif part.name == "ModelCheckpoint" and part["save_best_only"] is True and part["save_freq"] != "epoch":
            context.report.error(
                codes.CONFLICTING_OPTIONS,
                "`save_best_only` needs an epoch's results, and `save_freq` saves in the middle of epochs",
                part.place(context, "save_freq"),
                help="remove `save_freq`, or `save_best_only`",
            )
        elif part.name == "PiecewiseConstantDecay":
            _check_pieces(context, part)
        elif part.name == "ModelCheckpoint":
            _check_placeholders(context, part)
        elif part.kind == "optimizer" and part.outer is None:
            _check_loss_scale(context, part)
        _check_accumulation(context, part)
        _check_text(context, part)


def _epochs(context: RuleContext) -> int:
    assert context.settings is not None
    return sum(stage.epochs for stage in context.settings.stages)


def _count(epochs: int) -> str:
    return f"{epochs} epoch{'s' if epochs != 1 else ''}"


def _report_idle(context: RuleContext, part: Part, argument: str, message: str) -> None:
    context.report.warning(
        codes.INEFFECTIVE_OPTION,
        message,
        part.place(context, argument),
        help=f"train for more epochs, or lower `{argument}`",
    )


def _check_smallest_rate(context: RuleContext, part: Part) -> None:
    """Finds a learning rate that is as low as ReduceLROnPlateau may make it from the start."""
    rates = [optimizer["learning_rate"] for optimizer in optimizers(context)]
    numbers = [rate for rate in rates if isinstance(rate, (int, float))]
    if numbers and len(numbers) == len(rates) and part["min_lr"] >= max(numbers):
        context.report.warning(
            codes.INEFFECTIVE_OPTION,
            f"`ReduceLROnPlateau` never acts: the learning rate, {max(numbers):g}, is not above `min_lr`",
            part.place(context, "min_lr"),
            help="lower `min_lr`",
        )


def _check_loss_scale(context: RuleContext, part: Part) -> None:
    """Finds a factor that Keras replaces: under mixed_float16 it wraps the optimizer in a LossScaleOptimizer."""
    document = context.spec.document
    wraps = document.dtype_policy == "mixed_float16" and document.compile.auto_scale_loss
    if wraps and part.sets("loss_scale_factor"):
        context.report.warning(
            codes.INEFFECTIVE_OPTION,
            "`loss_scale_factor` has no effect: under `mixed_float16`, Keras chooses the factor itself",
            part.place(context, "loss_scale_factor"),
            help="remove it, or add `compile: {auto_scale_loss: false}`",
        )


def _check_placeholders(context: RuleContext, part: Part) -> None:
    """Compares the quantities in a checkpoint's file name with those that are known when it saves."""
    name, by_epoch = part["filepath"], part["save_freq"] == "epoch"
    for field in quantities(name) if isinstance(name, str) else ():
        if field == "batch" if by_epoch else field.startswith("val_"):
            when = "between epochs" if field == "batch" else "in the middle of an epoch"
            context.report.error(
                codes.CONFLICTING_OPTIONS,
                f"the file name contains `{field}`, which is not known where `save_freq: {part['save_freq']}` saves, "
                f"{when}",
                part.place(context, "filepath"),
                help="write `save_freq: 100` for every 100 batches" if field == "batch" else "remove `save_freq`",
            )


def _check_pieces(context: RuleContext, part: Part) -> None:
    boundaries, values = part["boundaries"], part["values"]
    if not isinstance(boundaries, list) or not isinstance(values, list):
        return
    if len(values) != len(boundaries) + 1:
        context.report.error(
            codes.CONFLICTING_OPTIONS,
            f"`values` must be one more than the `boundaries` between them: {len(values)} and {len(boundaries)}",
            part.place(context, "values"),
            help=f"write {len(boundaries) + 1} values",
        )
    elif any(later <= earlier for earlier, later in pairwise(boundaries)):
        context.report.error(
            codes.INVALID_ARGUMENT_VALUE,
            "`boundaries` of `PiecewiseConstantDecay` must increase",
            part.place(context, "boundaries"),
            help=f"write `boundaries: {sorted(set(boundaries))}`",
        )


def _check_accumulation(context: RuleContext, part: Part) -> None:
    """Finds gradients that are accumulated over more steps than there are: the weights never change."""
    needed = part["gradient_accumulation_steps"]
    if part.kind != "optimizer" or not isinstance(needed, int):
        return
    fit = context.spec.document.fit
    steps = fit.steps_per_epoch
    if steps is None and context.profile is not None and "train" in context.profile.parts:
        steps = math.ceil(context.profile.parts["train"] / fit.batch_size)
    if steps is not None and steps * _epochs(context) < needed:
        context.report.error(
            codes.CONFLICTING_OPTIONS,
            f"the weights never change: training has {steps * _epochs(context)} steps in all, and the optimizer waits "
            f"for {needed}",
            part.place(context, "gradient_accumulation_steps"),
            help="lower `gradient_accumulation_steps`, or train for more steps",
        )


def _check_text(context: RuleContext, part: Part) -> None:
    """Checks texts whose form Keras requires."""
    separator, name = part["separator"], part.written.get("name")
    if part.name == "CSVLogger" and isinstance(separator, str) and len(separator) != 1:
        context.report.error(
            codes.INVALID_ARGUMENT_VALUE,
            "`separator` of `CSVLogger` must be a single character",
            part.place(context, "separator"),
            help='write `separator: ";"`',
        )
    if part.kind == "optimizer" and isinstance(name, str) and "/" in name:
        context.report.error(
            codes.INVALID_ARGUMENT_VALUE,
            f"`name` of `{part.name}` must not contain `/`",
            part.place(context, "name"),
            help=f"write `name: {name.replace('/', '_')}`",
        )
