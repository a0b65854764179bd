"""KS425 and KS426: training stages that train nothing, or the same weights as the stage before."""

from __future__ import annotations

from kspec.analysis.stages import PATH, Stage, trained_sizes
from kspec.diagnostics import codes
from kspec.ir.layer_patterns import copies_by_path, layers_by_path, matching
from kspec.lint.context import RuleContext
from kspec.lint.rules.shared.outputs import trained_outputs


def check(context: RuleContext) -> None:
    """Checks that each stage trains some weights, and others than the stage before."""
    declared = context.spec.document.fit.stages
    if declared is None or context.settings is None or context.types is None or not list(trained_outputs(context)):
        return
    before: Stage | None = None
    before_trained: dict[str, int | None] = {}
    layers, copies = layers_by_path(context.graph), copies_by_path(context.graph)
    for index, stage in enumerate(context.settings.stages):
        trains = trained_sizes(context.graph, context.types, stage)
        path = (*PATH, index, "trainable") if declared[index].trainable else (*PATH, index)
        if not trains:
            context.report.error(
                codes.STAGE_WITHOUT_TRAINABLE_WEIGHTS,
                f"{stage.name} has nothing to train: every layer with weights is frozen",
                context.spec.positions.key(path),
                help=f"unfreeze a layer: `trainable: {{{_last(context)}: true}}`",
            )
        elif before is not None and (patterns := declared[index].trainable) and trains == before_trained:
            unknown = [pattern for pattern in patterns if not matching(pattern, layers, copies)]
            if not unknown:  # else that has been reported
                _report_redundant(context, index, stage, before)
        before, before_trained = stage, trains


def _last(context: RuleContext) -> str:
    """The last layer with weights, preferably of the network itself: mostly the output layer."""
    assert context.types is not None
    free = Stage(0, "", 1, None, dict.fromkeys(layers_by_path(context.graph), True))
    paths = list(trained_sizes(context.graph, context.types, free))
    own = [path for path in paths if path in context.graph.nodes]
    return own[-1] if own else paths[-1].partition("/")[0] if paths else "head"


def _report_redundant(context: RuleContext, index: int, stage: Stage, before: Stage) -> None:
    """Reports a stage that changes nothing: mostly, the stage before should have frozen the layer."""
    declared = context.spec.document.fit.stages
    assert declared is not None
    pattern, value = next(iter((declared[index].trainable or {}).items()))
    word = "trains" if value else "is frozen"
    opposite = "false" if value else "true"
    context.report.warning(
        codes.REDUNDANT_TRAINING_STAGE,
        f"{stage.name} trains the same weights as {before.name}: `{pattern}` already {word} there",
        context.spec.positions.key((*PATH, index, "trainable")),
        help=f"write `trainable: {{{pattern}: {opposite}}}` in the stage before, or remove it here",
    )
