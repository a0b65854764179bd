"""The passes of the analysis, in order: from a spec to an analysed program.

A pass is a function of the state. It returns whether later passes can run: a graph with errors has no settings, and the
semantic rules would only repeat what the argument checks have reported.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from kspec.analysis.data_profile import DataProfile
from kspec.analysis.program import Analysis
from kspec.analysis.resolution import resolve_settings
from kspec.analysis.settings import Settings
from kspec.analysis.shapes.infer import Sizes, infer, unknown_size
from kspec.analysis.shapes.types import Types
from kspec.analysis.target_facts import target_facts
from kspec.diagnostics import Report, codes
from kspec.ir import Graph, build
from kspec.language import Spec
from kspec.language.removed_values import attempt
from kspec.lint.context import RuleContext
from kspec.lint.rules import (
    SEMANTIC_NETWORK_RULES,
    SEMANTIC_RULES,
    SYNTACTIC_NETWORK_RULES,
    SYNTACTIC_RULES,
    run_rules,
)

NOT_COMPUTED = (codes.UNDEFINED_VARIABLE, codes.INVALID_EXPRESSION)


@dataclass(slots=True)
class State:
    """The state that passes read and write.

    Args:
        profile: Facts about the data, if it has been read.
        context: What the rules see of the spec's own network.
        models: The same for each sub-model that the spec itself defines.
        sizes: Resolves sizes that the data decides.
    """

    spec: Spec
    report: Report
    profile: DataProfile | None
    graph: Graph = field(default_factory=Graph)
    context: RuleContext = field(init=False)
    models: dict[str, RuleContext] = field(default_factory=dict)
    types: Types = field(init=False)
    settings: Settings | None = None
    sizes: Sizes = unknown_size


def build_graph(state: State) -> bool:
    """Resolves names: entries become nodes in topological order."""
    spec, report = state.spec, state.report
    graph = state.graph = build(spec, report)
    state.context = RuleContext(spec, graph, report, profile=state.profile)
    own = [name for name in graph.models if spec.defines_layers_of(name)]
    state.models = {name: RuleContext(spec, graph.models[name], report, outer=graph) for name in own}
    return True


def check_arguments(state: State) -> bool:
    """Checks arguments, names and paths: the rules that need no shapes."""
    run_rules(SYNTACTIC_NETWORK_RULES + SYNTACTIC_RULES, state.context)
    for name, inner in state.models.items():
        run_rules(SYNTACTIC_NETWORK_RULES, inner)
        state.context.invalid_nodes |= {f"{name}/{node}" for node in inner.invalid_nodes}
    return True


def infer_types(state: State) -> bool:
    """Infers the shape, dtype and parameters of every node."""
    state.types = infer(state.spec, state.graph, state.report, state.sizes, state.context.invalid_nodes)
    networks = [state.graph, *state.graph.models.values()]
    not_computed = _drop_consequences(state.report)
    is_incomplete = not_computed or not state.graph.has_all_outputs
    return not is_incomplete and not any(node.faulty for network in networks for node in network.nodes.values())


def infer_settings(state: State) -> bool:
    """Infers the task of each output, and fills in the defaults of training."""
    settings_report = Report()
    facts = target_facts(state.spec, state.graph, state.types, state.profile)
    state.settings = attempt(lambda: resolve_settings(state.spec, state.graph, settings_report, facts))
    hidden = {codes.UNCLEAR_TASK} if state.report.has_errors else set()  # a faulty layer hides what an output means
    state.report.diagnostics.extend(d for d in settings_report if d.code not in hidden)
    return True


def check_meaning(state: State) -> bool:
    """Runs the rules that need shapes and settings."""
    state.context = replace(state.context, types=state.types, settings=state.settings)
    run_rules(SEMANTIC_RULES + SEMANTIC_NETWORK_RULES, state.context)
    for name, inner in state.models.items():
        inner.types = state.types.models[name]
        run_rules(SEMANTIC_NETWORK_RULES, inner)
    return True


PASSES: tuple[Callable[[State], bool], ...] = (build_graph, check_arguments, infer_types, infer_settings, check_meaning)


def analyse(spec: Spec, report: Report, profile: DataProfile | None = None, sizes: Sizes = unknown_size) -> Analysis:
    """Runs every pass on a spec.

    Args:
        spec: A structurally sound spec.
        report: Receives every diagnostic.
        profile: Facts about the data, if it has been read.
        sizes: Resolves sizes that the data decides.

    Returns:
        The graph, its types, and the settings; no settings where the graph is faulty.
    """
    state = State(spec, report, profile, sizes=sizes)
    for run in PASSES:
        if not run(state):
            break
    return Analysis(state.graph, state.types, None if spec.is_partial else state.settings)


def _drop_consequences(report: Report) -> bool:
    """Drops what else was reported of values that could not be computed; returns whether there are any."""
    spans = {problem.span for problem in report if problem.code in NOT_COMPUTED}
    if spans:
        report.diagnostics[:] = [p for p in report if p.code in NOT_COMPUTED or p.span not in spans]
    return bool(spans)
