"""What is known of the outputs' targets before a model is built: from shapes, the spec, the data's profile."""

from __future__ import annotations

from kspec.analysis.data_profile import DataProfile
from kspec.analysis.settings import TargetFacts
from kspec.analysis.shapes.types import Types
from kspec.ir import Graph
from kspec.language import Spec


def target_facts(spec: Spec, graph: Graph, types: Types, profile: DataProfile | None = None) -> dict[str, TargetFacts]:
    """The facts by output; what cannot be told is None."""
    facts = {}
    for name, tensor in graph.outputs.items():
        shape = types.tensor(tensor).shape
        units = None if shape is None else shape[-1] if len(shape) > 1 else 1
        columns, present = _written(spec, name), None
        if profile is not None and profile.source != "synthetic":
            columns = _looked_up(name, profile)
            present = columns > 0
        if shape is None or len(shape) > 2:  # the columns may be positions
            columns = None
        facts[name] = TargetFacts(columns=columns or None, units=units, present=present)
    return facts


def _looked_up(name: str, profile: DataProfile) -> int:
    used = [column for column in profile.columns if f"target {name}" in column.use]
    if len(used) == 1 and used[0].shape:
        return used[0].shape[0]
    return len(used)


def _written(spec: Spec, name: str) -> int | None:
    """How many columns the spec gives the target of an output."""
    data = spec.document.data
    if data is None or data.source not in ("csv", "parquet", "images"):
        return None
    if data.source == "images" and data.targets is None:
        return 1
    said = data.targets.get(name) if isinstance(data.targets, dict) else data.targets
    names = [said] if isinstance(said, str) else said or []
    if any(character in column for column in names for character in "*?["):
        return None
    return len(names) or None
