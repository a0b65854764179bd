"""KS630 to KS632, KS647: a sweep whose goal nothing measures, without validation data, or with an unsuitable method."""

from __future__ import annotations

from kspec.analysis.metric_direction import direction
from kspec.analysis.monitor import VALIDATION_PREFIX
from kspec.diagnostics import Span, codes
from kspec.language.removed_values import attempt
from kspec.language.sweep import MEASURES, Sweep
from kspec.language.sweep_samplers import FINITE, GENETIC
from kspec.lint.context import RuleContext
from kspec.lint.rules.shared.fixes import listed_monitors, replace, suggest_monitor
from kspec.lint.rules.shared.logged_metrics import has_validation, logged_names, may_log


def check(context: RuleContext) -> None:
    """Checks what trials are compared by, and how their points are chosen."""
    sweep = context.spec.document.sweep
    if sweep is None:
        return
    if has_validation(context) is False:
        context.report.error(
            codes.SWEEP_WITHOUT_VALIDATION,
            "the sweep has no validation data to compare its trials by",
            context.spec.positions.key(("sweep",)),
            help="add `data: {split: {validation: 0.2}}`; the test split is for the best point alone",
        )
    attempt(lambda: _check_goals(context, sweep))
    attempt(lambda: _check_sampler(context, sweep))
    attempt(lambda: _check_then(context, sweep))
    attempt(lambda: _check_pruner(context, sweep))


def _check_goals(context: RuleContext, sweep: Sweep) -> None:
    for name, word in sweep.goal.directions:
        if _check_goal(context, name, word):
            _check_direction(context, name, word)


def _check_goal(context: RuleContext, name: str, word: str) -> bool:
    """Reports a goal that is not measured on the validation split; returns whether it is.

    Args:
        context: The network.
        name: The quantity.
        word: `maximize` or `minimize`.
    """
    names = logged_names(context)
    bare = name.removeprefix(VALIDATION_PREFIX)
    if name in MEASURES or names is None or (bare != name and (bare in names or may_log(context, bare))):
        return True
    known = [f"{VALIDATION_PREFIX}{each}" for each in names]
    path = ("sweep", "goal", word)
    if bare == name and bare in names:
        message = f"`{name}` is measured on the training data, which does not tell how good a trial is"
        label, edits = f"write `{VALIDATION_PREFIX}{name}`", replace(context, path, VALIDATION_PREFIX + name)
    else:
        message = f"training does not log `{name}`"
        label, edits = suggest_monitor(context, path, name, names)
    place = context.spec.positions.value(path)
    help = f"available: {listed_monitors([*known, *MEASURES])}"
    context.report.error(codes.SWEEP_GOAL, message, place, label=label, help=help, edits=edits)
    return False


def _check_direction(context: RuleContext, name: str, word: str) -> None:
    """Warns of a goal that is better the other way round.

    Args:
        context: The network.
        name: The quantity.
        word: `maximize` or `minimize`.
    """
    best = "min" if name in MEASURES else direction(name)
    if best is None or word.startswith(best):
        return
    context.report.warning(
        codes.SWEEP_DOUBT,
        f"`{name}` is better when it is {'smaller' if best == 'min' else 'larger'}: the sweep looks for the worst",
        context.spec.positions.key(("sweep", "goal", word)),
        help=f"write `{best}imize: {name}`",
    )


def _check_sampler(context: RuleContext, sweep: Sweep) -> None:
    """Reports a sampler that cannot search this space, or not for these goals."""
    name = sweep.sampler_name
    place = context.spec.positions.value(("sweep", "sampler"))
    if name in FINITE:
        continuous = next((address for address, range_ in sweep.search.items() if range_.count is None), None)
        if continuous is not None:
            context.report.error(
                codes.UNSUITABLE_SEARCH,
                f"`{name}` tries every point, and `{continuous}` has no end of values",
                context.spec.positions.key(("sweep", "search", continuous)),
                help="write `choice`, or `uniform` with a `step`",
            )
    if name == "CmaEs":
        _check_cma_es(context, sweep, place)
    if name in GENETIC and attempt(lambda: len(sweep.goal.directions)) == 1:
        help = "remove `sampler`: `TPE` is that for one goal"
        context.report.warning(codes.SWEEP_DOUBT, f"`{name}` is made for several goals", place, help=help)


def _check_then(context: RuleContext, sweep: Sweep) -> None:
    """Warns of a `then` that the best point would need: several goals have a front of them."""
    if len(sweep.goal.directions) > 1 and sweep.then is not None and "then" in sweep.model_fields_set:
        message = "several goals have no best point to train again"
        help = "remove `then`, and take a trial of the front: kspec render RUN --trial N"
        context.report.warning(codes.SWEEP_DOUBT, message, context.spec.positions.key(("sweep", "then")), help=help)


def _check_cma_es(context: RuleContext, sweep: Sweep, place: Span) -> None:
    """Reports what CMA-ES cannot search: several goals, and values that are no numbers.

    Args:
        context: The network.
        sweep: The sweep.
        place: That of the sampler.
    """
    report = context.report
    if attempt(lambda: len(sweep.goal.directions) > 1) is True:
        report.error(codes.UNSUITABLE_SEARCH, "`CmaEs` searches for one goal", place, help="write `sampler: NSGAII`")
    choices = [address for address, range_ in sweep.search.items() if range_.choice is not None]
    if len(sweep.search) - len(choices) < 2:
        message = "`CmaEs` searches at least two ranges of numbers"
        report.error(codes.UNSUITABLE_SEARCH, message, place, help="write `int`, `uniform` or `log`, or use `TPE`")
    elif choices:
        message = f"`CmaEs` searches numbers alone; `{choices[0]}` is drawn at random"
        report.warning(codes.SWEEP_DOUBT, message, place, help="use `TPE`, or give the address a range of numbers")


def _check_pruner(context: RuleContext, sweep: Sweep) -> None:
    """Reports a pruner that has nothing to compare after an epoch."""
    if sweep.pruner is None:
        return
    place = context.spec.positions.value(("sweep", "pruner"))
    document, goals = context.spec.document, [name for name, _ in sweep.goal.directions]
    help = "remove `pruner`"
    if len(goals) > 1:
        message = "a pruner compares trials by one goal, and the sweep has several"
    elif goals[0] in MEASURES:
        message = f"a pruner compares trials by what each epoch logs, and `{goals[0]}` is known before"
    elif document.fit.repeats is not None or (document.data is not None and document.data.split.folds is not None):
        message = "a pruner ends a training, and each trial trains several times"
    else:
        return
    context.report.error(codes.UNSUITABLE_SEARCH, message, place, help=help)
