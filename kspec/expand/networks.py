"""The networks of a document: its own, and its sub-models."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from kspec.diagnostics import Path, Report
from kspec.expand.variables import compute
from kspec.syntax.parse import Tree

PARTS = ("inputs", "layers", "outputs")
"""The keys of a network."""
ELSEWHERE = {"file", "application"}
"""The keys of a sub-model whose network is outside the document."""
Networks = dict[Path, dict[str, Any]]
"""The plain values of networks, by their place in the document: `()` is the spec's own."""


def networks(tree: Tree, outside: Mapping[str, Mapping[str, Any] | None], report: Report) -> Networks:
    """A document's networks, with their variables computed: those of sub-models first, in their order.

    Args:
        tree: The document.
        outside: The networks outside the document, by the name of the sub-model; None for one that cannot be read. A
            network inside such a network is `name/inner`, and comes before it.
        report: Where problems are reported.
    """
    document = tree.value if isinstance(tree.value, dict) else {}
    models = document.get("models")
    variables = document.get("vars")
    result: Networks = {}
    inner: dict[str, list[str]] = {}
    for other in outside:
        if "/" in other:
            inner.setdefault(other.partition("/")[0], []).append(other)
    for name, model in models.items() if isinstance(models, dict) else ():
        for other in [*inner.get(name, ()), *([name] if name in outside else [])]:
            network = outside[other]
            if network is not None:
                result["models", other] = dict(network)
        if name not in outside and isinstance(model, dict) and not ELSEWHERE & model.keys():
            parts = {part: copy.deepcopy(model[part]) for part in PARTS if part in model}
            result["models", name] = compute(
                parts, ("models", name), variables if isinstance(variables, dict) else {}, tree, report
            )
    result[()] = {part: document[part] for part in PARTS if part in document}
    return result
