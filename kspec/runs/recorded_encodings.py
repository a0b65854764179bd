"""The settings and target encodings of a run, as its record describes its data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kspec.analysis.program import Analysis
from kspec.analysis.resolution import resolve_settings
from kspec.analysis.settings import Settings, TargetFacts
from kspec.analysis.target_scaling import scalings_from_json
from kspec.compiler.target_texts import encoders_of
from kspec.data import Labels
from kspec.data.targets.encoding import Shape, TargetEncoding, target_encodings
from kspec.diagnostics import Report
from kspec.language import Spec


def recorded_encodings(
    record: Mapping[str, Any],
    spec: Spec,
    analysis: Analysis,
    shapes: Mapping[str, Shape],
    report: Report,
    model: Any = None,
) -> tuple[Settings, dict[str, TargetEncoding]]:
    """The settings of a run, and how its targets are encoded.

    Args:
        record: Its `run.json`.
        spec: Its resolved spec.
        analysis: The analysis of that.
        shapes: By output, its shape, including the batch axis.
        report: Receives what is wrong with the settings.
        model: The trained Keras model, which encodes targets that are texts; None to leave these as they are.

    Raises:
        SpecError: If something is wrong with them.
    """
    data = record.get("data", {})
    labels = {name: Labels.from_json(value) for name, value in data.get("labels", {}).items()}
    known = data.get("fitted", {}).get("columns", {})
    columns, lists = known.get("targets", {}), known.get("lists", {})
    scalings = scalings_from_json(data.get("fitted", {}))
    facts = {
        name: TargetFacts(
            units=shape[-1] if len(shape) > 1 else 1,
            rank=len(shape),
            labels=tuple(labels[name].names) if name in labels else (),
            column_names=tuple(columns.get(name, ())),
            is_padded=name in lists,
            scaling=scalings.get(name),
        )
        for name, shape in shapes.items()
    }
    settings = resolve_settings(spec, analysis.graph, report, facts)
    report.raise_errors()
    encoders = {} if model is None else encoders_of(lists, labels, model)
    return settings, target_encodings(settings.outputs, shapes, labels, columns, lists or None, encoders)
