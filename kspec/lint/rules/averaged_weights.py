"""KS434: averages of the weights (`use_ema`) that callbacks do not see, or that are lost when training ends."""

from __future__ import annotations

from kspec.analysis.stages import averages_weights
from kspec.diagnostics import Edit, codes
from kspec.lint.context import RuleContext
from kspec.lint.rules.shared.fixes import Edits, give_argument
from kspec.lint.rules.shared.option_conflicts import is_restoring
from kspec.lint.rules.shared.training_parts import Part, callbacks

SWAP = "SwapEMAWeights: {swap_on_epoch: true}"


def check(context: RuleContext) -> None:
    """Checks SwapEMAWeights against the optimizers, and the callbacks that choose weights against SwapEMAWeights."""
    assert context.settings is not None
    parts = callbacks(context)
    swap = next((part for part in parts if part.name == "SwapEMAWeights"), None)
    averaging = [averages_weights(stage.optimizer) for stage in context.settings.stages]
    if swap is not None and not all(averaging):
        _report_no_average(context, swap, averaging)
    elif any(averaging):
        _check_choices(context, parts, swap)


def _check_choices(context: RuleContext, parts: list[Part], swap: Part | None) -> None:
    """Checks that what chooses weights sees the averages: they are in the model only after SwapEMAWeights by epoch."""
    keeps_best = context.spec.document.fit.keep == "best"
    if keeps_best and swap is not None and swap["swap_on_epoch"] is not True:
        _report_swap(context, swap, "`keep: best` compares")
        return
    for part in parts:
        saves = part.name == "ModelCheckpoint" and part["save_freq"] == "epoch" and swap is not None
        saves &= part["save_best_only"] is True or (swap is not None and swap["swap_on_epoch"] is True)
        if not saves and (not is_restoring(part) or keeps_best):
            continue
        if swap is None:
            context.report.warning(
                codes.CONFLICTING_OPTIONS,
                "`restore_best_weights` restores the weights of one epoch, and the averages of `use_ema` are lost",
                part.place(context, "restore_best_weights"),
                help=f"add `{SWAP}` before `EarlyStopping`",
                edits=_insert_swap(context, part),
            )
        elif swap["swap_on_epoch"] is not True:
            _report_swap(context, swap, f"`{part.name}` chooses by")
        elif swap.path > part.path:
            context.report.warning(
                codes.CONFLICTING_OPTIONS,
                f"`{part.name}` comes before `SwapEMAWeights`: it takes the weights, not their averages",
                part.place(context),
                help="put `SwapEMAWeights` first",
            )
    if swap is not None and swap["swap_on_epoch"] is True and not keeps_best:
        _check_early_stop(context, parts)


def _check_early_stop(context: RuleContext, parts: list[Part]) -> None:
    """Finds a stop before the last epoch that leaves the weights in the model, and their averages nowhere."""
    stopping = [part for part in parts if part.name == "EarlyStopping"]
    if stopping and not any(map(is_restoring, stopping)):
        part = stopping[-1]
        context.report.warning(
            codes.CONFLICTING_OPTIONS,
            "when training stops early after `SwapEMAWeights: {swap_on_epoch: true}`, the averages are lost",
            part.place(context),
            help="add `restore_best_weights: true`",
            edits=give_argument(context, part.path, part.head, "restore_best_weights", "true"),
        )


def _report_no_average(context: RuleContext, swap: Part, averaging: list[bool]) -> None:
    assert context.settings is not None
    without = [stage.name for stage, averages in zip(context.settings.stages, averaging, strict=True) if not averages]
    where = f" of {', '.join(without)}" if any(averaging) else ""
    context.report.error(
        codes.CONFLICTING_OPTIONS,
        f"`SwapEMAWeights` needs averaged weights, and the optimizer{where} keeps none",
        swap.place(context),
        help="give the optimizer `use_ema: true`, or remove the callback",
    )


def _report_swap(context: RuleContext, swap: Part, what: str) -> None:
    context.report.warning(
        codes.CONFLICTING_OPTIONS,
        f"{what} the validation of the averaged weights, and takes the weights themselves",
        swap.place(context),
        help="add `swap_on_epoch: true` to `SwapEMAWeights`",
        edits=give_argument(context, swap.path, swap.head, "swap_on_epoch", "true"),
    )


def _insert_swap(context: RuleContext, part: Part) -> Edits:
    """Inserts SwapEMAWeights before a callback; nothing where the list is not in the spec's own text."""
    span = context.spec.positions.value(part.path)
    if span.source is not context.spec.source or part.path not in context.spec.positions.values:
        return ()
    before = span.source.line(span.line)[: span.column - 1]
    here = span._replace(end_line=span.line, end_column=span.column)
    if before.strip() == "-":
        return (Edit(here, f"{SWAP}\n{before}"),)
    return (Edit(here, f"{{{SWAP}}}, "),) if before.rstrip()[-1:] in ("[", ",") else ()
