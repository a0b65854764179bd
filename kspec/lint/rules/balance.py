"""KS563 and KS565: `data.balance` without classes, and beside class weights."""

from __future__ import annotations

from kspec.diagnostics import codes, did_you_mean
from kspec.lint.context import RuleContext

CLASSES = ("binary_classification", "multiclass_classification")


def check(context: RuleContext) -> None:
    """Checks that one output has classes to balance, and that nothing else balances them."""
    data, settings = context.spec.document.data, context.settings
    if data is None or data.balance is None or settings is None:
        return
    outputs, setting = settings.outputs, data.balance
    span = context.spec.positions.value(("data", "balance"))
    if setting.target is not None and setting.target not in outputs:
        context.report.error(
            codes.UNBALANCEABLE_TARGET,
            f"unknown output `{setting.target}`",
            context.spec.positions.value(("data", "balance", "target")),
            label=did_you_mean(setting.target, outputs),
            help=f"available outputs: {', '.join(outputs)}",
        )
        return
    named = [setting.target] if setting.target is not None else list(outputs)
    found = [name for name in named if outputs[name].task in CLASSES]
    if any(outputs[name].task is None for name in named):
        return  # which the data decides
    if not found:
        what = {
            "regression": "predicts numbers, and only classes can be balanced",
            "multilabel_classification": "predicts several labels for each example, so none is its class",
        }[str(outputs[named[0]].task)]
        context.report.error(
            codes.UNBALANCEABLE_TARGET,
            f"`{named[0]}` {what}",
            span,
            help="remove `balance`; `weights: column` gives each example a weight",
        )
    elif len(found) > 1:
        context.report.error(
            codes.UNBALANCEABLE_TARGET,
            f"{' and '.join(f'`{name}`' for name in found)} have classes, and `balance` can make one target even",
            span,
            help=f"name it: `balance: {{by: {setting.by}, target: {found[0]}}}`",
        )
    elif outputs[found[0]].class_weight is not None:
        context.report.warning(
            codes.CLASSES_BALANCED_TWICE,
            f"`balance` makes the classes of `{found[0]}` equally frequent, and `class_weight` weighs them as well",
            span,
            help="remove `balance`, or `class_weight` of `fit`",
        )
