"""KS425 and KS426: stages of a training that train nothing, or nothing else than the stage before."""

from __future__ import annotations

from kspec.analysis.stages import PATH, Stage, trained
from kspec.diagnostics import codes
from kspec.ir.layer_patterns import copies_by_path, layers_by_path, matching
from kspec.lint.context import RuleContext
from kspec.lint.rules.shared.outputs import trained_outputs


def check(context: RuleContext) -> None:
    """Holds what each stage trains against nothing, and against the stage before."""
    said = context.spec.document.fit.stages
    if said is None or context.settings is None or context.types is None or not list(trained_outputs(context)):
        return
    before: Stage | None = None
    before_trained: dict[str, int | None] = {}
    layers, copies = layers_by_path(context.graph), copies_by_path(context.graph)
    for index, stage in enumerate(context.settings.stages):
        trains = trained(context.graph, context.types, stage)
        path = (*PATH, index, "trainable") if said[index].trainable else (*PATH, index)
        if not trains:
            context.report.error(
                codes.STAGE_WITHOUT_TRAINABLE_WEIGHTS,
                f"{stage.name} has nothing to train: every layer with weights is frozen",
                context.spec.positions.key(path),
                help=f"let a layer train in it: `trainable: {{{_last(context)}: true}}`",
            )
        elif before is not None and (told := said[index].trainable) and trains == before_trained:
            unknown = [pattern for pattern in told if not matching(pattern, layers, copies)]
            if not unknown:  # else that has been said
                _same(context, index, stage, before)
        before, before_trained = stage, trains


def _last(context: RuleContext) -> str:
    """The last layer with weights, of the network itself where that has one: mostly the one that answers."""
    assert context.types is not None
    free = Stage(0, "", 1, None, dict.fromkeys(layers_by_path(context.graph), True))
    found = list(trained(context.graph, context.types, free))
    own = [path for path in found if path in context.graph.nodes]
    return own[-1] if own else found[-1].partition("/")[0] if found else "head"


def _same(context: RuleContext, index: int, stage: Stage, before: Stage) -> None:
    """A stage that says what trains, and changes nothing: mostly the freezing was forgotten in the stage before."""
    said = context.spec.document.fit.stages
    assert said is not None
    pattern, value = next(iter((said[index].trainable or {}).items()))
    word = "trains" if value else "is frozen"
    opposite = "false" if value else "true"
    context.report.warning(
        codes.REDUNDANT_TRAINING_STAGE,
        f"{stage.name} trains the same weights as {before.name}: `{pattern}` {word} there already",
        context.spec.positions.key((*PATH, index, "trainable")),
        help=f"say it in the stage before, `trainable: {{{pattern}: {opposite}}}`, or leave it out here",
    )
