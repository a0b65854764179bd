"""Everything that can be told of a spec without TensorFlow: arguments, graph, defaults, rules."""

from __future__ import annotations

from dataclasses import dataclass

from kspec.analysis.data_profile import DataProfile
from kspec.analysis.settings import Filled, OutputSettings, Settings, TargetFacts, resolve_settings
from kspec.analysis.shapes.infer import Types, infer
from kspec.analysis.stages import Stage, trained_by_stage
from kspec.analysis.target_facts import target_facts
from kspec.analysis.task_inference import OutputHead, answer_of
from kspec.diagnostics import Report, codes
from kspec.ir import Graph, build
from kspec.language import Spec

__all__ = [
    "Analysis",
    "Filled",
    "OutputHead",
    "OutputSettings",
    "Settings",
    "Stage",
    "TargetFacts",
    "Types",
    "analyse",
    "answer_of",
    "resolve_settings",
    "trained_by_stage",
]


@dataclass(slots=True)
class Analysis:
    """A spec's graph, and its settings as far as the graph alone tells them."""

    graph: Graph
    types: Types
    settings: Settings | None


def analyse(spec: Spec, report: Report, profile: DataProfile | None = None) -> Analysis:
    """Builds the graph, infers types, fills in defaults and runs every rule; all problems go into the report.

    Args:
        profile: What is known of the data, where it has been looked at.
    """
    from kspec.lint.argument_check import Checker
    from kspec.lint.rules import (
        SEMANTIC_RULES,
        SEMANTIC_RULES_OF_NETWORKS,
        SYNTACTIC_RULES,
        SYNTACTIC_RULES_OF_NETWORKS,
    )

    graph = build(spec, report)
    checker = Checker(spec, graph, report, profile=profile)
    written = [name for name in graph.models if spec.is_written(name)]
    models = {name: Checker(spec, graph.models[name], report, outer=graph) for name in written}
    for rule in SYNTACTIC_RULES:
        rule(checker)
    for name, inner in models.items():
        for rule in SYNTACTIC_RULES_OF_NETWORKS:
            rule(inner)
        checker.invalid_nodes |= {f"{name}/{node}" for node in inner.invalid_nodes}
    types = infer(spec, graph, report, invalid_nodes=checker.invalid_nodes)
    networks = [graph, *graph.models.values()]
    if _forget_failed(report) or any(node.faulty for network in networks for node in network.nodes.values()):
        return Analysis(graph, types, None)
    settling = Report()
    settings = resolve_settings(spec, graph, settling, target_facts(spec, graph, types, profile))
    silent = {codes.UNCLEAR_TASK} if report.has_errors else set()  # a faulty layer hides what the output answers
    report.diagnostics.extend(d for d in settling if d.code not in silent)
    checker.types, checker.settings = types, settings
    for rule in SEMANTIC_RULES:
        rule(checker)
    for name, inner in models.items():
        inner.types = types.models[name]
        for rule in SEMANTIC_RULES_OF_NETWORKS:
            rule(inner)
    return Analysis(graph, types, settings)


def _forget_failed(report: Report) -> bool:
    """Of values that could not be computed nothing more is said than that; gives whether there are any."""
    failed = {
        problem.span for problem in report if problem.code in (codes.UNDEFINED_VARIABLE, codes.INVALID_EXPRESSION)
    }
    if failed:
        report.diagnostics[:] = [
            p for p in report if p.code in (codes.UNDEFINED_VARIABLE, codes.INVALID_EXPRESSION) or p.span not in failed
        ]
    return bool(failed)
