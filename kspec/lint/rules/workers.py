"""KS642, KS643: settings with which several workers cannot train one model."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from kspec.diagnostics import Path, codes
from kspec.lint.context import RuleContext

PLACE = ("fit", "workers")


def check(context: RuleContext) -> None:
    """Finds what several workers cannot do; nothing is said of a single one."""
    document = context.spec.document
    workers, positions = document.fit.workers or 1, context.spec.positions
    if workers == 1:
        return
    for path, message, help in _unsupported(context):
        place = positions.key(path) if path in positions.keys else positions.value(PLACE)
        context.report.error(codes.UNSUPPORTED_BY_WORKERS, message, place, help=help)
    size = document.fit.batch_size
    if size < workers:
        context.report.error(
            codes.SMALL_BATCH_FOR_WORKERS,
            f"a batch of {size} cannot be shared by {workers} workers",
            positions.value(PLACE),
            help=f"write `batch_size: {workers}` or more, or use fewer workers",
        )


def _unsupported(context: RuleContext) -> Iterator[tuple[Path, str, str]]:
    """What several workers cannot do: its place, what is wrong, and what to write instead."""
    document = context.spec.document
    fit = document.fit
    if document.data is None:
        yield PLACE, "`workers` train on data, and the spec has none", "add `data`, or remove `workers`"
        return
    if fit.engine not in ("auto", "fused"):
        name: str = fit.engine if isinstance(fit.engine, str) else "fused_xla"
        yield (
            ("fit", "engine"),
            f"workers train with the engine `fused`, and the spec asks for `{name}`",
            "write `engine: auto` or `engine: fused`, or remove `workers`",
        )
    several: list[Path] = [("fit", "repeats")] if fit.repeats is not None else []
    if document.data.split.folds is not None and document.data.split.fold is None:
        several.append(("data", "split", "folds"))
    if document.sweep is not None:
        several.append(("sweep",))
    for path in several:
        yield (
            path,
            f"`{path[-1]}` trains many models, and `workers` train one",
            "remove one of them; models train side by side with `--jobs`",
        )
    for name, settings in document.inputs.items():
        if settings.batch_size is not None:
            yield (
                ("inputs", name, "batch_size"),
                f"workers share each batch, and the input `{name}` fixes its size",
                "remove `batch_size` of the input, or `workers`",
            )
    graph = context.graph
    for node in (node for network in (graph, *graph.models.values()) for node in network.calls):
        if node.kind == "layer" and _is_stateful(node.arguments):
            yield (
                (*node.source_path, node.head, "stateful"),
                f"`{node.shown_name}` hands states on from batch to batch, and workers share each batch",
                "remove `stateful`, or `workers`",
            )


def _is_stateful(value: Any) -> bool:
    """Whether the arguments of a layer, or of a layer inside it, make it stateful."""
    if isinstance(value, list):
        return any(map(_is_stateful, value))
    return isinstance(value, dict) and (value.get("stateful") is True or any(map(_is_stateful, value.values())))
