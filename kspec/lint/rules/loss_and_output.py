"""KS432: a loss that has no meaning for the values, the units or the positions of its output."""

from __future__ import annotations

from dataclasses import dataclass

from kspec.analysis.task_inference import PROBABILITIES
from kspec.diagnostics import codes
from kspec.lint.context import RuleContext
from kspec.lint.rules.shared.activations import RANGES
from kspec.lint.rules.shared.fixes import Edits, replace
from kspec.lint.rules.shared.outputs import Output, loss_span, trained_outputs


@dataclass(frozen=True, slots=True)
class LossForm:
    """What a loss takes.

    Args:
        values: The values that it is defined for.
        units: The fewest units for which it says anything.
        rank: The number of the output's axes, with the batch; 0 for any.
        instead: The loss to write for a single unit.
    """

    values: str = "any"
    units: int = 1
    rank: int = 0
    instead: str = ""


FORMS = {
    "Poisson": LossForm(values="positive"),
    "KLDivergence": LossForm(values="probabilities", units=2, instead="binary_crossentropy"),
    "Dice": LossForm(values="probabilities"),
    "Tversky": LossForm(values="probabilities"),
    "CosineSimilarity": LossForm(units=2, instead="mean_squared_error"),
    "CategoricalHinge": LossForm(units=2, instead="hinge"),
    "Circle": LossForm(units=2, rank=2, instead="mean_squared_error"),
    "CTC": LossForm(values="logits", units=2, rank=3),
}
"""Keras's class of a loss → what it takes. The crossentropies have rules of their own (KS402 to KS405)."""


def check(context: RuleContext) -> None:
    """Compares each loss with its output."""
    for output in trained_outputs(context):
        form = FORMS.get(output.loss)
        if form is not None and output.loss_path is not None:
            _check_rank(context, output, form) or _check_units(context, output, form) or _check_values(
                context, output, form
            )


def _check_rank(context: RuleContext, output: Output, form: LossForm) -> bool:
    if not form.rank or output.shape is None or len(output.shape) == form.rank:
        return False
    at = "at each of several positions" if form.rank == 3 else "once for each example"
    context.report.error(
        codes.LOSS_OUTPUT_MISMATCH,
        f"{_loss(output)} takes predictions {at}, and those of `{output.name}` have {len(output.shape) - 1} axes",
        loss_span(context, output),
        help="give the output a sequence of class scores" if form.rank == 3 else "put `Flatten` or a pooling before it",
    )
    return True


def _check_units(context: RuleContext, output: Output, form: LossForm) -> bool:
    if output.units is None or output.units >= form.units:
        return False
    return _warn(
        context,
        output,
        f"{_loss(output)} compares the units of an output with each other, and `{output.name}` has only one",
        f"write `{form.instead}`" if form.instead else "give the output a unit for each class",
        replace(context, output.loss_path, form.instead) if form.instead else (),
    )


def _check_values(context: RuleContext, output: Output, form: LossForm) -> bool:
    function = output.function
    if form.values == "any" or not function:
        return False
    ending = "has no activation" if function == "linear" else f"ends with {function}"
    path = output.activation.path if output.activation is not None else None
    if form.values == "positive":
        least, _ = RANGES.get(function, (None, None))
        if least is not None and least >= 0:
            return False
        return _warn(
            context,
            output,
            f"{_loss(output)} takes the logarithm of predictions, but `{output.name}` {ending}, and can be negative",
            "write `activation: softplus`, or `exponential`",
            replace(context, path, "softplus"),
        )
    if form.values == "logits":
        if function not in PROBABILITIES:
            return False
        return _warn(
            context,
            output,
            f"{_loss(output)} applies softmax itself, but `{output.name}` {ending}",
            f"remove the {function}",
            replace(context, path, "linear"),
        )
    if function in PROBABILITIES:
        return False
    right = "softmax" if output.loss == "KLDivergence" else "sigmoid"
    return _warn(
        context,
        output,
        f"{_loss(output)} expects probabilities, but `{output.name}` {ending}",
        f"write `activation: {right}`",
        replace(context, path, right),
    )


def _warn(context: RuleContext, output: Output, message: str, help: str, edits: Edits) -> bool:
    context.report.warning(codes.LOSS_OUTPUT_MISMATCH, message, loss_span(context, output), help=help, edits=edits)
    return True


def _loss(output: Output) -> str:
    return f"the loss `{output.loss}`"
