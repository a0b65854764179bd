"""KS414 and KS424: callbacks that watch what training does not measure, or do not know what is better."""

from __future__ import annotations

from string import Formatter
from typing import Any

from kspec.diagnostics import Path, Span, codes, did_you_mean
from kspec.diagnostics.suggest import Suggestion
from kspec.lint.context import RuleContext
from kspec.lint.rules.shared.fixes import Edits, add_argument, replace
from kspec.lint.rules.shared.logged_metrics import has_validation, logged_names, monitoring_callbacks
from kspec.lint.rules.shared.outputs import trained_outputs

VALIDATED = "val_"
LESS_IS_BETTER = ("loss", "error", "false_", "logcosh", "crossentropy", "hinge", "poisson", "divergence")


def check(context: RuleContext) -> None:
    """Holds the quantities that callbacks watch against those that training logs."""
    names = logged_names(context)
    if names is None or not list(trained_outputs(context)):
        return
    validated = has_validation(context)
    for head, arguments, path, monitor in monitoring_callbacks(context):
        if head == "ModelCheckpoint":
            _file_name(context, arguments, (*path, head), names, validated)
            if not arguments.get("save_best_only") and "monitor" not in arguments:
                continue
        _watched(context, head, arguments, path, monitor, names, validated)


def _watched(
    context: RuleContext,
    head: str,
    arguments: dict[str, Any],
    path: Path,
    monitor: str,
    names: dict[str, bool],
    validated: bool | None,
) -> None:
    bare = monitor.removeprefix(VALIDATED)
    inside = (*path, head)
    place = _place(context, inside, path)
    if bare not in names:
        if bare == "learning_rate" or bare == "lr":
            return
        known = sorted(names)
        prefix = monitor[: len(monitor) - len(bare)]
        label = did_you_mean(bare, known)
        edits: Edits = ()
        if isinstance(label, Suggestion):
            edits = replace(context, (*inside, "monitor"), prefix + label.replacement)
            label = f"did you mean `{prefix}{label.replacement}`?"
        context.report.error(
            codes.UNKNOWN_MONITOR,
            f"`{head}` watches `{monitor}`, and training measures no `{bare}`",
            place,
            label=label,
            help=f"it measures {', '.join(f'`{name}`' for name in known[:8])}",
            edits=edits,
        )
    elif validated is False and monitor.startswith(VALIDATED):
        context.report.warning(
            codes.UNKNOWN_MONITOR,
            f"`{head}` watches `{monitor}`, and there is nothing to validate on",
            place,
            help=f"give `data: {{split: {{validation: ...}}}}` a part, or watch `{bare}`",
            edits=_watch(context, head, path, bare),
        )
    elif not names[bare] and arguments.get("mode", "auto") == "auto":
        mode = "min" if any(word in bare for word in LESS_IS_BETTER) else "max"
        context.report.error(
            codes.AMBIGUOUS_MONITOR_MODE,
            f"Keras does not know whether more or less of `{monitor}` is better",
            place,
            help=f"add `mode: {mode}`",
            edits=add_argument(context, inside, "mode", mode),
        )


def _watch(context: RuleContext, head: str, path: Path, name: str) -> Edits:
    if (*path, head) not in context.spec.positions.values:
        return replace(context, path, f"{head}: {{monitor: {name}}}") if _alone(context, path) else ()
    return add_argument(context, (*path, head), "monitor", name)


def _alone(context: RuleContext, path: Path) -> bool:
    span = context.spec.positions.value(path)
    return span.source.line(span.line)[: span.column - 1].strip() == "-"


def _place(context: RuleContext, inside: Path, path: Path) -> Span:
    positions = context.spec.positions
    if (*inside, "monitor") in positions.values:
        return positions.value((*inside, "monitor"))
    return positions.key(inside) if inside in positions.keys else positions.value(path)


def _file_name(
    context: RuleContext, arguments: dict[str, Any], path: Path, names: dict[str, bool], validated: bool | None
) -> None:
    """A checkpoint's file name: how it ends, and the quantities in it: `{epoch:02d}-{val_loss:.2f}.keras`."""
    said = arguments.get("filepath")
    if not isinstance(said, str):
        return
    ending = ".weights.h5" if arguments.get("save_weights_only") else ".keras"
    if not said.endswith((ending, ".h5") if ending == ".keras" else ending):
        context.report.error(
            codes.INVALID_ARGUMENT_VALUE,
            f"`filepath` of `ModelCheckpoint` must end in `{ending}`",
            context.spec.positions.value((*path, "filepath")),
            help=f"write `filepath: best{ending}`; weights alone (`save_weights_only: true`) are `.weights.h5`",
        )
    try:
        fields = [field for _, field, _, _ in Formatter().parse(said) if field]
    except ValueError:
        return
    for field in fields:
        bare = field.removeprefix(VALIDATED)
        missing = bare not in names and field not in ("epoch", "batch", "learning_rate")
        if missing or (validated is False and field.startswith(VALIDATED)):
            context.report.error(
                codes.UNKNOWN_MONITOR,
                f"the file name takes `{field}`, and training does not measure it",
                context.spec.positions.value((*path, "filepath")),
                label=did_you_mean(bare, names) if missing else "",
                help="take it out of the name" if missing else "there is nothing to validate on: take it out",
            )
