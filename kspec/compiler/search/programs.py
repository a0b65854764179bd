"""The program that trains a point: points of one program differ in values that it takes as inputs."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from kspec.analysis.hyperparameters import without_values
from kspec.analysis.program import Analysis
from kspec.ir import Graph
from kspec.language import Spec


def program_of(spec: Spec, analysis: Analysis) -> str:
    """What points have in common whose trials share what is traced.

    Args:
        spec: The spec of a point, without errors.
        analysis: Its analysis.

    Returns:
        A hash of the network and of what compiles it, without learning rates, hyperparameters and seeds.
    """
    values = spec.values
    settings = {name: values.get(name) for name in ("inputs", "outputs", "dtype_policy")}
    return digest([_plain(analysis.graph), settings, without_rate(values.get("compile"))])


def without_rate(compiled: Any) -> dict[str, Any]:
    """`compile` of a spec without a learning rate that is a number.

    Args:
        compiled: The section; None if the spec has none.
    """
    settings = dict(compiled or {})
    optimizer = settings.get("optimizer")
    if isinstance(optimizer, str):
        settings["optimizer"] = {optimizer: {}}
    elif isinstance(optimizer, dict):
        ((name, arguments),) = optimizer.items()
        rate = (arguments or {}).get("learning_rate", 0.0)
        if isinstance(rate, (int, float)):
            settings["optimizer"] = {name: {k: v for k, v in (arguments or {}).items() if k != "learning_rate"}}
    return settings


def digest(value: Any) -> str:
    """A hash of plain values, of 16 hexadecimal digits."""
    return hashlib.sha256(json.dumps(value, sort_keys=True, default=str).encode()).hexdigest()[:16]


def _plain(graph: Graph) -> Any:
    """A network as plain values, without the values of hyperparameters and the seeds of layers."""
    calls = [
        (
            node.name,
            node.kind,
            without_values({node.head: _without_seed(node.arguments)}),
            repr(node.feeds),
            repr(node.constants),
            node.trainable,
            node.vectors,
        )
        for node in graph.calls
    ]
    return [calls, repr(graph.outputs), {name: _plain(model) for name, model in graph.models.items()}]


def _without_seed(arguments: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in arguments.items() if name != "seed"}
