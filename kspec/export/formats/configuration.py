"""A model → the JSON for `keras.models.model_from_json`: its layers without their weights."""

from __future__ import annotations

import json
from pathlib import Path

from kspec.export.formats import ExportContext
from kspec.language.targets import target_scale


def write(context: ExportContext, path: Path) -> str:
    """Writes the configuration, indented."""
    text = json.dumps(json.loads(context.model.to_json()), indent=2, ensure_ascii=False)
    path.write_text(text + "\n", encoding="utf-8")
    adapting = [node.name for node in context.graph.calls if node.catalog is not None and node.catalog.adapts]
    names = ", ".join(f"`{name}`" for name in adapting)
    data = context.spec.document.data
    scaled = [name for name in context.outputs if data is not None and target_scale(data.targets, name) is not None]
    notes = [f"without weights, {names} must adapt to the data again"] if adapting else []
    if scaled:
        notes.append(f"the predictions of {', '.join(f'`{name}`' for name in scaled)} are on the scale of training")
    return "; ".join(notes)
