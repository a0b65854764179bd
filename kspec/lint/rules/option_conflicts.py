"""KS434 and KS438: options of a training that exclude each other, or have no effect without another."""

from __future__ import annotations

from kspec.diagnostics import Related, codes
from kspec.lint.context import RuleContext
from kspec.lint.rules.shared.fixes import give_argument
from kspec.lint.rules.shared.option_conflicts import EXCLUSIVE_ARGUMENTS, NEEDS, PAIRS, Need
from kspec.lint.rules.shared.training_parts import Part, callbacks, optimizers


def check(context: RuleContext) -> None:
    """Compares the optimizers, schedules and callbacks with the tables of what does not go together."""
    parts = [*optimizers(context), *callbacks(context)]
    for part in parts:
        _check_exclusive(context, part)
        unmet = [need for need in NEEDS if need.name in ("", part.name) and part.sets(need.argument)]
        unmet = [need for need in unmet if not need.is_met(part)]
        for cure in dict.fromkeys(need.cure for need in unmet):
            _report_ineffective(context, part, [need for need in unmet if need.cure == cure])
    for pair in PAIRS:
        for part in filter(pair.part, parts):
            other = next((other for other in parts if other is not part and pair.other(part, other)), None)
            if other is None:
                continue
            report = context.report.error if pair.is_error else context.report.warning
            report(
                codes.CONFLICTING_OPTIONS if pair.is_error else codes.INEFFECTIVE_OPTION,
                pair.message.format(part=part.name, other=other.name),
                part.place(context),
                help=pair.help,
                related=(Related(f"`{other.name}` is here", other.place(context)),),
            )


def _check_exclusive(context: RuleContext, part: Part) -> None:
    for group in EXCLUSIVE_ARGUMENTS:
        given = [argument for argument in group if part.written.get(argument) is not None]
        if len(given) > 1:
            *names, last = (f"`{argument}`" for argument in given)
            context.report.error(
                codes.CONFLICTING_OPTIONS,
                f"`{part.name}` takes only one of {', '.join(names)} and {last}",
                part.place(context, given[1]),
                help=f"keep `{given[0]}`, or one of the others",
                related=(Related(f"`{given[0]}` is here", part.place(context, given[0])),),
            )


def _report_ineffective(context: RuleContext, part: Part, needs: list[Need]) -> None:
    """Reports arguments that have no effect.

    Args:
        context: The network.
        part: The part that has them.
        needs: What they need, all the same.
    """
    need = needs[0]
    names = " and ".join(f"`{need.argument}`" for need in needs)
    context.report.warning(
        codes.INEFFECTIVE_OPTION,
        f"{names} of `{part.name}` {'have' if len(needs) > 1 else 'has'} no effect without `{need.cure}`",
        part.place(context, need.argument),
        help=f"add `{need.cure}: {need.value or '...'}`, or remove {names}",
        edits=give_argument(context, part.path, part.head, need.cure, need.value) if need.value else (),
    )
